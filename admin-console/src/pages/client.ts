/** What the server-rendered pages gain with JavaScript: passkeys, dropping a file, remembering the language. */

import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser';
import { reloadWhenRestored } from '../design/restored.ts';
import { startTheme } from '../design/theme.ts';
import { keptName } from '../sign/offline/names.ts';
import { watchIdle } from './idle.ts';
import { watchLesson } from './lesson.ts';
import './pages.css';
import { askImmediately, knowsImmediate } from './immediate.ts';
import { makePasskeyByItself } from './passkey-offer.ts';

startTheme();
reloadWhenRestored();

const isVietnamese = document.documentElement.lang === 'vi';
const asked = new URLSearchParams(location.search).get('lang');
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser that schools have
if (asked === 'vi' || asked === 'en') document.cookie = `lang=${asked}; path=/; max-age=31536000; samesite=lax`;

// The printed code comes in the fragment, which no server sees; it is taken out of the address at once.
const printedCode = new URLSearchParams(location.hash.slice(1)).get('code');
const codeField = document.querySelector<HTMLInputElement>('form input[name="code"]');
if (printedCode && codeField) {
  codeField.value = printedCode;
  history.replaceState(null, '', location.pathname + location.search);
}

type Passkey =
  | {
      readonly mode: 'get';
      readonly options: PublicKeyCredentialRequestOptionsJSON;
      readonly optionsPath: string;
      readonly verifyPath: string;
    }
  | { readonly mode: 'create'; readonly optionsPath: string; readonly verifyPath: string; readonly ticket?: string };

const data = document.getElementById('passkey')?.textContent;
const area = document.querySelector<HTMLElement>('[data-passkey-area]');
if (data && area && browserSupportsWebAuthn()) {
  area.hidden = false;
  const passkey = JSON.parse(data) as Passkey;
  if (passkey.mode === 'get') enablePasskeySignIn(passkey, area);
  else enablePasskeyCreation(passkey, area);
}

/** Sends JSON; the server's own sentence becomes the error. */
async function post<Answer>(path: string, body: object): Promise<Answer> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error([answer.detail, answer.remedy].filter(Boolean).join(' '));
  return answer as Answer;
}

/** An answer that has not come by then may be asked for again. */
const sentMs = 10_000;
const pick = (vi: string, en: string) => (isVietnamese ? vi : en);
let refusals = 0;

/** Browsers say only that it did not work; what people meet, in words, and from the second time what else it may be. */
function wordsOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  const retry = pick('Chưa xong. Bấm nút để thử lại.', 'Not done. Press the button to try again.');
  if (name === 'InvalidStateError') {
    return pick('Máy này đã có passkey cho tài khoản này rồi.', 'This device already has a passkey for this account.');
  }
  if (name === 'ConstraintError' || name === 'NotSupportedError') {
    return pick(
      'Máy hoặc khoá bảo mật này chưa dùng được: hãy bật khoá màn hình (hoặc đặt mã PIN cho khoá) rồi thử lại, hoặc dùng mật khẩu.',
      'This device or security key cannot do it: turn on a screen lock (or set a PIN on the key) and try again, or use your password.',
    );
  }
  if (name === 'SecurityError') {
    return pick(
      'Trình duyệt không cho dùng passkey ở địa chỉ này. Hãy dùng mật khẩu.',
      'The browser does not allow passkeys at this address. Use your password.',
    );
  }
  if (name !== 'NotAllowedError' && name !== 'AbortError') return error instanceof Error ? error.message : retry;
  refusals += 1;
  if (refusals < 2) return retry;
  return pick(
    'Vẫn chưa được. Có thể máy chưa có khoá màn hình, khoá bảo mật chưa có mã PIN, passkey nằm ở máy khác, hoặc đã quá giờ. Hãy dùng mật khẩu, hoặc xin mã mới ở thầy cô chủ nhiệm hay quản trị viên của trường.',
    'Still not done. The device may have no screen lock, the security key no PIN, the passkey may be on another device, or time ran out. Use your password, or ask your teacher or school administrator for a new activation code.',
  );
}

function say(area: HTMLElement, error: unknown): void {
  const place = area.querySelector('[data-passkey-error]');
  if (place) place.textContent = wordsOf(error);
}

