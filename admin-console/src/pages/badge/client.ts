/** The badge page's script: camera → whose badge → PIN → in. Loaded on that page alone; the decoder with it. */
import type { BadgeOptions, BadgePrompt } from '@edutrust/idp/pages';
import { proveRoom } from '../../design/room-key.ts';
import './badge.css';
import { badgeCamera } from './camera.ts';
import { pinPad } from './pin-pad.ts';
import { badgeScreen, one, pick } from './screen.ts';

/** How long the green frame stays before the pictures come. */
const greetMs = 900;

/** What the page's buttons and fields do. */
interface Acts {
  scan(): Promise<void>;
  typeCode(): void;
  identify(badge: Shown): Promise<boolean>;
  press(key: string): Promise<void>;
  startAgain(): void;
  readAloud(): void;
}

/** A badge, as the camera read it or as its code was typed. */
type Shown = { readonly scanned: string } | { readonly code: string };

/** Brings a child in by the badge: from the camera, or the typed code, to the secret. */
export function startBadge(page: HTMLElement, prompt: BadgePrompt): void {
  const screen = badgeScreen(page);
  const camera = badgeCamera(one(page, 'video'));
  const pad = pinPad(page);
  let asked: BadgeOptions | undefined;
  let isBusy = false;

  async function scan(): Promise<void> {
    screen.clear();
    if (!(await camera.open())) return typeCode(); // at once, and without a word of blame
    screen.show('scan');
    void camera.look((scanned) => identify({ scanned }));
  }

  function typeCode(): void {
    camera.close();
    screen.show('code');
  }

  /** Asks whose badge it is and then for the PIN; false when it opens nothing. */
  async function identify(badge: Shown): Promise<boolean> {
    const room = await proveRoom(prompt.uid);
    const answer = await post<{ options: BadgeOptions }>(prompt.lookPath, { ...badge, ...(room ? { room } : {}) });
    if ('problem' in answer) {
      screen.say(answer.problem);
      return false;
    }
    asked = answer.options;
    screen.greet(asked.givenName);
    if ('scanned' in badge) await new Promise((resolve) => setTimeout(resolve, greetMs));
    pad.open(asked);
    camera.close();
    screen.show('pin');
    return true;
  }

  async function press(key: string): Promise<void> {
    if (!asked || isBusy) return;
    screen.say('');
    const pin = pad.press(key);
    if (pin === undefined) return;
    isBusy = true;
    const answer = await post<{ location: string }>(prompt.verifyPath, { ticket: asked.ticket, pin });
    isBusy = false;
    if (!('problem' in answer)) return location.assign(answer.location);
    pad.clear();
    screen.say(answer.problem);
    if (answer.code === 'badges/show-again' || answer.code === 'badges/unknown') await scan();
  }

  function startAgain(): void {
    pad.clear();
    screen.say('');
  }

  listen(page, { scan, typeCode, identify, press, startAgain, readAloud: screen.readAloud });
  addEventListener('pagehide', camera.close);
  void scan();
}

function listen(page: HTMLElement, acts: Acts): void {
  page.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('button'); // a click's target is an element
    if (!button) return;
    const { key, again, noCamera, camera, notMe, listen: listens } = button.dataset;
    if (key !== undefined) void acts.press(key);
    if (again !== undefined) acts.startAgain();
    if (noCamera !== undefined) acts.typeCode();
    if (camera !== undefined || notMe !== undefined) void acts.scan();
    if (listens !== undefined) acts.readAloud();
  });
  document.addEventListener('keydown', ({ key }) => {
    const seen = '[data-step="pin"]:not([hidden]) [data-pad="digits"]:not([hidden])';
    if (/^\d$/.test(key) && page.querySelector(seen)) void acts.press(key);
  });
  one<HTMLFormElement>(page, '[data-code-form]').addEventListener('submit', (event) => {
    event.preventDefault();
    void acts.identify({ code: one<HTMLInputElement>(page, 'input[name="badge-code"]').value });
  });
  if ('speechSynthesis' in window)
    for (const button of page.querySelectorAll<HTMLElement>('[data-listen]')) button.hidden = false;
}

/** Posts JSON; the answer, or what to tell the child. */
async function post<Answer>(path: string, body: object): Promise<Answer | { problem: string; code?: string }> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    return { problem: [answer.detail, answer.remedy].filter(Boolean).join(' '), code: answer.code };
  } catch {
    return { problem: pick('Chưa có mạng. Em gọi cô giáo nhé.', 'There is no network. Call your teacher.') };
  }
}
