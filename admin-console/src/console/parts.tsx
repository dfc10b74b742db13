import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useCopy } from '../design/copy.ts';
import { Hang } from '../design/face.tsx';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import type { IconName } from '../design/icons.ts';
import { formatAgo, formatEducationId, formatTime, t } from '../design/language.ts';
import { takeNotice, useHeading } from './heading.ts';
import { roomOf } from './rooms.ts';

/**
 * The page's heading with its picture on the margin, a quieter line below it, the way back above, its actions at the
 * right; and what was just done.
 */
export function Title({
  title,
  note,
  back,
  icon,
  above,
  before,
  beside,
  children,
}: {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly back?: { readonly href: string; readonly label: string };
  /** Instead of the picture of the room that the page lies in. */
  readonly icon?: IconName;
  /** A line over the heading: a day, the steps of a way. */
  readonly above?: ComponentChildren;
  /** At the left of the heading: a face. */
  readonly before?: ComponentChildren;
  /** Other pages of the same thing. */
  readonly beside?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  const { path } = useLocation();
  const heading = useHeading(title);
  const [notice] = useState(takeNotice);
  const picture = icon ?? roomOf(path)?.icon;
  return (
    <>
      <div class="grid grid-cols-1 gap-2">
        {back && (
          <p class="no-print">
            <a href={back.href} class="back">
              <Icon name="arrow-left" />
              {back.label}
            </a>
          </p>
        )}
        <div class="relative flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
          {picture && !back && <Hang icon={picture} />}
          <div class="flex items-center gap-4 min-w-0 grow basis-80">
            {before}
            <div class="grid gap-1 min-w-0">
              {above && <div class="text-quiet">{above}</div>}
              <h1 ref={heading} tabIndex={-1} class="outline-none break-words">
                {title}
              </h1>
              {note && <div class="text-quiet max-w-[62ch]">{note}</div>}
            </div>
          </div>
          {children && <div class="acts no-print">{children}</div>}
        </div>
        {beside}
      </div>
      {notice && (
        <Banner state="good" live>
          {notice}
        </Banner>
      )}
    </>
  );
}

/** Grouped digits; a tap copies them. */
export function EducationId({ id }: { readonly id: string }) {
  const { isCopied, copy, forget } = useCopy();
  return (
    <button
      type="button"
      class="code inline-flex items-center gap-2 min-h-8 cursor-copy text-left"
      onClick={() => copy(id).then(() => setTimeout(forget, 1_500))}
      title={t('Chép mã', 'Copy')}
    >
      {isCopied ? t('Đã chép', 'Copied') : formatEducationId(id)}
      <Icon name={isCopied ? 'check' : 'copy'} class="text-quiet size-4!" />
    </button>
  );
}

/** A box that is the page: what is looked for is typed first. */
export function Search({
  label,
  placeholder,
  value,
  onSearch,
}: {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onSearch: (words: string) => void;
}) {
  return (
    <search class="find max-w-none!">
      <Icon name="search" class="top-[1.0625rem]!" />
      <input
        type="search"
        class="control min-h-14! text-[1.0625rem]"
        value={value}
        onInput={(event) => onSearch(event.currentTarget.value)}
        aria-label={label}
        placeholder={placeholder}
      />
    </search>
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
