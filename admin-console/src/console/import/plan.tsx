import { useState } from 'preact/hooks';
import { Shares } from '../../design/chart.tsx';
import { Diff } from '../../design/diff.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Seals } from '../../design/seals.tsx';
import { Table } from '../../design/table.tsx';
import { Decision } from './decision.tsx';
import { GoingOn } from './going-on.tsx';
import type { Plan } from './kinds.ts';
import { Afterwards } from './undo.tsx';

type Action = Plan['changes'][number]['action'];

/** What would happen, or happened, in a sentence. */
export function planTitle({ status, kind, totals }: Plan): string {
  if (status === 'applying') return t('Đang áp dụng', 'Being applied');
  if (status === 'undone') return t('Đã hoàn tác', 'Undone');
  const isDone = status === 'applied';
  const of = {
    added: formatNumber(totals.added),
    changed: formatNumber(totals.changed),
    left: formatNumber(totals.left),
  };
  const who = kind === 'learners' ? t('em', '') : kind === 'schools' ? t('đơn vị', '') : t('người', '');
  const said = [
    totals.added > 0 && t(`thêm ${of.added} ${who}`, `${of.added} added`),
    totals.changed > 0 && t(`đổi ${of.changed} ${who}`, `${of.changed} changed`),
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
  if (sentence === '')
    return totals.refused > 0 && totals.unchanged === 0
      ? t('Mọi dòng đều bị từ chối', 'Every row is refused')
      : t('Không có gì thay đổi', 'Nothing changes');
  return sentence.slice(0, 1).toLocaleUpperCase('vi') + sentence.slice(1);
}

/** The third step: every change and every refusal with its reason, and the bar that does exactly that. */
export function PlanStep({
  plan,
  onPlan,
  onBack,
}: {
  readonly plan: Plan;
  /** The plan as it is after an act, or a while later. */
  readonly onPlan: (plan: Plan) => void;
  readonly onBack: () => void;
}) {
  const [shown, setShown] = useState<Action>();
  const { totals } = plan;
  const figures = [
    { action: 'added', count: totals.added, word: t('thêm mới', 'added'), fill: 'added' },
    { action: 'changed', count: totals.changed, word: t('đổi', 'changed'), fill: 'changed' },
    { action: 'left', count: totals.left, word: t('rời', 'leave'), fill: 'left' },
    {
      action: 'referred',
      count: totals.referred,
      word: t('cần người khác xem', 'for somebody else'),
      fill: 'warn',
    },
  ] as const;
  const changes = plan.changes.filter(({ action }) => shown === undefined || action === shown);
  // Of people who are all new there is nothing before.
  const tellsMore = changes.some(({ action, fields }) => fields.length > 0 || action === 'referred');
  return (
    <div class="grid gap-8">
      {plan.status === 'superseded' && (
        <Banner state="warn">
          {t('Kế hoạch này đã cũ; nhập lại tệp.', 'This plan is out of date; import the file again.')}
        </Banner>
      )}
      {plan.status === 'applying' && <GoingOn plan={plan} onPlan={onPlan} />}
      {plan.status === 'applied' && <Afterwards plan={plan} onPlan={onPlan} />}
      {plan.heldReason && plan.status === 'held' && <Held plan={plan} reason={plan.heldReason} />}
      <div class="grid gap-4">
        <ul class="flex flex-wrap gap-x-10 gap-y-4">
          {figures
            .filter(({ count }) => count > 0)
            .map(({ action, count, word, fill }) => (
              <li key={action}>
                <button
                  type="button"
                  class={`text-left pb-2 border-b-3 cursor-pointer ${shown === action ? 'border-margin' : 'border-transparent'}`}
                  aria-pressed={shown === action ? 'true' : 'false'}
                  onClick={() => setShown(shown === action ? undefined : action)}
                >
                  <span class="figure block">{formatNumber(count)}</span>
                  <span class="inline-flex items-center gap-2">
                    <span class={`swatch fill-${fill}`} aria-hidden="true" />
                    {word}
                  </span>
                </button>
              </li>
            ))}
          <Quiet count={totals.unchanged} word={t('giữ nguyên', 'unchanged')} fill="same" />
          <Quiet count={totals.refused} word={t('dòng bị từ chối', 'rows refused')} fill="refused" />
          <Quiet count={totals.skipped} word={t('dòng bỏ qua', 'rows skipped')} fill="same" />
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
      </div>
      {plan.places.length > 1 && <Places plan={plan} />}
      {plan.refusals.length > 0 && <Refused plan={plan} />}
      {changes.length > 0 && (
        <section class="grid gap-4">
          <h2>
            {plan.kind === 'schools'
              ? t('Từng đơn vị', 'Organisation by organisation')
              : t('Từng người', 'Person by person')}
          </h2>
          <Table
            label={t('Thay đổi', 'Changes')}
            heads={[t('Việc', 'What'), t('Ai', 'Who'), ...(tellsMore ? [t('Trước → sau', 'Before → after')] : [])]}
          >
            {changes.map((change) => (
              <Change key={`${change.action}${change.row}`} change={change} tellsMore={tellsMore} />
            ))}
          </Table>
          {plan.changes.length >= 200 && (
            <p class="text-sm text-quiet">{t('200 thay đổi đầu.', 'The first 200 changes.')}</p>
          )}
        </section>
      )}
      {plan.skipped.length > 0 && (
        <details>
          <summary>
            {t(
              `${plan.skipped.length} dòng bỏ qua, vì không phải một người cần nhập`,
              `${plan.skipped.length} rows with nobody to import`,
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
      <Decision plan={plan} onApplied={onPlan} onBack={onBack} />
    </div>
  );
}

function Quiet({ count, word, fill }: { readonly count: number; readonly word: string; readonly fill: string }) {
  if (count === 0) return null;
  return (
    <li>
      <span class="figure block text-quiet">{formatNumber(count)}</span>
      <span class="inline-flex items-center gap-2">
        <span class={`swatch fill-${fill}`} aria-hidden="true" />
        {word}
      </span>
    </li>
  );
}

/** Why it waits, before anything to press. */
function Held({ plan, reason }: { readonly plan: Plan; readonly reason: string }) {
  return (
    <div class="card rounded-cover! p-6! grid gap-5 md:grid-cols-[auto_minmax(0,1fr)] md:items-center">
      <div class="grid gap-2 justify-items-center text-sm font-semibold">
        <Seals first="closed" second="open" label={t('Một trên hai người', 'One of two people')} />
        {t('1 trên 2 người', '1 of 2 people')}
      </div>
      <div class="grid gap-3 min-w-0">
        <h2>
          {t(
            `${formatNumber(plan.totals.left + plan.totals.referred)} dòng chờ người thứ hai`,
            `${formatNumber(plan.totals.left + plan.totals.referred)} rows wait for a second person`,
          )}
        </h2>
        <Banner state="warn">
          <b>{t('Vì sao giữ lại: ', 'Why it waits: ')}</b>
          {reason}
        </Banner>
      </div>
    </div>
  );
}

function Places({ plan }: { readonly plan: Plan }) {
  const most = Math.max(1, ...plan.places.map((place) => place.added + place.changed + place.left + place.referred));
  return (
    <section class="grid gap-4">
      <h2>{t('Theo trường', 'By school')}</h2>
      <Ruled onMargin isTight>
        {plan.places.map((place) => (
          <li key={place.name}>
            <span class="mark mark-dot" aria-hidden="true" />
            <div class="grid sm:grid-cols-[minmax(9rem,14rem)_minmax(0,1fr)_auto] gap-x-5 gap-y-1 items-center">
              <b>{place.name}</b>
              <Shares
                of={most}
                shares={[
                  { fill: 'added', label: '', count: place.added },
                  { fill: 'changed', label: '', count: place.changed },
                  { fill: 'left', label: '', count: place.left },
                  { fill: 'warn', label: '', count: place.referred },
                ]}
              />
              <span class="text-sm text-quiet">
                {t(
                  `${place.added} thêm · ${place.changed} đổi · ${place.left} rời`,
                  `${place.added} added · ${place.changed} changed · ${place.left} leave`,
                )}
              </span>
            </div>
          </li>
        ))}
      </Ruled>
    </section>
  );
}

function Refused({ plan }: { readonly plan: Plan }) {
  return (
    <section class="grid gap-4">
      <h2>
        {t(`${formatNumber(plan.totals.refused)} dòng bị từ chối`, `${formatNumber(plan.totals.refused)} rows refused`)}
      </h2>
      <Ruled onMargin isTight>
        {byReason(plan.refusals)
          .slice(0, 20)
          .map(({ rows, column, values, reason }) => (
            <Row
              key={`${column} ${reason}`}
              mark="bad"
              title={`${rowsSaid(rows)} · ${column}${values.length > 0 ? ` ${values.map((value) => `«${value}»`).join(', ')}` : ''}`}
              note={reason}
            />
          ))}
      </Ruled>
      <p>
        <a class="button button-small" href={`/api/v1/roster/plans/${plan.id}/refusals`} download>
          <Icon name="download" />
          {t('Tải các dòng lỗi để sửa trong Excel', 'Download the refused rows')}
        </a>{' '}
        {plan.questions > 0 && (
          <a class="button button-small" href="/admin/import/matching">
            <Icon name="users" />
            {t(`Trả lời ${formatNumber(plan.questions)} câu hỏi`, `Answer ${formatNumber(plan.questions)} questions`)}
          </a>
        )}
      </p>
    </section>
  );
}

/** Who comes back to the school that they left has the same place before and after, which is no news. */
const tells = ({ before, after }: Plan['changes'][number]['fields'][number]) => after === undefined || before !== after;

function Change({
  change: { action, row, fullName, className, verdict, fields },
  tellsMore,
}: {
  readonly change: Plan['changes'][number];
  readonly tellsMore: boolean;
}) {
  const states = {
    added: ['good', t('Thêm', 'Add')],
    changed: ['now', t('Đổi', 'Change')],
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
      {tellsMore && (
        <td>
          {fields.filter(tells).map(({ column, before, after }) => (
            <span key={column} class="block">
              {column}{' '}
              {after === undefined ? (
                <span class="text-quiet">{t('theo tệp', 'as in the file')}</span>
              ) : (
                <Diff before={before ?? null} after={after} />
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
                  : t('Mã này có hồ sơ ngoài phạm vi của anh/chị.', 'The identifier is known outside of your reach.')}
            </span>
          )}
        </td>
      )}
    </tr>
  );
}

/** Rows that are refused for one reason, in the order of the file. */
interface Refusals {
  readonly rows: readonly number[];
  readonly column: string;
  /** The first of what stands there. */
  readonly values: readonly string[];
  readonly reason: string;
}

const shownOfReason = 4;

function byReason(refusals: Plan['refusals']): readonly Refusals[] {
  const found = new Map<string, Refusals>();
  for (const { row, column, value, reason } of refusals) {
    const key = `${column} ${reason}`;
    const { rows = [], values = [] } = found.get(key) ?? {};
    const isNew = value && !values.includes(value) && values.length < shownOfReason;
    found.set(key, { column, reason, rows: [...rows, row], values: isNew ? [...values, value] : values });
  }
  return [...found.values()];
}

/** `Dòng 2, 3, 4, 5 và 38 dòng nữa`. */
function rowsSaid(rows: readonly number[]): string {
  const first = rows.slice(0, shownOfReason).join(', ');
  const more = formatNumber(rows.length - shownOfReason);
  if (rows.length === 1) return t(`Dòng ${first}`, `Row ${first}`);
  if (rows.length <= shownOfReason) return t(`Dòng ${first}`, `Rows ${first}`);
  return t(`Dòng ${first} và ${more} dòng nữa`, `Rows ${first} and ${more} more`);
}
