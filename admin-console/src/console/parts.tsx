import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Banner } from '../design/form.tsx';
import { formatAgo, formatEducationId, formatTime, t } from '../design/language.ts';
import type { Loaded } from '../design/load.ts';
import { takeNotice, useHeading } from './heading.ts';

/** The page's heading, an optional line below it, the way back above, its actions at the right; and what was just done. */
export function Title({
  title,
  note,
  back,
  children,
}: {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly back?: { readonly href: string; readonly label: string };
  readonly children?: ComponentChildren;
}) {
  const heading = useHeading(title);
  const [notice] = useState(takeNotice);
  return (
    <>
      <div class="flex flex-wrap items-start justify-between gap-3">
        <div>
          {back && (
            <p class="no-print">
              <a href={back.href} class="text-sm inline-flex items-center min-h-8">
                ← {back.label}
              </a>
            </p>
          )}
          <h1 ref={heading} tabIndex={-1} class="outline-none">
            {title}
          </h1>
          {note && <p class="text-quiet">{note}</p>}
        </div>
        {children && <div class="flex flex-wrap gap-2 no-print">{children}</div>}
      </div>
      {notice && (
        <Banner state="good" live>
          {notice}
        </Banner>
      )}
    </>
  );
}

/** The three states of a question to the server. */
export function Show<Data>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<Data>;
  readonly children: (data: Data) => ComponentChildren;
}) {
  if (loaded.state === 'failed') return <Banner state="bad">{loaded.message}</Banner>;
  if (loaded.state === 'loading') return <p class="text-quiet">{t('Đang tải…', 'Loading…')}</p>;
  return <>{children(loaded.data)}</>;
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="card text-center text-quiet py-8">{children}</p>;
}

/**
 * A table that people live in: its heads, and a row for each thing, or what to do when there is none. The heads
 * stay in sight; a wide one on a narrow screen scrolls by itself, also by keyboard; on a phone each row is a card.
 */
export function Table({
  label,
  heads,
  caption,
  empty,
  children,
}: {
  readonly label: string;
  /** Of a column of numbers: `{ number }`, at the right. */
  readonly heads: readonly (string | { readonly number: string })[];
  readonly caption?: string;
  readonly empty?: string;
  readonly children: readonly VNode[];
}) {
  if (children.length === 0 && empty) return <Empty>{empty}</Empty>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="card p-0 table-frame relative" aria-label={label} tabIndex={0}>
      <table class="table">
        {caption && <caption class="text-left p-3 font-semibold">{caption}</caption>}
        <thead>
          <tr>
            {heads.map((head) =>
              typeof head === 'string' ? (
                <th key={head} scope="col">
                  {head}
                </th>
              ) : (
                <th key={head.number} scope="col" class="text-right">
                  {head.number}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** Grouped digits; a tap copies them. */
export function EducationId({ id }: { readonly id: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" class="code cursor-copy text-left" onClick={copy} title={t('Chép mã', 'Copy')}>
      {isCopied ? t('Đã chép', 'Copied') : formatEducationId(id)}
    </button>
  );
}

/** In groups of four: two people read it to each other. */
export function Hex({ hex }: { readonly hex: string }) {
  return <span class="font-mono text-sm break-words">{hex.match(/.{1,4}/g)?.join(' ')}</span>;
}

export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={formatTime(at)} class="whitespace-nowrap">
      {formatAgo(at)}
    </time>
  );
}

export function More({ onClick, isBusy }: { readonly onClick: () => void; readonly isBusy?: boolean }) {
  return (
    <button type="button" class="button justify-self-center no-print" onClick={onClick} disabled={isBusy}>
      {t('Xem thêm', 'Show more')}
    </button>
  );
}