/** Every password can be looked at while it is typed (WCAG 2.2 §3.3.8). */
for (const input of document.querySelectorAll<HTMLInputElement>('input[type="password"]')) {
  const button = document.createElement('button');
  const show = (isShown: boolean) => {
    input.type = isShown ? 'text' : 'password';
    button.textContent = isShown ? pick('Ẩn', 'Hide') : pick('Hiện', 'Show');
    button.setAttribute('aria-pressed', String(isShown));
  };
  button.type = 'button';
  button.setAttribute('aria-label', pick('Hiện chữ đang gõ', 'Show what is typed'));
  button.addEventListener('click', () => show(input.type === 'password'));
  show(false);
  input.form?.addEventListener('submit', () => show(false)); // so that browsers know it for what it is
  const box = document.createElement('span');
  box.className = 'peek';
  input.replaceWith(box);
  box.append(input, button);
}

// A form is sent once: a second tap while the answer is on its way would be a second answer to one question.
document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement; // nothing else is submitted
  if (event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes';
  setTimeout(() => delete form.dataset.sent, sentMs);
});

for (const button of document.querySelectorAll<HTMLElement>('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

const { idleSeconds } = document.body.dataset;
if (idleSeconds) watchIdle(Number(idleSeconds), pick);

const offered = document.querySelector<HTMLElement>('[data-offers-passkey]');
if (offered && 'PublicKeyCredential' in globalThis) {
  makePasskeyByItself(offered, pick).catch(() => undefined); // nobody asked for it: why there is none is nothing to show
}

const lessonEnds = document.querySelector<HTMLElement>('[data-lesson-ends]')?.dataset.lessonEnds;
if (lessonEnds) watchLesson(Date.parse(lessonEnds));

// Where nobody is signed in, or somebody else is about to be, this device keeps no documents of the last one.
if (document.querySelector('[data-signed-out], input[name="identifier"]') && 'caches' in globalThis) {
  caches.delete(keptName).catch(() => undefined);
}

// Nor is it told any longer that something waits for them: the server has forgotten it, and so does the browser.
if (document.querySelector('[data-signed-out]')) {
  navigator.serviceWorker
    ?.getRegistration('/sign/')
    .then((own) => own?.pushManager?.getSubscription())
    .then((subscription) => subscription?.unsubscribe())
    .catch(() => undefined);
}

/** Words are read aloud only by a voice of their own language: another one would make noise of them. */
function offerReading(): void {
  const voice = speechSynthesis
    .getVoices()
    .find(({ lang }) => lang.toLowerCase().startsWith(isVietnamese ? 'vi' : 'en'));
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-read-aloud]')) {
    button.hidden = voice === undefined;
    button.onclick = () => {
      const said = new SpeechSynthesisUtterance(button.dataset.readAloud ?? '');
      if (voice) said.voice = voice;
      said.lang = document.documentElement.lang;
      speechSynthesis.cancel();
      speechSynthesis.speak(said);
    };
  }
}
if ('speechSynthesis' in globalThis && document.querySelector('[data-read-aloud]')) {
  offerReading();
  speechSynthesis.addEventListener('voiceschanged', offerReading);
}

function enablePasskeySignIn(passkey: Extract<Passkey, { mode: 'get' }>, area: HTMLElement): void {
  let options: PublicKeyCredentialRequestOptionsJSON | undefined = passkey.options;
  let isFinishing = false;
  const finish = async (credential: unknown) => {
    if (isFinishing) return; // the autofill ceremony and the button may both succeed: one of them is enough
    isFinishing = true;
    try {
      const shared = document.querySelector<HTMLInputElement>('input[name="shared"]')?.checked;
      const { location: next } = await post<{ location: string }>(passkey.verifyPath, {
        credential,
        ...(shared === undefined ? {} : { shared }),
      });
      location.assign(next);
    } catch (error) {
      isFinishing = false;
      throw error;
    }
  };
  // A challenge works once: the first is the page's, later ones are asked for.
  const takeOptions = async () => {
    const now =
      options ?? (await post<{ options: PublicKeyCredentialRequestOptionsJSON }>(passkey.optionsPath, {})).options;
    options = undefined;
    return now;
  };
  // The first tap asks this device alone; the next one any, with the browser's dialog for telephones and security keys.
  let isImmediate = false;
  if (
    !passkey.options.allowCredentials?.length &&
    !document.querySelector<HTMLInputElement>('input[name="shared"]')?.checked
  )
    knowsImmediate().then(
      (isKnown) => {
        isImmediate = isKnown;
      },
      () => undefined,
    );
  area.querySelector('[data-passkey]')?.addEventListener('click', async () => {
    const isAlone = isImmediate;
    isImmediate = false;
    try {
      WebAuthnAbortService.cancelCeremony();
      const optionsJSON = await takeOptions();
      await finish(isAlone ? await askImmediately(optionsJSON) : await startAuthentication({ optionsJSON }));
    } catch (error) {
      if (isAlone && error instanceof DOMException && error.name === 'NotAllowedError') {
        const place = area.querySelector('[data-passkey-error]');
        if (place)
          place.textContent = pick(
            'Máy này chưa có passkey ở đây. Bấm lần nữa để dùng điện thoại hoặc khoá bảo mật, hoặc gõ mật khẩu.',
            'This device has no passkey for this place. Press again to use a phone or a security key, or type your password.',
          );
      } else say(area, error);
    }
  });
  browserSupportsWebAuthnAutofill().then(async (supported) => {
    if (!supported || !document.querySelector('input[autocomplete~="webauthn"]')) return;
    // Nobody asked for it yet: why no passkey was offered or taken is nothing to show.
    const offered = startAuthentication({ optionsJSON: passkey.options, useBrowserAutofill: true });
    const credential = await offered.catch(() => undefined);
    if (!credential) return;
    options = undefined;
    await finish(credential).catch((error) => say(area, error));
  });
}

