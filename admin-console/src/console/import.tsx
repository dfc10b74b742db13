import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatNumber, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import type { paths } from '../generated/api.d.ts';
import { useMay } from './me.ts';
import { Ago, Show, Table, Title } from './parts.tsx';

type Plan = paths['/api/v1/roster/plans/{id}']['get']['responses']['200']['content']['application/json'];

/** Drag the file, see what would happen and why, then do exactly that. */
export function Import() {
  const [schools] = useLoad('schools', () =>
    must(api.GET('/api/v1/organisations', { params: { query: { limit: 200, kind: 'school' } } })),
  );
  const [plans, reload] = useLoad('plans', () =>
    must(api.GET('/api/v1/roster/plans', { params: { query: { limit: 20 } } })),
  );
  const [plan, setPlan] = useState<Plan>();
  const { isBusy, error, run } = useAction();
  const send = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    // The school has to come before the file: the server reads the parts in order.
    const ordered = new FormData();
    ordered.set('organisationId', String(form.get('organisationId') ?? ''));
    ordered.set('file', form.get('file') as File);
    run(async () => {
      setPlan(
        await must(
          api.POST('/api/v1/roster/plans', {
            body: ordered as never,
            bodySerializer: (body) => body as unknown as FormData,
          }),
        ),
      );
      reload();
    });
  };
  const open = (id: string) =>
    run(async () => setPlan(await must(api.GET('/api/v1/roster/plans/{id}', { params: { path: { id } } }))));
  return (
    <>
      <Title
        title={t('Nhập danh sách', 'Import a roster')}
        note={t(
          'Xem trước mọi thay đổi; chưa có gì được ghi cho tới khi bạn áp dụng.',
          'See every change first; nothing is written until you apply.',
        )}
      />
      <form class="card grid gap-4 sm:grid-cols-2 items-end" onSubmit={send}>
        <label class="grid gap-1.5">
          <span class="font-semibold">
            {t('Trường (khi tệp không có cột Mã trường)', 'School (when the file has no school column)')}
          </span>
          <select name="organisationId" class="control">
            <option value="">{t('Theo cột Mã trường', 'By the column “Mã trường”')}</option>
            {schools.state === 'ready' &&
              schools.data.items.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </select>
        </label>
        <label class="grid gap-1.5">
          <span class="font-semibold">{t('Tệp CSV (UTF-8)', 'CSV file (UTF-8)')}</span>
          <input type="file" name="file" accept=".csv,text/csv" required class="control py-2" />
        </label>
        <button type="submit" class="button button-primary justify-self-start" disabled={isBusy}>
          {isBusy ? t('Đang đọc…', 'Reading…') : t('Xem trước', 'Preview')}
        </button>
      </form>
      {error && <Banner state="bad">{error}</Banner>}
      {plan && (
        <PlanView
          plan={plan}
          onApplied={(applied) => {
            setPlan(applied);
            reload();
          }}
        />
      )}
      <section class="grid gap-3">
        <h2>{t('Các lần nhập', 'Earlier imports')}</h2>
        <Show loaded={plans}>
          {({ items }) => (
            <ul class="grid gap-2">
              {items.map((one) => (
                <li key={one.id} class="flex flex-wrap gap-x-4 gap-y-1 items-center">
                  <button type="button" class="button button-quiet px-0" onClick={() => open(one.id)}>
                    {one.fileName}
                  </button>
                  <PlanState status={one.status} />
                  <span class="text-sm text-quiet">
                    +{formatNumber(one.totals.added)} ~{formatNumber(one.totals.changed)} −
                    {formatNumber(one.totals.left)} · <Ago at={one.createdAt} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Show>
      </section>
    </>
  );
}

function PlanState({ status }: { readonly status: Plan['status'] }) {
  if (status === 'applied') return <State state="good">{t('Đã áp dụng', 'Applied')}</State>;
  if (status === 'held') return <State state="warn">{t('Chờ người thứ hai', 'Waits for a second person')}</State>;
  return <State state="plain">{t('Xem trước', 'Preview')}</State>;
}

function PlanView({ plan, onApplied }: { readonly plan: Plan; readonly onApplied: (plan: Plan) => void }) {
  const { isBusy, error, run } = useAction();
  const mayApprove = useMay('roster.approve');
  const isHeld = plan.status === 'held';
  const { added, changed, left, unchanged, refused } = plan.totals;
  const apply = () =>
    run(async () => {
      const body = isHeld ? { approves: true } : {};
      onApplied(await must(api.POST('/api/v1/roster/plans/{id}/apply', { params: { path: { id: plan.id } }, body })));
    });
  const figures = [
    ['+', t('thêm', 'added'), added],
    ['~', t('sửa', 'changed'), changed],
    ['−', t('rời', 'left'), left],
    ['=', t('giữ nguyên', 'unchanged'), unchanged],
    ['!', t('từ chối', 'refused'), refused],
  ] as const;
  return (
    <section class="grid gap-4" aria-label={t('Kế hoạch nhập', 'The plan')}>
      <div class="flex flex-wrap items-center gap-3">
        <h2>{plan.fileName}</h2>
        <PlanState status={plan.status} />
      </div>
      <dl class="flex flex-wrap gap-3">
        {figures.map(([sign, word, count]) => (
          <div key={word} class="card py-3 px-5">
            <dt class="text-sm text-quiet">{word}</dt>
            <dd class="number text-xl font-semibold">
              <span aria-hidden="true">{sign}</span>
              {formatNumber(count)}
            </dd>
          </div>
        ))}
      </dl>
      {plan.heldReason && <Banner state="warn">{plan.heldReason}</Banner>}
      {plan.refusals.length > 0 && (
        <Table
          label={t('Dòng bị từ chối', 'Refused rows')}
          heads={[t('Dòng', 'Row'), t('Cột', 'Column'), t('Giá trị', 'Value'), t('Vì sao', 'Why')]}
          caption={t('Dòng bị từ chối', 'Refused rows')}
        >
          {plan.refusals.map(({ row, column, value, reason }) => (
            <tr key={`${row}${column}`}>
              <td class="number">{row}</td>
              <td>{column}</td>
              <td>{value}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </Table>
      )}
      {plan.changes.length > 0 && (
        <Table
          label={t('Thay đổi', 'Changes')}
          heads={[t('Việc', 'Action'), t('Ai', 'Who'), t('Trước → sau', 'Before → after')]}
          caption={t('Thay đổi', 'Changes')}
        >
          {plan.changes.map(({ row, action, fullName, className, fields }) => (
            <tr key={`${action}${row}`}>
              <td class="sm:w-28">
                {action === 'added' ? (
                  <State state="good">{t('Thêm', 'Add')}</State>
                ) : action === 'left' ? (
                  <State state="bad">{t('Rời', 'Leave')}</State>
                ) : (
                  <State state="warn">{t('Sửa', 'Change')}</State>
                )}
              </td>
              <td>
                <span class="font-semibold">{fullName}</span> <span class="text-quiet">{className}</span>
              </td>
              <td>
                {fields.map(({ column, before, after }) => (
                  <span key={column} class="block">
                    {column}
                    {after !== undefined && `: ${before ?? '—'} → ${after ?? '—'}`}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {error && <Banner state="bad">{error}</Banner>}
      {plan.status !== 'applied' && added + changed + left > 0 && (!isHeld || mayApprove) && (
        <button type="button" class="button button-primary justify-self-start" disabled={isBusy} onClick={apply}>
          {isBusy
            ? t('Đang áp dụng…', 'Applying…')
            : t(`Áp dụng ${added + changed + left} thay đổi`, `Apply ${added + changed + left} changes`)}
        </button>
      )}
    </section>
  );
}
