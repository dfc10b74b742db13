import type { IconName } from './icons.ts';

/** An icon beside its word; it says nothing by itself, so that no reader hears it twice. */
export function Icon({ name, class: more = '' }: { readonly name: IconName; readonly class?: string }) {
  const drawn = {
    class: `icon ${more}`,
    viewBox: '0 0 24 24',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': 2,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  } as const;
  const shape = __ICONS__.shapes[name];
  // Pages that the server draws carry their few icons in themselves: no request more before one can sign in.
  if (shape !== undefined) return <svg {...drawn} aria-hidden="true" dangerouslySetInnerHTML={{ __html: shape }} />;
  return (
    <svg {...drawn} aria-hidden="true">
      <use href={`${__ICONS__.sprite}#${name}`} />
    </svg>
  );
}
