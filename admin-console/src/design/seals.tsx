import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';

export type Seal = 'closed' | 'open' | 'refused';

const icons: Readonly<Record<Seal, IconName>> = { closed: 'user-check', open: 'hourglass', refused: 'x' };
const looks: Readonly<Record<Seal, string>> = { closed: '', open: 'seal-open', refused: 'seal-bad' };

/** Two seals: a closed ring for who has agreed, a dashed one for who has not yet. Wherever two people are needed. */
export function Seals({
  first,
  second,
  label,
  isSmall,
}: {
  readonly first: Seal;
  readonly second: Seal;
  /** The picture in words. */
  readonly label: string;
  readonly isSmall?: boolean;
}) {
  return (
    <span class={`seals ${isSmall ? 'seals-small' : ''}`} role="img" aria-label={label}>
      <span class={`seal ${looks[first]}`}>
        <Icon name={icons[first]} />
      </span>
      <span class={`seal ${looks[second]}`}>
        <Icon name={second === 'open' && first === 'closed' ? 'pen-line' : icons[second]} />
      </span>
    </span>
  );
}
