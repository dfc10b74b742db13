import { t } from './language.ts';

/** How long one thing lasts, in words and as a moment. */
export interface Lifetime {
  readonly key: string;
  readonly name: string;
  /** What kind of thing it is, quieter. */
  readonly kind: string;
  /** When it ends, in milliseconds. */
  readonly until: number;
  readonly isSoon: boolean;
  /** «còn 21 ngày» */
  readonly said: string;
  readonly href?: string;
}

const yearMs = 365.25 * 86_400_000;
/** What lasts longer runs out of its bar: near ends are what is looked for. */
const years = 3;

/** Bars from now on over three years; each has its sentence beside it, so that the bars say nothing of their own. */
export function Lifetimes({ lifetimes, now }: { readonly lifetimes: readonly Lifetime[]; readonly now: number }) {
  return (
    <div class="grid gap-1">
      <ul class="lifetimes">
        {lifetimes.map(({ key, name, kind, until, isSoon, said, href }) => (
          <li key={key}>
            <span class="min-w-0 break-words">
              {href ? (
                <a href={href} class="font-semibold no-underline hover:underline">
                  {name}
                </a>
              ) : (
                <b>{name}</b>
              )}{' '}
              {kind && <span class="block text-sm text-quiet">{kind}</span>}
            </span>
            <span class="lifetime" aria-hidden="true">
              <span
                class={isSoon ? 'fill-left' : until - now > years * yearMs ? 'fill-main lifetime-on' : 'fill-main'}
                style={{ width: `${Math.min(100, Math.max(1, ((until - now) / (years * yearMs)) * 100))}%` }}
              />
            </span>
            <span class={isSoon ? 'text-warn font-semibold' : 'text-quiet'}>{said}</span>
          </li>
        ))}
      </ul>
      <div class="lifetimes-axis" aria-hidden="true">
        <span>{t('nay', 'now')}</span>
        <span>{t('1 năm', '1 year')}</span>
        <span>{t('2 năm', '2 years')}</span>
        <span>{t('3 năm', '3 years')}</span>
      </div>
    </div>
  );
}
