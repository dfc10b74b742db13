import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActionBar } from '../../design/bar.tsx';
import { Banner } from '../../design/form.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Table } from '../../design/table.tsx';
import type { Plan } from './kinds.ts';

type Action = Plan['changes'][number]['action'];

/** What would happen, or happened, in a sentence. */
export function planTitle({ status, kind, totals }: Plan): string {
  const isDone = status === 'applied';
  const of = {
    added: formatNumber(totals.added),
    changed: formatNumber(totals.changed),
    left: formatNumber(totals.left),
  };
  const who = kind === 'learners' ? t('em', '') : t('người', '');
  const said = [
    totals.added > 0 && t(`thêm ${of.added}`, `${of.added} added`),
    totals.changed > 0 && t(`đổi ${of.changed}`, `${of.changed} changed`),
  ].filter(Boolean);
  const verb = isDone ? t('đã', '') : t('sẽ', '');
  const sentence = [
    said.length > 0 && `${verb} ${said.join(', ')}`,
    totals.left > 0 && t(`${of.left} ${who} ${verb} rời`, isDone ? `${of.left} left` : `${of.left} would leave`),
    totals.referred > 0 &&
      t(
        `${formatNumber(totals.referred)} dòng cần người khác xem`,
        `${formatNumber(totals.referred)} for somebody else to see`,
      ),
  ]
    .filter(Boolean)
    .join(', ')
    .trim();
  if (sentence === '') return t('Không có gì thay đổi', 'Nothing changes');
  return sentence.slice(0, 1).toLocaleUpperCase('vi') + sentence.slice(1);
}

