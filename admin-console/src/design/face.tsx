import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';

/** A person's given name or an app's name begins with a letter, in a crayon of their own; the hue means nothing. */
export function Face({
  name,
  of = 'person',
  isLarge,
}: {
  readonly name: string;
  readonly of?: 'person' | 'app';
  readonly isLarge?: boolean;
}) {
  const given = of === 'person' ? (name.trim().split(/\s+/).at(-1) ?? '') : name.trim();
  return (
    <span
      class={`face crayon-${crayonOf(name)} ${isLarge ? 'face-large' : ''} ${of === 'app' ? 'face-app' : ''}`}
      aria-hidden="true"
    >
      {given.charAt(0).toLocaleUpperCase('vi')}
    </span>
  );
}

/** The picture of a page, on the margin beside its heading. */
export function Hang({ icon }: { readonly icon: IconName }) {
  return (
    <span class="hang" aria-hidden="true">
      <Icon name={icon} />
    </span>
  );
}

/** One of eight hues, the same for the same name. */
export function crayonOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return sum % 8;
}
