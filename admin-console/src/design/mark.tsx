import type { ComponentChildren } from 'preact';

/** Our mark: a lotus over an open book. */
export function Mark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg
      viewBox="0 0 32 32"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linejoin="round"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d="M16 5c3 3 4 6 4 8.500a4 4 0 0 1-8 0C12 11 13 8 16 5Z" />
      <path d="M12 14C8.500 13 6.500 10.500 6 7.500c3 .2 5 1 6.500 2.500M20 14c3.500-1 5.500-3.500 6-6.500-3 .2-5 1-6.500 2.500" />
      <path d="M4 20c5-1 9 0 12 2.500C19 20 23 19 28 20v6c-5-1-9 0-12 2.500C13 26 9 25 4 26Z" />
      <path d="M16 22.500v6" />
    </svg>
  );
}

/** How a thing stands. Each has a shape of its own before any colour, and a word beside it. */
export type Standing = 'good' | 'warn' | 'bad' | 'plain' | 'now';

const shapes: Readonly<Record<Standing, string>> = {
  good: 'M5 12.5 10 17.500 19 7.500',
  warn: 'M12 6v8M12 17.500v.5',
  bad: 'M7 7l10 10M17 7 7 17',
  plain: 'M7 12h10',
  now: 'M8 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0',
};

/** A state's shape beside its word: colour is never alone. */
export function StateShape({ state }: { readonly state: Standing }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="1em"
      height="1em"
      fill="none"
      stroke="currentColor"
      stroke-width="3"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={shapes[state]} />
    </svg>
  );
}

/** A state in a word. */
export function State({ state, children }: { readonly state: Standing; readonly children: ComponentChildren }) {
  return (
    <span class={`state state-${state}`}>
      <StateShape state={state} />
      {children}
    </span>
  );
}
