/** The badge page's script: camera → whose badge → PIN → in. Loaded on that page alone; the decoder with it. */
import type { BadgeOptions, BadgePrompt } from '@edutrust/idp/pages';
import decodeQR from 'qr/decode.js';
import { proveRoom } from '../design/room-key.ts';
import './badge.css';

type Step = 'scan' | 'code' | 'pin';

const isVietnamese = document.documentElement.lang === 'vi';
const pick = (vi: string, en: string) => (isVietnamese ? vi : en);

/** How long the green frame stays before the pictures come. */
const greetMs = 900;
/** A frame is looked at this often: a slow PC of a school reads one in some 60 ms. */
const lookEveryMs = 150;
/** Wide enough for a badge at arm's length, small enough for that PC. */
const frameWidth = 640;

export function startBadge(page: HTMLElement, prompt: BadgePrompt): void {
  const one = <Found extends HTMLElement>(selector: string) => {
    const found = page.querySelector<Found>(selector);
    if (!found) throw new Error(selector);
    return found;
  };
  const video = one<HTMLVideoElement>('video');
  const error = one('[data-badge-error]');
  const hello = one('[data-hello]');
  const frame = one('[data-frame]');
  let stream: MediaStream | undefined;
  let asked: BadgeOptions | undefined;
  let entered: string[] = [];
  let isBusy = false;

  const say = (text: string) => {
    error.textContent = text;
  };

  function show(step: Step): void {
    for (const section of page.querySelectorAll<HTMLElement>('[data-step]')) {
      section.hidden = section.dataset.step !== step;
      if (!section.hidden) section.querySelector<HTMLElement>('h1')?.focus();
    }
    if (step !== 'scan') stopCamera();
  }

  function stopCamera(): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
  }

  async function startCamera(): Promise<void> {
    say('');
    hello.hidden = true;
    frame.classList.remove('is-found');
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user', width: { ideal: 1280 } } });
    } catch {
      show('code'); // no camera, or nobody allowed it: at once, and without a word of blame
      return;
    }
    show('scan');
    video.srcObject = stream;
    await video.play();
    void look(stream);
  }

  /** Looks at the camera's picture until it reads a badge that opens, or the camera was put away. */
  async function look(of: MediaStream): Promise<void> {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    let refused = '';
    while (context && stream === of) {
      const text = readFrame(video, canvas, context);
      if (text && text !== refused) {
        if (await greet({ scanned: text })) return;
        refused = text; // the same badge is not sent again and again
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  /** Asks whose badge it is; the frame turns green, and the PIN is asked for. */
  async function greet(badge: { scanned: string } | { code: string }): Promise<boolean> {
    const room = await proveRoom(prompt.uid);
    const answer = await post<{ options: BadgeOptions }>(prompt.lookPath, { ...badge, ...(room ? { room } : {}) });
    if ('problem' in answer) {
      say(answer.problem);
      return false;
    }
    asked = answer.options;
    say('');
    hello.textContent = pick(`Chào ${asked.givenName}!`, `Hello ${asked.givenName}!`);
    hello.hidden = false;
    frame.classList.add('is-found');
    if ('scanned' in badge) await new Promise((resolve) => setTimeout(resolve, greetMs));
    askPin(asked);
    return true;
  }

  function askPin({ givenName, kind, length, pictures }: BadgeOptions): void {
    one('[data-name]').textContent = givenName;
    one('[data-pin-title]').textContent =
      kind === 'pictures'
        ? pick('Chọn ba hình của em', 'Choose your three pictures')
        : pick(`Bấm ${length} số của em`, `Tap your ${length} digits`);
    for (const pad of page.querySelectorAll<HTMLElement>('[data-pad]')) pad.hidden = pad.dataset.pad !== kind;
    const pad = one('[data-pad="pictures"]');
    for (const name of pictures) {
      const picture = pad.querySelector(`[data-key="${CSS.escape(name)}"]`);
      if (picture) pad.append(picture); // another order each time: who looks over a shoulder learns no places
    }
    entered = [];
    drawDots();
    show('pin');
  }

  function drawDots(): void {
    const dots = one('[data-dots]');
    const total = asked?.length ?? 0;
    dots.replaceChildren(
      ...Array.from({ length: total }, (_, index) => {
        const dot = document.createElement('span');
        dot.className = `pin-dot${index < entered.length ? ' is-on' : ''}`;
        dot.setAttribute('aria-hidden', 'true');
        return dot;
      }),
    );
    const words = document.createElement('span');
    words.className = 'sr-only';
    words.textContent = pick(`Đã chọn ${entered.length} trên ${total}`, `${entered.length} of ${total} chosen`);
    dots.append(words);
  }

  async function press(key: string): Promise<void> {
    if (!asked || isBusy || entered.length >= asked.length) return;
    say('');
    entered.push(key);
    drawDots();
    if (entered.length < asked.length) return;
    isBusy = true;
    const pin = entered.join(asked.kind === 'pictures' ? ' ' : '');
    const answer = await post<{ location: string }>(prompt.verifyPath, { ticket: asked.ticket, pin });
    isBusy = false;
    if ('problem' in answer) {
      entered = [];
      drawDots();
      say(answer.problem);
      if (answer.code === 'badges/show-again' || answer.code === 'badges/unknown') await startCamera();
      return;
    }
    location.assign(answer.location);
  }

  page.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('button'); // a click's target is an element
    if (!button) return;
    if (button.dataset.key !== undefined) void press(button.dataset.key);
    if (button.dataset.again !== undefined) {
      entered = [];
      drawDots();
      say('');
    }
    if (button.dataset.noCamera !== undefined) show('code');
    if (button.dataset.camera !== undefined || button.dataset.notMe !== undefined) void startCamera();
    if (button.dataset.listen !== undefined) readAloud(page);
  });
  document.addEventListener('keydown', ({ key }) => {
    if (asked?.kind === 'digits' && /^\d$/.test(key) && !one('[data-step="pin"]').hidden) void press(key);
  });
  one<HTMLFormElement>('[data-code-form]').addEventListener('submit', (event) => {
    event.preventDefault();
    void greet({ code: one<HTMLInputElement>('input[name="badge-code"]').value });
  });
  addEventListener('pagehide', stopCamera);
  if ('speechSynthesis' in window)
    for (const button of page.querySelectorAll<HTMLElement>('[data-listen]')) button.hidden = false;
  void startCamera();
}

/** What a badge's QR code says in the camera's picture of now; undefined when there is none to be read. */
function readFrame(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
): string | undefined {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
  canvas.width = frameWidth;
  canvas.height = Math.round((video.videoHeight / video.videoWidth) * frameWidth);
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    return undefined; // no code in this picture
  }
}

/** Reads the step that is seen to a child who does not read yet. */
function readAloud(page: HTMLElement): void {
  const step = page.querySelector<HTMLElement>('[data-step]:not([hidden])');
  const words = [step?.querySelector('h1')?.textContent, step?.querySelector('[data-scan-status]')?.textContent];
  const speech = new SpeechSynthesisUtterance(words.filter(Boolean).join('. '));
  speech.lang = isVietnamese ? 'vi-VN' : 'en-GB';
  speechSynthesis.cancel();
  speechSynthesis.speak(speech);
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
