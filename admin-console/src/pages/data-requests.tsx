import type { DataRequestsProps } from '@edutrust/idp/pages';
import { Banner } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { type Standing, State } from '../design/mark.tsx';
import { Row, type RowMark, Ruled } from '../design/ruled.tsx';
import { BackLink } from './back-link.tsx';
import { FormBanner } from './sign-in.tsx';

type Request = DataRequestsProps['requests'][number];

/** `/account/data-requests`: asking for a right over personal data, and what came of it. */
export function DataRequests({ requests, wasSent, error, accountPath, ...form }: DataRequestsProps) {
  return (
    <>
      <div class="grid gap-2">
        <BackLink href={accountPath}>{t('Tài khoản', 'Account')}</BackLink>
        <h1>{t('Yêu cầu về dữ liệu cá nhân', 'Requests about personal data')}</h1>
        <p class="text-quiet max-w-[62ch]">
          {t(
            'Nhà trường xác nhận đã nhận trong hai ngày làm việc, và trả lời trong thời hạn ghi bên dưới.',
            'The school confirms that it has the request within two working days, and answers in the time below.',
          )}
        </p>
      </div>
      {wasSent && (
        <Banner state="good">{t('Đã gửi. Theo dõi ngay dưới đây.', 'Sent. You can follow it below.')}</Banner>
      )}
      <FormBanner error={error} />
      {requests.length > 0 && (
        <section class="grid gap-3">
          <h2>{t('Đã gửi', 'What you asked')}</h2>
          <Ruled onMargin>
            {requests.map((one) => (
              <Asked key={one.id} request={one} />
            ))}
          </Ruled>
        </section>
      )}
      {form.subjects.length > 0 && <Ask {...form} />}
    </>
  );
}

const marks: Readonly<Record<Request['state'], readonly [RowMark, Standing]>> = {
  received: ['later', 'now'],
  acknowledged: ['now', 'now'],
  erasing: ['now', 'now'],
  done: ['good', 'good'],
  refused: ['warn', 'warn'],
  withdrawn: ['dot', 'plain'],
};

function Asked({ request }: { readonly request: Request }) {
  const { what, whose, state, stateName, receivedAt, dueAt, extensionReason, answer, withdrawAction } = request;
  const [mark, standing] = marks[state];
  return (
    <Row
      mark={mark}
      title={
        <span class="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
          <span class="first-letter:uppercase">{whose ? `${what} · ${whose}` : what}</span>
          <State state={standing}>
            <span class="inline-block first-letter:uppercase">{stateName}</span>
          </State>
        </span>
      }
      note={
        <>
          {t('Gửi', 'Sent')} {formatDate(receivedAt)}
          {withdrawAction && ` · ${t('trả lời trước hết ngày', 'answered by the end of')} ${formatDate(dueAt)}`}
          {extensionReason && ` · ${t('gia hạn vì', 'extended because')} ${extensionReason}`}
          {answer && <span class="block text-ink">{answer}</span>}
        </>
      }
      act={
        withdrawAction && (
          <form method="post" action={withdrawAction}>
            <button type="submit" class="button" aria-label={`${t('Rút yêu cầu', 'Withdraw')}: ${what}`}>
              {t('Rút yêu cầu', 'Withdraw')}
            </button>
          </form>
        )
      }
    />
  );
}

function Ask({
  subjects,
  subjectId,
  kinds,
  askAction,
}: Pick<DataRequestsProps, 'subjects' | 'subjectId' | 'kinds' | 'askAction'>) {
  return (
    <section class="grid gap-4" aria-labelledby="ask">
      <h2 id="ask">{t('Gửi yêu cầu mới', 'Ask for something')}</h2>
      <form method="post" action={askAction} class="card grid gap-5 max-w-xl">
        {subjects.length > 1 ? (
          <div class="grid gap-1.5">
            <label for="subjectId" class="font-semibold">
              {t('Dữ liệu của ai', 'Whose data')}
            </label>
            <select id="subjectId" name="subjectId" class="control">
              {subjects.map(({ id, label }) => (
                <option key={id} value={id} selected={id === subjectId}>
                  {label}
                </option>
              ))}
            </select>
          </div>
        ) : (
          <input type="hidden" name="subjectId" value={subjectId} />
        )}
        <fieldset class="grid gap-1">
          <legend class="font-semibold mb-1.5">{t('Tôi muốn', 'I want to')}</legend>
          {kinds.map(({ code, label, days }) => (
            <label key={code} class="check">
              <input type="radio" class="tick" name="kind" value={code} checked={code === kinds[0]?.code} required />
              <span>
                <span class="inline-block first-letter:uppercase">{label}</span>
                <span class="block text-sm text-quiet">
                  {t(`trả lời trong ${days} ngày`, `answered within ${days} days`)}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        <div class="grid gap-1.5">
          <label for="wish" class="font-semibold">
            {t('Cụ thể là gì? (không bắt buộc)', 'What exactly? (optional)')}
          </label>
          <textarea id="wish" name="wish" class="control" rows={3} maxLength={2000} />
        </div>
        <p class="text-sm text-quiet">
          {t(
            'Học bạ và văn bản đã ban hành được giữ theo luật, kể cả khi dữ liệu khác được xoá.',
            'School reports and documents that were issued are kept by law, also when other data is erased.',
          )}
        </p>
        <button type="submit" class="button button-primary">
          {t('Gửi yêu cầu', 'Send the request')}
        </button>
      </form>
    </section>
  );
}
