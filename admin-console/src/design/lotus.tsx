/** A lotus, petal by petal: a welcome on covers, praise when something was done. Never on a verdict or a document. */
export function Lotus({ size = 150, open = 5 }: { readonly size?: number; readonly open?: number }) {
  return (
    <svg class="lotus" viewBox="0 0 200 150" width={size} height={size * 0.75} fill="none" aria-hidden="true">
      {petals.map((path, index) => (
        <path key={path} d={path} class={index < open ? 'petal' : 'petal petal-closed'} />
      ))}
      <path d="M30 128c14 8 26 8 40 0s26-8 40 0 26 8 40 0 14-6 22-4" class="water" />
    </svg>
  );
}

/** The back ones first, the middle one over all. */
const petals = [
  'M100 120C60 122 30 100 22 66c30-2 58 14 78 54Z',
  'M100 120c40 2 70-20 78-54-30-2-58 14-78 54Z',
  'M100 120C68 112 50 82 54 42c28 10 46 38 46 78Z',
  'M100 120c32-8 50-38 46-78-28 10-46 38-46 78Z',
  'M100 120C78 96 78 52 100 20c22 32 22 76 0 100Z',
] as const;
