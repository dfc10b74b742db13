import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { formatDate, formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { ClassChoice } from '../classes/choice.tsx';
import { clockOf } from '../data-desk/words.ts';
import { Title } from '../parts.tsx';
import { askedLine, standingOf, stateName, type Transfer } from './words.ts';

/** `/admin/transfers/:id` */
export function TransferPage() {
  const { id = '' } = useRoute().params;
  const [loaded, reload] = useLoad(id, () => must(api.GET('/api/v1/transfers/{id}', { params: { path: { id } } })));
  return <Show loaded={loaded}>{(transfer) => <One transfer={transfer} onDone={reload} />}</Show>;
}

function One({ transfer, onDone }: { readonly transfer: Transfer; readonly onDone: () => void }) {
  const { learner, from, to, note, className, state, askedAt, expiresAt, closedAt, answer } = transfer;
  return (
    <>
      <Title
        title={t(`Chuyển trường: ${learner.fullName}`, `Transfer of ${learner.fullName}`)}
        back={{ href: '/admin/transfers', label: t('Chuyển trường', 'Transfers') }}
        note={<State state={standingOf[state]}>{stateName(state)}</State>}
      />
      <dl class="facts">
        <dt>{t('Mã giáo dục', 'Education ID')}</dt>
        <dd>
          <span class="code">{formatEducationId(learner.educationId)}</span>
        </dd>
        <dt>{t('Từ trường', 'From')}</dt>
        <dd>{from.name}</dd>
        <dt>{t('Sang trường', 'To')}</dt>
        <dd>
          {to.name}
          {className && ` · ${t('lớp', 'class')} ${className}`}
        </dd>
        <dt>{t('Ai đề nghị', 'Who asked')}</dt>
        <dd>
          {askedLine(transfer)} · {formatDate(askedAt)}
        </dd>
        <dt>{t('Vì sao', 'Why')}</dt>
        <dd class="whitespace-pre-line break-words">{note}</dd>
        {closedAt ? (
          <>
            <dt>{t('Xong ngày', 'Closed')}</dt>
            <dd>{formatDate(closedAt)}</dd>
          </>
        ) : (
          <>
            <dt>{t('Trả lời trước', 'Answer by')}</dt>
            <dd>
              {formatDate(new Date(Date.parse(expiresAt) - 1).toISOString())} · {clockOf(expiresAt, Date.now()).text}
            </dd>
          </>
        )}
        {answer && (
          <>
            <dt>{t('Trả lời', 'Answer')}</dt>
            <dd class="break-words">{answer}</dd>
          </>
        )}
      </dl>
      {transfer.may.length > 0 && <Acts transfer={transfer} onDone={onDone} />}
      {state === 'waiting' && !transfer.may.includes('answer') && (
        <Banner state="now">
          {t(
            'Người của trường kia trả lời. Gia đình đã được báo; em vẫn học ở trường hiện tại.',
            'Somebody of the other school answers. The family was told; the learner stays where they are.',
          )}
        </Banner>
      )}
    </>
  );
}

function Acts({ transfer, onDone }: { readonly transfer: Transfer; readonly onDone: () => void }) {
  const { id, learner, to, askedBy, may } = transfer;
  const [classId, setClass] = useState('');
  const params = { params: { path: { id } } };
  const receives = askedBy === 'from';
  return (
    <section class="grid gap-4 max-w-xl">
      {may.includes('answer') && receives && (
        <ClassChoice
          label={t('Xếp vào lớp', 'Into the class')}
          name="class"
          organisationId={to.id}
          none={t('Chưa xếp lớp', 'No class yet')}
          value={classId}
          onChoose={setClass}
        />
      )}
      <div class="flex flex-wrap gap-3">
        {may.includes('answer') && (
          <>
            <ActButton
              primary
              label={receives ? t('Nhận em', 'Accept the learner') : t('Đồng ý cho chuyển', 'Let the learner go')}
              question={t(`Chuyển ${learner.fullName} sang ${to.name}?`, `Move ${learner.fullName} to ${to.name}?`)}
              confirm={t('Chuyển từ hôm nay', 'Move from today')}
              onConfirm={async () => {
                await must(api.POST('/api/v1/transfers/{id}/accept', { ...params, body: classId ? { classId } : {} }));
                onDone();
              }}
            >
              <p>
                {t(
                  'Mã giáo dục, lịch sử và người giám hộ đi theo. Trường cũ không còn xem được hồ sơ từ hôm nay.',
                  'The education ID, the history and the guardians go along. The old school no longer sees the record.',
                )}
              </p>
            </ActButton>
            <ActButton
              bad
              label={t('Không nhận', 'Decline')}
              question={t('Trả lời là không?', 'Answer no?')}
              confirm={t('Gửi trả lời', 'Send the answer')}
              reason={t('Vì sao: trường kia và gia đình đọc', 'Why: the other school and the family read it')}
              onConfirm={async (reason) => {
                await must(api.POST('/api/v1/transfers/{id}/decline', { ...params, body: { reason } }));
                onDone();
              }}
            />
          </>
        )}
        {may.includes('withdraw') && (
          <ActButton
            label={t('Rút đề nghị', 'Withdraw')}
            question={t('Rút đề nghị này?', 'Withdraw this transfer?')}
            confirm={t('Rút', 'Withdraw it')}
            onConfirm={async () => {
              await must(api.POST('/api/v1/transfers/{id}/withdraw', params));
              onDone();
            }}
          />
        )}
      </div>
    </section>
  );
}
