import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner, Field } from '../../design/form.tsx';
import { formatTime, t } from '../../design/language.ts';
import { useAgain } from '../../design/live.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { Title } from '../parts.tsx';
import { actWithPasskey } from './passkey-act.ts';
import { ProposedPicture } from './proposed-picture.tsx';
import { ApprovalSeals } from './seals.tsx';
import { ApprovalState, type ApprovalView } from './state.tsx';

/** One act that takes two people: everything that the digest covers, and the caller's part in it. */
export function ApprovalPage() {
  const { id = '' } = useRoute().params;
  const [loaded, reload] = useLoad(id, () => must(api.GET('/api/v1/approvals/{id}', { params: { path: { id } } })));
  // Whoever has confirmed waits here for the second person, and then for their half of a code.
  useAgain(loaded.state === 'ready' && loaded.data.state === 'confirmed' ? reload : undefined, 5_000);
  return <Show loaded={loaded}>{(one) => <Approval one={one} reload={reload} />}</Show>;
}

function Approval({ one, reload }: { readonly one: ApprovalView; readonly reload: () => void }) {
  const may = (act: ApprovalView['may'][number]) => one.may.includes(act);
  return (
    <>
      {/* Anew in each state: what was said on the way here is over, and who listens hears the new state. */}
      <Title
        key={one.state}
        title={one.title}
        back={{ href: '/admin/approvals', label: t('Việc cần hai người', 'Two people') }}
      />
      <div class="card rounded-cover p-6 sm:p-7 grid grid-cols-1 gap-7 md:grid-cols-[12.5rem_minmax(0,1fr)]">
        <div class="grid gap-3 content-start justify-items-center text-center md:border-r-2 md:border-margin md:pr-6">
          <ApprovalSeals state={one.state} />
          <ApprovalState state={one.state} />
          <p class="text-sm">
            <strong>{one.maker.fullName}</strong> {t('lập lúc', 'proposed it')} {formatTime(one.createdAt)}
          </p>
          {one.approver && one.closedAt && (
            <p class="text-sm">
              <strong>{one.approver.fullName}</strong> {t('duyệt lúc', 'approved it')} {formatTime(one.closedAt)}
            </p>
          )}
          {one.state === 'confirmed' && (
            <p class="text-sm text-quiet">
              {t('Quá hạn lúc', 'Expires')} {formatTime(one.expiresAt)}
            </p>
          )}
        </div>
        <div class="grid grid-cols-1 gap-4 content-start">
          <ProposedPicture one={one} />
          <dl class="facts">
            {one.facts.map(({ label, value }) => (
              <>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </>
            ))}
            <dt>{t('Dấu vân tay', 'Fingerprint')}</dt>
            <dd>
              <code class="number">… {one.code}</code>
            </dd>
          </dl>
          {one.page && (
            <p>
              <a href={one.page}>{t('Xem từng dòng mà mã băm bao gồm', 'See every line that the digest covers')}</a>
            </p>
          )}
          {one.reason && (
            <Banner state={one.state === 'refused' || one.state === 'failed' ? 'bad' : 'warn'}>{one.reason}</Banner>
          )}
          {one.warnings.map((warning) => (
            <Banner key={warning} state="warn">
              {warning}
            </Banner>
          ))}
          {one.barred && <Banner state="warn">{one.barred}</Banner>}
          {may('confirm') && <Confirm one={one} reload={reload} />}
          {may('approve') && <Approve one={one} reload={reload} />}
          <div class="flex flex-wrap gap-3">
            {may('refuse') && (
              <ActButton
                bad
                label={t('Từ chối…', 'Refuse…')}
                question={t('Từ chối việc này?', 'Refuse this?')}
                confirm={t('Từ chối', 'Refuse')}
                reason={t('Lý do, người lập sẽ đọc', 'The reason, for its maker to read')}
                onConfirm={async (reason) => {
                  const params = { path: { id: one.id } };
                  await must(api.POST('/api/v1/approvals/{id}/refuse', { params, body: { reason } }));
                  reload();
                }}
              />
            )}
            {may('withdraw') && (
              <ActButton
                label={t('Rút lại', 'Withdraw')}
                question={t('Rút lại việc này?', 'Withdraw this?')}
                confirm={t('Rút lại', 'Withdraw')}
                onConfirm={async () => {
                  await must(api.POST('/api/v1/approvals/{id}/withdraw', { params: { path: { id: one.id } } }));
                  reload();
                }}
              >
                <p>
                  {t(
                    'Không có gì xảy ra nữa; muốn làm thì lập lại.',
                    'Nothing will be done; propose it again if needed.',
                  )}
                </p>
              </ActButton>
            )}
          </div>
          {may('collect') && <Collect id={one.id} />}
          <details>
            <summary>{t('Đúng những gì hai passkey ký', 'Exactly what both passkeys are put to')}</summary>
            <p class="text-sm text-quiet break-all">SHA-256 {one.digest}</p>
            <pre class="text-sm whitespace-pre-wrap break-all">{one.covered}</pre>
          </details>
          {(one.state === 'applied' || one.state === 'approved') && <EvidenceOf id={one.id} />}
        </div>
      </div>
    </>
  );
}

