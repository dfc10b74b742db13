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
import './pages.css';

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

function say(area: HTMLElement, error: unknown): void {
  const place = area.querySelector('[data-passkey-error]');
  if (!place) return;
  const isCancelled = error instanceof Error && ['NotAllowedError', 'AbortError'].includes(error.name);
  const retry = isVietnamese ? 'Chưa xong. Bấm nút để thử lại.' : 'Not done. Press the button to try again.';
  place.textContent = isCancelled ? retry : error instanceof Error ? error.message : retry;
}

function enablePasskeySignIn(passkey: Extract<Passkey, { mode: 'get' }>, area: HTMLElement): void {
  let options: PublicKeyCredentialRequestOptionsJSON | undefined = passkey.options;
  let isFinishing = false;
  const finish = async (credential: unknown) => {
    if (isFinishing) return; // the autofill ceremony and the button may both succeed: one of them is enough
    isFinishing = true;
    try {
      const { location: next } = await post<{ location: string }>(passkey.verifyPath, { credential });
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
  area.querySelector('[data-passkey]')?.addEventListener('click', async () => {
    try {
      WebAuthnAbortService.cancelCeremony();
      await finish(await startAuthentication({ optionsJSON: await takeOptions() }));
    } catch (error) {
      say(area, error);
    }
  });
  browserSupportsWebAuthnAutofill().then(async (supported) => {
    if (!supported || !document.querySelector('input[autocomplete~="webauthn"]')) return;
    const offered = passkey.options;
    try {
      const credential = await startAuthentication({ optionsJSON: offered, useBrowserAutofill: true });
      options = undefined;
      await finish(credential);
    } catch (error) {
      // Nobody asked for it yet: that no passkey was offered or taken is no error to show.
      if (error instanceof Error && ['AbortError', 'NotAllowedError'].includes(error.name)) return;
      say(area, error);
    }
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

const drop = document.querySelector<HTMLFormElement>('[data-drop]');
const file = drop?.querySelector<HTMLInputElement>('input[type="file"]');
if (drop && file) {
  drop.addEventListener('dragover', (event) => event.preventDefault());
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}
