/**
 * A lotus, petal by petal from the middle: a welcome on covers, praise when something was done. Never on a verdict or a
 * document.
 */
export function Lotus({ size = 150, open = petals.length }: { readonly size?: number; readonly open?: number }) {
  const closed = petals.length - open;
  return (
    <svg class="lotus" viewBox="14 6 92 84" width={size} height={(size * 84) / 92} fill="none" aria-hidden="true">
      {petals.map((path, index) => (
        <path key={path} d={path} class={index < closed ? 'petal petal-closed' : 'petal'} />
      ))}
      <path d="M16 78c14 6 30 8 44 4 14 4 30 2 44-4" class="water" />
      <path d="M34 88c9 1 18 0 26-2 8 2 17 3 26 2" class="water water-far" />
    </svg>
  );
}

/** The outer ones first, the middle one over all. */
const petals = [
  'M16 40c0 18 16 30 41 31-8-16-22-28-41-31Z',
  'M104 40c0 18-16 30-41 31 8-16 22-28 41-31Z',
  'M35 20c-6 20 2 40 23 50 2-20-6-37-23-50Z',
  'M85 20c6 20-2 40-23 50-2-20 6-37 23-50Z',
  'M60 8c15 16 19 40 0 62C41 48 45 24 60 8Z',
] as const;