/** The third step: every change and every refusal with its reason, and the bar that does exactly that. */
export function PlanStep({
  plan,
  onApplied,
  onBack,
}: {
  readonly plan: Plan;
  readonly onApplied: (plan: Plan) => void;
  readonly onBack: () => void;
}) {
  const [shown, setShown] = useState<Action>();
  const { totals } = plan;
  const figures = [
    { action: 'added', count: totals.added, word: t('thêm mới', 'added'), colour: 'bg-good' },
    { action: 'changed', count: totals.changed, word: t('đổi', 'changed'), colour: 'bg-accent' },
    { action: 'left', count: totals.left, word: t('rời', 'leave'), colour: 'bg-warn' },
    {
      action: 'referred',
      count: totals.referred,
      word: t('cần người khác xem', 'for somebody else'),
      colour: 'bg-edge',
    },
  ] as const;
  const changes = plan.changes.filter(({ action }) => shown === undefined || action === shown);
  return (
    <div class="grid gap-6">
      {plan.status === 'superseded' && (
        <Banner state="warn">
          {t('Kế hoạch này đã cũ; nhập lại tệp.', 'This plan is of before; import the file again.')}
        </Banner>
      )}
      {plan.heldReason && plan.status === 'held' && (
        <Banner state="warn">
          <span class="font-semibold">{t('Vì sao giữ lại: ', 'Why it waits: ')}</span>
          {plan.heldReason}
        </Banner>
      )}
      <ul class="flex flex-wrap gap-x-6 gap-y-3">
        {figures
          .filter(({ count }) => count > 0)
          .map(({ action, count, word, colour }) => (
            <li key={action}>
              <button
                type="button"
                class={`text-left px-1 pb-1 border-b-2 ${shown === action ? 'border-accent' : 'border-transparent'}`}
                aria-pressed={shown === action}
                onClick={() => setShown(shown === action ? undefined : action)}
              >
                <span class="number text-2xl font-bold block">{formatNumber(count)}</span>
                <span class="text-sm inline-flex items-center gap-1.5">
                  <span class={`inline-block size-3 rounded-sm ${colour}`} aria-hidden="true" />
                  {word}
                </span>
              </button>
            </li>
          ))}
        <Quiet count={totals.unchanged} word={t('giữ nguyên', 'unchanged')} />
        <Quiet count={totals.refused} word={t('dòng bị từ chối', 'rows refused')} />
        <Quiet count={totals.skipped} word={t('dòng bỏ qua', 'rows passed over')} />
      </ul>
      {plan.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {plan.ignoredColumns.length > 0 && (
        <p class="text-sm text-quiet">
          {t('Cột không nhập: ', 'Columns not imported: ')}
          {plan.ignoredColumns.map(({ header, doubt }) => (doubt ? `${header} (${doubt})` : header)).join(' · ')}
        </p>
      )}
      {plan.places.length > 1 && <Places plan={plan} />}
      {plan.refusals.length > 0 && <Refused plan={plan} />}
      {changes.length > 0 && (
        <section class="grid gap-2">
          <h2>{t('Từng người', 'Person by person')}</h2>
          <Table
            label={t('Thay đổi', 'Changes')}
            heads={[t('Việc', 'What'), t('Ai', 'Who'), t('Trước → sau', 'Before → after')]}
          >
            {changes.map((change) => (
              <Change key={`${change.action}${change.row}`} change={change} />
            ))}
          </Table>
          {plan.changes.length >= 200 && (
            <p class="text-sm text-quiet">{t('200 thay đổi đầu.', 'The first 200 changes.')}</p>
          )}
        </section>
      )}
      {plan.skipped.length > 0 && (
        <details>
          <summary class="cursor-pointer">
            {t(
              `${plan.skipped.length} dòng bỏ qua, vì không phải một người cần nhập`,
              `${plan.skipped.length} rows that are nobody to import`,
            )}
          </summary>
          <ul class="grid gap-1 mt-2 text-sm">
            {plan.skipped.map(({ row, text, reason }) => (
              <li key={row}>
                {t('Dòng', 'Row')} {row} «{text}»: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
      <Decision plan={plan} onApplied={onApplied} onBack={onBack} />
    </div>
  );
}

function Quiet({ count, word }: { readonly count: number; readonly word: string }) {
  if (count === 0) return null;
  return (
    <li class="px-1">
      <span class="number text-2xl font-bold block text-quiet">{formatNumber(count)}</span>
      <span class="text-sm">{word}</span>
    </li>
  );
}

function Places({ plan }: { readonly plan: Plan }) {
  const most = Math.max(1, ...plan.places.map((place) => place.added + place.changed + place.left + place.referred));
  const parts = [
    ['added', 'bg-good'],
    ['changed', 'bg-accent'],
    ['left', 'bg-warn'],
    ['referred', 'bg-edge'],
  ] as const;
  return (
    <section class="grid gap-2">
      <h2>{t('Theo trường', 'By school')}</h2>
      <ul class="grid gap-2">
        {plan.places.map((place) => (
          <li key={place.name} class="grid sm:grid-cols-[minmax(10rem,18rem)_1fr_auto] gap-x-4 gap-y-1 items-center">
            <span class="font-semibold">{place.name}</span>
            <span class="flex h-4 gap-px" aria-hidden="true">
              {parts.map(([key, colour]) => (
                <span key={key} class={colour} style={{ width: `${(place[key] / most) * 100}%` }} />
              ))}
            </span>
            <span class="text-sm text-quiet">
              {t(
                `${place.added} thêm · ${place.changed} đổi · ${place.left} rời`,
                `${place.added} added · ${place.changed} changed · ${place.left} leave`,
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Refused({ plan }: { readonly plan: Plan }) {
  return (
    <section class="grid gap-2">
      <h2>
        {t(`${formatNumber(plan.totals.refused)} dòng bị từ chối`, `${formatNumber(plan.totals.refused)} rows refused`)}
      </h2>
      <ul class="ruled">
        {plan.refusals.slice(0, 20).map(({ row, column, value, reason }) => (
          <li key={`${row}${column}`}>
            <p class="font-semibold">
              {t('Dòng', 'Row')} {row} · {column} {value && `«${value}»`}
            </p>
            <p class="text-quiet">{reason}</p>
          </li>
        ))}
      </ul>
      <p>
        <a class="button" href={`/api/v1/roster/plans/${plan.id}/refusals`} download>
          {t('Tải các dòng lỗi để sửa trong Excel', 'Download the refused rows')}
        </a>
      </p>
    </section>
  );
}

function Change({
  change: { action, row, fullName, className, verdict, fields },
}: {
  readonly change: Plan['changes'][number];
}) {
  const states = {
    added: ['good', t('Thêm', 'Add')],
    changed: ['plain', t('Đổi', 'Change')],
    left: ['warn', t('Rời', 'Leave')],
    referred: ['warn', t('Cần xem', 'To be seen')],
  } as const;
  const [state, word] = states[action];
  return (
    <tr>
      <td class="sm:w-32">
        <State state={state}>{word}</State>
      </td>
      <td>
        <span class="font-semibold">{fullName || '…'}</span> <span class="text-quiet">{className}</span>
        <span class="block text-sm text-quiet">
          {action === 'left' && fields.length === 0
            ? t('không có trong tệp', 'not in the file')
            : t(`dòng ${row}`, `row ${row}`)}
        </span>
      </td>
      <td>
        {fields.map(({ column, before, after }) => (
          <span key={column} class="block">
            {column}
            {after !== undefined && (
              <>
                {': '}
                {before && <del class="text-quiet">{before}</del>}{' '}
                <ins class="no-underline font-semibold">{after ?? '—'}</ins>
              </>
            )}
          </span>
        ))}
        {action === 'referred' && (
          <span class="block text-sm">
            {verdict === 'other'
              ? t(
                  'Họ tên hoặc ngày sinh không khớp: sẽ không được áp dụng.',
                  'Name or birth date differ: it will not be applied.',
                )
              : verdict === 'same'
                ? t('Khớp họ tên và ngày sinh.', 'Name and birth date agree.')
                : t('Mã này có hồ sơ ngoài phạm vi của bạn.', 'The identifier is known outside of your reach.')}
          </span>
        )}
      </td>
    </tr>
  );
}

/** Who may do what with the plan now; nobody approves their own (the server says which). */
function Decision({
  plan,
  onApplied,
  onBack,
}: {
  readonly plan: Plan;
  readonly onApplied: (plan: Plan) => void;
  readonly onBack: () => void;
}) {
  const { isBusy, error, run } = useAction();
  const { added, changed, left, referred } = plan.totals;
  const count = formatNumber(added + changed + left);
  const approves = plan.may.includes('approve');
  const apply = () =>
    run(async () => {
      const body = approves ? { approves: true } : {};
      onApplied(await must(api.POST('/api/v1/roster/plans/{id}/apply', { params: { path: { id: plan.id } }, body })));
    });
  const said =
    plan.status === 'applied'
      ? t('Đã ghi vào hồ sơ.', 'Written.')
      : approves
        ? t(
            'Bạn duyệt được vì không phải người nhập. Duyệt là áp dụng đúng kế hoạch này.',
            'You may approve because somebody else imported it. Approving applies exactly this plan.',
          )
        : plan.status === 'held' && plan.isMine
          ? t(
              'Kế hoạch chờ người thứ hai: một người khác có quyền duyệt danh sách ở mọi đơn vị liên quan, thường là Quản trị Sở. Người nhập không tự duyệt.',
              'The plan waits for a second person: somebody else who may approve rosters at every organisation concerned, usually the department administrator. Nobody approves their own.',
            )
          : plan.status === 'held'
            ? t(
                'Kế hoạch chờ một người có quyền duyệt ở mọi đơn vị liên quan.',
                'The plan waits for somebody who may approve at every organisation concerned.',
              )
            : plan.may.includes('apply')
              ? t(`${count} thay đổi; các dòng bị từ chối không làm gì.`, `${count} changes; refused rows do nothing.`)
              : t('Không có gì để áp dụng.', 'There is nothing to apply.');
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <ActionBar said={said}>
        <button type="button" class="button" onClick={onBack}>
          {plan.status === 'applied' ? t('Nhập tệp khác', 'Import another') : t('Quay lại', 'Back')}
        </button>
        {approves && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={apply}>
            {isBusy
              ? t('Đang áp dụng…', 'Applying…')
              : t(
                  `Duyệt và áp dụng ${formatNumber(added + changed + left + referred)} thay đổi`,
                  `Approve and apply ${formatNumber(added + changed + left + referred)} changes`,
                )}
          </button>
        )}
        {plan.may.includes('apply') && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={apply}>
            {isBusy ? t('Đang áp dụng…', 'Applying…') : t(`Áp dụng ${count} thay đổi`, `Apply ${count} changes`)}
          </button>
        )}
      </ActionBar>
    </>
  );
}
