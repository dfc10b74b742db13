import type { BadgeOptions } from '@edutrust/idp/pages';
import { one, pick } from './screen.ts';

/** The secret of a badge, which a child taps: three pictures, or digits. */
export interface PinPad {
  /** Shows the pad of this badge, with nothing entered. */
  open(options: BadgeOptions): void;
  /** Takes one more; gives the whole secret with its last one. */
  press(key: string): string | undefined;
  clear(): void;
}

export function pinPad(page: HTMLElement): PinPad {
  let total = 0;
  let separator = '';
  let entered: string[] = [];

  function clear(): void {
    entered = [];
    drawDots(page, 0, total);
  }

  return {
    clear,
    open: ({ givenName, kind, length, pictures }) => {
      one(page, '[data-name]').textContent = givenName;
      one(page, '[data-pin-title]').textContent =
        kind === 'pictures'
          ? pick('Chọn ba hình của em', 'Choose your three pictures')
          : pick(`Bấm ${length} số của em`, `Tap your ${length} digits`);
      for (const pad of page.querySelectorAll<HTMLElement>('[data-pad]')) pad.hidden = pad.dataset.pad !== kind;
      const pad = one(page, '[data-pad="pictures"]');
      for (const name of pictures) {
        const picture = pad.querySelector(`[data-key="${CSS.escape(name)}"]`);
        if (picture) pad.append(picture); // another order each time: who looks over a shoulder learns no places
      }
      total = length;
      separator = kind === 'pictures' ? ' ' : '';
      clear();
    },
    press: (key) => {
      if (entered.length >= total) return undefined;
      entered.push(key);
      drawDots(page, entered.length, total);
      return entered.length === total ? entered.join(separator) : undefined;
    },
  };
}

/** A dot for each that is to be tapped, and the same in words for who does not see them. */
function drawDots(page: HTMLElement, entered: number, total: number): void {
  const dots = Array.from({ length: total }, (_, index) => {
    const dot = document.createElement('span');
    dot.className = `pin-dot${index < entered ? ' is-on' : ''}`;
    dot.setAttribute('aria-hidden', 'true');
    return dot;
  });
  const words = document.createElement('span');
  words.className = 'sr-only';
  words.textContent = pick(`Đã chọn ${entered} trên ${total}`, `${entered} of ${total} chosen`);
  one(page, '[data-dots]').replaceChildren(...dots, words);
}
