/** The three steps of the badge's page, of which one is seen. */
export type Step = 'scan' | 'code' | 'pin';

const isVietnamese = document.documentElement.lang === 'vi';
/** The sentence in the page's language. */
export const pick = (vi: string, en: string) => (isVietnamese ? vi : en);

/** The element of the page; its absence is a mistake of ours. */
export function one<Found extends HTMLElement>(page: HTMLElement, selector: string): Found {
  const found = page.querySelector<Found>(selector);
  if (!found) throw new Error(selector);
  return found;
}

/** What the page shows beside the camera and the secret: the step, what went wrong, whose badge it is. */
export interface BadgeScreen {
  show(step: Step): void;
  /** Says what went wrong; nothing for the empty text. */
  say(text: string): void;
  /** Greets by name; the frame turns green. */
  greet(givenName: string): void;
  /** As it was before anybody came. */
  clear(): void;
  /** Reads the step that is seen to a child who does not read yet. */
  readAloud(): void;
}

export function badgeScreen(page: HTMLElement): BadgeScreen {
  const error = one(page, '[data-badge-error]');
  const hello = one(page, '[data-hello]');
  const frame = one(page, '[data-frame]');
  const say = (text: string) => {
    error.textContent = text;
  };
  return {
    say,
    show: (step) => {
      for (const section of page.querySelectorAll<HTMLElement>('[data-step]')) {
        section.hidden = section.dataset.step !== step;
        if (!section.hidden) section.querySelector<HTMLElement>('h1')?.focus();
      }
    },
    greet: (givenName) => {
      say('');
      hello.textContent = pick(`Chào ${givenName}!`, `Hello ${givenName}!`);
      hello.hidden = false;
      frame.classList.add('is-found');
    },
    clear: () => {
      say('');
      hello.hidden = true;
      frame.classList.remove('is-found');
    },
    readAloud: () => {
      const step = page.querySelector<HTMLElement>('[data-step]:not([hidden])');
      const words = [step?.querySelector('h1')?.textContent, step?.querySelector('[data-scan-status]')?.textContent];
      const speech = new SpeechSynthesisUtterance(words.filter(Boolean).join('. '));
      speech.lang = isVietnamese ? 'vi-VN' : 'en-GB';
      speechSynthesis.cancel();
      speechSynthesis.speak(speech);
    },
  };
}
