import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { formatDate, formatNumber, locale, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';
import { clockOf, dueOf, kindName, standingOf, stateName } from './words.ts';

type Request = paths['/api/v1/data-requests/{id}']['get']['responses']['200']['content']['application/json'];

/** `/admin/data-desk/:id` */
export function DataRequestPage() {
  const { id = '' } = useRoute().params;
  const [loaded, reload] = useLoad(id, () => must(api.GET('/api/v1/data-requests/{id}', { params: { path: { id } } })));
  return <Show loaded={loaded}>{(request) => <One request={request} onDone={reload} />}</Show>;
}

function One({ request, onDone }: { readonly request: Request; readonly onDone: () => void }) {
  const { permissions } = useMe();
  const isOpen = request.closedAt === null && request.state !== 'erasing';
  return (
    <>
      <Title
        title={`${kindName(request.kind)} · ${request.subject.fullName}`}
        back={{ href: '/admin/data-desk', label: t('Yêu cầu về dữ liệu', 'Requests about data') }}
        note={<State state={standingOf[request.state]}>{stateName(request.state)}</State>}
      />
      <Facts request={request} />
      {request.wouldKeep.length > 0 && (
        <Kept title={t('Giữ lại theo luật khi xoá', 'Kept by law when it is erased')} kept={request.wouldKeep} />
      )}
      {request.outcome && request.state !== 'acknowledged' && <Outcome request={request} />}
      {isOpen && permissions.includes('data-requests.handle') && <Acts request={request} onDone={onDone} />}
    </>
  );
}

function Facts({ request }: { readonly request: Request }) {
  const { subject, askedBy, askedAs, wish, organisation, receivedAt, dueAt, extensionReason, answer, closedAt } =
    request;
  const clock = closedAt ? undefined : clockOf(dueOf(request), Date.now());
  const isNew = !request.acknowledgedAt && !closedAt; // two clocks run: the one that ends first is not the answer's
  const lastDay = new Date(Date.parse(dueAt) - 1).toISOString();
  return (
    <dl class="facts">
      <dt>{t('Của ai', 'Whose')}</dt>
      <dd>
        <a href={`/admin/people/${subject.id}`}>{subject.fullName}</a> · {organisation.name}
      </dd>
      <dt>{t('Ai gửi', 'Asked by')}</dt>
      <dd>{askedAs === 'paper' ? t('đơn trên giấy', 'on paper') : (askedBy?.fullName ?? '')}</dd>
      <dt>{t('Nội dung', 'What was written')}</dt>
      <dd class="whitespace-pre-line break-words">{wish || t('không viết gì thêm', 'nothing more')}</dd>
      <dt>{t('Nhận', 'Received')}</dt>
      <dd>{formatDate(receivedAt)}</dd>
      {isNew && (
        <>
          <dt>{t('Hạn tiếp nhận', 'Acknowledge by')}</dt>
          <dd>{clock?.text}</dd>
        </>
      )}
      <dt>{t('Hạn trả lời', 'Answer by')}</dt>
      <dd>
        {formatDate(lastDay)}
        {clock && !isNew && ` · ${clock.text}`}
        {extensionReason && ` · ${t('gia hạn vì', 'extended because')} ${extensionReason}`}
      </dd>
      {answer && (
        <>
          <dt>{t('Đã trả lời', 'Answer')}</dt>
          <dd class="break-words">{answer}</dd>
        </>
      )}
    </dl>
  );
}

function Kept({ title, kept }: { readonly title: string; readonly kept: Request['wouldKeep'] }) {
  return (
    <section class="grid gap-3">
      <h2>{title}</h2>
      <dl class="facts">
        {kept.map(({ what, why, count }) => (
          <>
            <dt>
              {what[locale()]} · {formatNumber(count)}
            </dt>
            <dd>{why[locale()]}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

function Outcome({ request: { state, outcome } }: { readonly request: Request }) {
  if (!outcome) return null;
  const rows = outcome.erased.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      {state === 'erasing' ? (
        <Banner state="now">
          {t(
            'Đang xoá ở mọi nơi; trang này tự có kết quả khi xong.',
            'It is being erased everywhere; look again in a moment.',
          )}
        </Banner>
      ) : (
        <Banner state="good">
          {t(`Đã xoá ${formatNumber(rows)} dòng ở mọi nơi.`, `${formatNumber(rows)} rows were erased everywhere.`)}
        </Banner>
      )}
      {outcome.recipients.length > 0 && (
        <section class="grid gap-2">
          <h2>{t('Báo các bên đã nhận dữ liệu', 'Tell those who received data')}</h2>
          <p class="text-quiet">
            {t(
              'Các hệ thống này từng nhận dữ liệu và phải tự xoá phần của mình:',
              'These systems received data and have to erase their own part:',
            )}
          </p>
          <ul class="list-disc pl-5">
            {outcome.recipients.map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </section>
      )}
      {outcome.kept.length > 0 && <Kept title={t('Giữ lại theo luật', 'Kept by law')} kept={outcome.kept} />}
    </>
  );
}

function Acts({ request, onDone }: { readonly request: Request; readonly onDone: () => void }) {
  const { id, kind, state, extendedAt } = request;
  const proposed = useProposed();
  const { isBusy, error, run } = useAction();
  const params = { params: { path: { id } } };
  const answer = (to: 'done' | 'refused') => async (text: string) => {
    await must(api.POST('/api/v1/data-requests/{id}/answer', { ...params, body: { state: to, answer: text } }));
    onDone();
  };
  const acknowledge = () =>
    run(async () => {
      await must(api.POST('/api/v1/data-requests/{id}/acknowledge', params));
      onDone();
    });
  const readBy = t('Câu trả lời mà người gửi đọc', 'The answer that who asked reads');
  return (
    <section class="grid gap-4">
      {error && <Banner state="bad">{error}</Banner>}
      <div class="flex flex-wrap gap-3">
        {state === 'received' && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={acknowledge}>
            {t('Tiếp nhận', 'Acknowledge')}
          </button>
        )}
        {state === 'acknowledged' && kind === 'erase' && (
          <ActButton
            primary
            label={t('Đề nghị xoá', 'Propose the erasure')}
            question={t('Xoá dữ liệu của người này?', 'Erase this person’s data?')}
            confirm={t('Đề nghị xoá', 'Propose it')}
            onConfirm={async () => {
              proposed(await must(api.POST('/api/v1/data-requests/{id}/erasure', params)));
            }}
          >
            <p>
              {t(
                'Người thứ hai duyệt bằng passkey, rồi một việc xoá ở mọi nơi. Không phục hồi được.',
                'A second person approves with a passkey, then one job erases everywhere. It cannot be undone.',
              )}
            </p>
          </ActButton>
        )}
        {state === 'acknowledged' && kind !== 'erase' && (
          <ActButton
            primary
            label={t('Đã thực hiện', 'It is done')}
            question={t('Trả lời là đã thực hiện?', 'Answer that it is done?')}
            confirm={t('Gửi trả lời', 'Send the answer')}
            reason={readBy}
            onConfirm={answer('done')}
          />
        )}
        {!extendedAt && (
          <ActButton
            label={t('Gia hạn', 'Extend')}
            question={t('Gia hạn một lần?', 'Extend it once?')}
            confirm={t('Gia hạn', 'Extend')}
            reason={t('Vì sao', 'Why')}
            onConfirm={async (reason) => {
              await must(api.POST('/api/v1/data-requests/{id}/extend', { ...params, body: { reason } }));
              onDone();
            }}
          />
        )}
        <ActButton
          bad
          label={t('Không thực hiện', 'Refuse')}
          question={t('Trả lời là không thực hiện?', 'Answer that it is not carried out?')}
          confirm={t('Gửi trả lời', 'Send the answer')}
          reason={readBy}
          onConfirm={answer('refused')}
        />
      </div>
    </section>
  );
}