function enablePasskeyCreation(passkey: Extract<Passkey, { mode: 'create' }>, area: HTMLElement): void {
  const ticket = passkey.ticket === undefined ? {} : { ticket: passkey.ticket };
  area.querySelector('[data-passkey]')?.addEventListener('click', async () => {
    try {
      const { options } = await post<{ options: PublicKeyCredentialCreationOptionsJSON }>(passkey.optionsPath, ticket);
      const credential = await startRegistration({ optionsJSON: options });
      const name = area.querySelector<HTMLInputElement>('[name="passkey-name"]')?.value.trim();
      const { location: next } = await post<{ location: string }>(passkey.verifyPath, {
        ...ticket,
        credential,
        ...(name ? { name } : {}),
      });
      location.assign(next);
    } catch (error) {
      say(area, error);
    }
  });
}

/** WebAuthn L3 §5.1.10: not in every browser yet. */
interface Signals {
  signalAllAcceptedCredentials?(accepted: object): Promise<void>;
  signalCurrentUserDetails?(details: object): Promise<void>;
}

// The browser forgets passkeys that were removed here, and offers the others by the names of now.
const accepted = document.getElementById('accepted')?.textContent;
if (accepted && 'PublicKeyCredential' in globalThis) {
  const { signalAllAcceptedCredentials: all, signalCurrentUserDetails: details } = PublicKeyCredential as Signals;
  const { rpId, userId, allAcceptedCredentialIds, name, displayName } = JSON.parse(accepted);
  const isTold = () => undefined; // a courtesy: whether the browser took it is nothing to show
  all?.call(PublicKeyCredential, { rpId, userId, allAcceptedCredentialIds }).catch(isTold);
  details?.call(PublicKeyCredential, { rpId, userId, name, displayName }).catch(isTold);
}

// The camera and the decoder of QR codes, for the one page that has a badge.
const badgePage = document.querySelector<HTMLElement>('[data-badge]');
const badgeData = document.getElementById('badge')?.textContent;
if (badgePage && badgeData) {
  const { startBadge } = await import('./badge/client.ts');
  startBadge(badgePage, JSON.parse(badgeData));
}

// The browser's own button speaks the browser's language: with a script the page's own words stand there.
for (const input of document.querySelectorAll<HTMLInputElement>('input[type="file"]')) {
  const chooser = document.createElement('span');
  const button = document.createElement('label');
  const chosen = document.createElement('span');
  const submit = input.form?.querySelector('button[type="submit"].button-primary');
  const showChosen = () => {
    const name = input.files?.[0]?.name;
    chosen.textContent = name ?? pick('chưa chọn tệp nào', 'no file chosen');
    if (!input.required || !submit) return;
    // First a file, then the check: the button that is next is the one that stands out.
    button.classList.toggle('button-primary', name === undefined);
    submit.classList.toggle('button-primary', name !== undefined);
  };
  chooser.className = 'chooser';
  button.className = 'button';
  button.htmlFor = input.id;
  button.textContent = pick('Chọn tệp…', 'Choose a file…');
  input.replaceWith(chooser);
  chooser.append(input, button, chosen);
  input.className = 'sr-only';
  input.addEventListener('change', showChosen);
  showChosen();
}

const drop = document.querySelector<HTMLFormElement>('[data-drop]');
const file = drop?.querySelector<HTMLInputElement>('input[type="file"]');
if (drop && file) {
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('drop-over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('drop-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('drop-over');
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}

// The judge of signed files, for the one form whose file is judged here.
const judgedHere = document.querySelector<HTMLFormElement>('[data-judged-here]');
if (judgedHere) {
  const { judgeInPage } = await import('../verifier/page.tsx');
  judgeInPage(judgedHere);
}