function Confirm({ one, reload }: { readonly one: ApprovalView; readonly reload: () => void }) {
  const { isBusy, error, run } = useAction();
  return (
    <div class="grid gap-3 justify-items-start">
      <p>
        {t(
          'Đọc lại những dòng trên. Anh/chị xác nhận bằng passkey, rồi một người khác duyệt.',
          'Read the lines above. You confirm them with your passkey, then somebody else approves.',
        )}
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      <button
        type="button"
        class="button button-primary"
        disabled={isBusy}
        onClick={() =>
          run(async () => {
            await actWithPasskey(one.id);
            reload();
          })
        }
      >
        {t('Xác nhận bằng passkey', 'Confirm with your passkey')}
      </button>
    </div>
  );
}

function Approve({ one, reload }: { readonly one: ApprovalView; readonly reload: () => void }) {
  const [code, setCode] = useState('');
  const { isBusy, error, run } = useAction();
  return (
    <form
      class="grid gap-3 justify-items-start"
      onSubmit={(event) => {
        event.preventDefault();
        run(async () => {
          try {
            await actWithPasskey(one.id, code);
          } finally {
            reload();
          }
        });
      }}
    >
      {one.asksForCode ? (
        <>
          <Banner state="now">
            {t(
              `Gọi ${one.concerns?.fullName ?? one.maker.fullName} theo số đã biết từ trước. Nghe sáu chữ số đọc từ màn hình điện thoại bên kia, rồi gõ vào đây.`,
              `Call ${one.concerns?.fullName ?? one.maker.fullName} on a number that you know. Have them read out the six digits on their phone, and type them here.`,
            )}
          </Banner>
          <Field
            label={t('Sáu chữ số nghe được', 'The six digits that you heard')}
            name="read-out"
            inputMode="numeric"
            autocomplete="off"
            maxlength={8}
            required
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
          />
        </>
      ) : (
        <p>
          {t(
            `Hỏi ${one.maker.fullName} về việc này trước khi duyệt. Hai người thấy cùng một dấu vân tay.`,
            `Ask ${one.maker.fullName} about this before you approve. You both see the same fingerprint.`,
          )}
        </p>
      )}
      {error && <Banner state="bad">{error}</Banner>}
      <button type="submit" class="button button-primary" disabled={isBusy}>
        {t('Đóng dấu thứ hai bằng passkey', 'Put the second seal with your passkey')}
      </button>
    </form>
  );
}

function Collect({ id }: { readonly id: string }) {
  const [text, setText] = useState<string>();
  const { isBusy, error, run } = useAction();
  return (
    <Banner state="good">
      <div class="grid gap-2 justify-items-start">
        <p>
          {t(
            'Phần của anh/chị, trong 24 giờ. Đọc cho đúng người nhận; người kia đọc nửa còn lại.',
            'Your part, for 24 hours. Read it to the person it is for; the other of you has the other half.',
          )}
        </p>
        {text ? (
          <strong class="number text-xl tracking-widest">{text}</strong>
        ) : (
          <button
            type="button"
            class="button"
            disabled={isBusy}
            onClick={() =>
              run(async () => {
                const part = await must(api.POST('/api/v1/approvals/{id}/collect', { params: { path: { id } } }));
                setText(part.text);
              })
            }
          >
            {t('Hiện phần của tôi', 'Show my part')}
          </button>
        )}
        {error && <p class="text-bad">{error}</p>}
      </div>
    </Banner>
  );
}

const checkNames = {
  digest: () => t('nội dung khớp dấu vân tay', 'the content matches the digest'),
  'confirm-assertion': () => t('passkey của người lập', "its maker's passkey"),
  'approve-assertion': () => t('passkey của người thứ hai', "the second person's passkey"),
  'two-people': () => t('hai người khác nhau', 'two different people'),
  'two-passkeys': () => t('hai passkey khác nhau', 'two different passkeys'),
  ledger: () => t('nhật ký ghi đúng hai bằng chứng', 'the ledger names both proofs'),
  attested: () => t('do chính hệ thống này ghi', 'written by this system itself'),
} as const;

/** Both proofs, checked anew when somebody asks. */
function EvidenceOf({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('Kiểm tra lại bằng chứng', 'Check the evidence again')}</summary>
      {isOpen && <EvidenceChecks id={id} />}
    </details>
  );
}

function EvidenceChecks({ id }: { readonly id: string }) {
  const [loaded] = useLoad(`evidence ${id}`, () =>
    must(api.GET('/api/v1/approvals/{id}/evidence', { params: { path: { id } } })),
  );
  return (
    <Show loaded={loaded}>
      {({ isValid, checks }) => (
        <Banner state={isValid ? 'good' : 'bad'}>
          <ul>
            {checks.map(({ check, isRight }) => (
              <li key={check}>
                {isRight ? '✓' : '✗'} {checkNames[check]()}
              </li>
            ))}
          </ul>
        </Banner>
      )}
    </Show>
  );
}
