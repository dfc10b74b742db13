import type { LooksProps } from '@edutrust/idp/pages';
import { Banner } from '../design/form.tsx';
import { formatClock, formatDate, formatDay, formatTime, t } from '../design/language.ts';
import { fieldName } from '../design/released.tsx';
import { Row, Ruled } from '../design/ruled.tsx';
import { BackLink } from './back-link.tsx';

type Item = LooksProps['days'][number]['items'][number];

/** Who looked at one's own record, or at a child's: days, and in each who did what. */
export function Looks({ child, days, filters, shown, findings, checkedAt, olderPath, backPath }: LooksProps) {
  return (
    <>
      <div class="grid gap-2">
        <BackLink href={backPath}>{child ? t('Con của tôi', 'My children') : t('Tài khoản', 'Account')}</BackLink>
        <div>
          <h1>
            {child
              ? t(`Ai đã xem hồ sơ của ${child}?`, `Who looked at ${child}’s record?`)
              : t('Ai đã xem hồ sơ của mình?', 'Who looked at my record?')}
          </h1>
          <p class="text-quiet">
            {t(
              'Mỗi lần có người xem, mỗi ứng dụng được biết, mỗi hệ thống được gửi đều ghi ở đây.',
              'Each time somebody looked, each app that was told and each system that was sent something is here.',
            )}
          </p>
        </div>
      </div>
      <Findings findings={findings} />
      <nav aria-label={t('Lọc', 'Filter')} class="flex flex-wrap gap-3">
        {filters.map(({ who, path }) => (
          <a key={who} class="chip" href={path} aria-current={who === shown ? 'page' : undefined}>
            {filterName(who)}
          </a>
        ))}
      </nav>
      {days.length === 0 && <p class="card">{t('Chưa có ai.', 'Nobody yet.')}</p>}
      {days.map(({ day, items }) => (
        <section key={day} class="grid gap-3" aria-labelledby={`day-${day}`}>
          <h2 id={`day-${day}`}>{formatDay(`${day}T12:00:00+07:00`)}</h2>
          <Ruled onMargin isTight>
            {[...Map.groupBy(items, ({ kind, who }) => `${kind} ${who}`)].map(([key, of]) => (
              <Row
                key={key}
                mark={of.some(({ isAltered }) => isAltered) ? 'bad' : 'dot'}
                title={of[0]?.who}
                note={of.map((item) => <Line key={`${item.what}${item.at}`} item={item} />)}
              />
            ))}
          </Ruled>
        </section>
      ))}
      {olderPath && (
        <p>
          <a class="button" href={olderPath} rel="next">
            {t('Trước đó nữa', 'Earlier')}
          </a>
        </p>
      )}
      <p class="text-sm text-quiet">
        {t(
          'Nhà trường và Sở xem hồ sơ để dạy học và quản lý. Thấy lạ thì hỏi văn phòng trường; trường trả lời ai đã xem và vì sao.',
          'Schools and the department look at records to teach and to administer. Ask the school’s office about what seems odd: it answers who looked and why.',
        )}{' '}
        {checkedAt &&
          t(
            `Sổ được đối chiếu lần cuối lúc ${formatTime(checkedAt)}.`,
            `The book was last checked against its log on ${formatTime(checkedAt)}.`,
          )}
      </p>
    </>
  );
}

function filterName(who: LooksProps['shown']): string {
  switch (who) {
    case 'all':
      return t('Tất cả', 'All');
    case 'people':
      return t('Người', 'People');
    case 'apps':
      return t('Ứng dụng', 'Apps');
    case 'systems':
      return t('Hệ thống', 'Systems');
  }
}

/** What one of them did that day, once and how often. */
function Line({ item: { at, what, fields, times, isAltered } }: { readonly item: Item }) {
  return (
    <span class="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4">
      <span>
        {what ?? t('được gửi', 'was sent')}
        {fields && fields.length > 0 && `: ${fields.map(fieldName).join(', ')}`}
        {times > 1 && ` · ${t(`${times} lần`, `${times} times`)}`}
      </span>
      <time dateTime={at} class="text-sm number">
        {formatClock(at)}
      </time>
      {isAltered && (
        <strong class="col-span-2 text-bad">
          {t('Dòng này đã bị sửa sau khi ghi.', 'This line was changed after it was written.')}
        </strong>
      )}
    </span>
  );
}

/** What the check of the book found wrong on the days of this page; whose a removed line was, nobody knows. */
function Findings({ findings }: Pick<LooksProps, 'findings'>) {
  const removed = findings.filter(({ problem }) => problem === 'removed');
  const others = findings.length - removed.length;
  if (findings.length === 0) return null;
  const days = [...new Set(removed.map(({ at }) => formatDate(at)))].join(', ');
  return (
    <Banner state="bad">
      {removed.length > 0 &&
        t(
          `${removed.length} dòng của ngày ${days} đã bị xoá khỏi sổ. Không biết là của ai nên mọi người đều được báo. `,
          `${removed.length} lines of ${days} were removed from the book. Nobody knows whose they were, so everybody is told. `,
        )}
      {others > 0 &&
        t(
          `${others} dòng của những ngày này không khớp với sổ gốc. `,
          `${others} lines of these days differ from the log. `,
        )}
      {t('Sở đã được báo động.', 'The department has been alarmed.')}
    </Banner>
  );
}
