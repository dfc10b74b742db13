import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { DropFile } from '../../design/drop.tsx';
import { Banner } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';

type Plan =
  paths['/api/v1/signing/classes/{id}/marks/import']['post']['responses']['201']['content']['application/json'];

/** `/teach/classes/:id/marks/import`: the template, the file, what it would change, and then exactly that. */
export function MarksImportPage() {
  const { id = '' } = useRoute().params;
  const { path } = useLocation();
  const [plan, setPlan] = useState<Plan>();
  const { isBusy, error, run } = useAction();
  const send = (file: File) =>
    run(async () => {
      const form = new FormData();
      form.set('file', file);
      setPlan(
        await must(
          api.POST('/api/v1/signing/classes/{id}/marks/import', {
            params: { path: { id } },
            body: form as never, // multipart, which the document does not describe
            bodySerializer: (body) => body as unknown as FormData,
          }),
        ),
      );
    });
  return (
    <>
      <Title
        title={t('Nhập điểm từ tệp', 'Import marks')}
        note={t(
          'Xem trước mọi thay đổi; chưa có gì được ghi cho tới khi thầy/cô áp dụng.',
          'See every change first; nothing is written until you apply.',
        )}
        back={{ href: path.replace(/\/import$/, ''), label: t('Điểm của lớp', 'Marks of the class') }}
      >
        {plan && (
          <button type="button" class="button" onClick={() => setPlan(undefined)}>
            {t('Tệp khác', 'Another file')}
          </button>
        )}
      </Title>
      {!plan && (
        <>
          <DropFile
            icon="file-spreadsheet"
            accept=".csv,.xlsx,text/csv"
            name={t('Tệp điểm (CSV hoặc Excel)', 'Marks file (CSV or Excel)')}
            title={t('Thả tệp điểm vào đây', 'Drop the marks here')}
            note={t('Excel hoặc CSV. Chưa có gì được ghi ở bước này.', 'Excel or CSV. Nothing is written yet.')}
            isBusy={isBusy}
            onFile={send}
          />
          <p class="text-sm">
            {t('Chưa có tệp? Tải tệp mẫu có sẵn tên cả lớp:', 'No file yet? Templates with everybody’s name:')}{' '}
            <a href={`/api/v1/signing/classes/${id}/marks/template?format=xlsx`} download>
              Excel
            </a>
            {' · '}
            <a href={`/api/v1/signing/classes/${id}/marks/template?format=csv`} download>
              CSV
            </a>
          </p>
        </>
      )}
      {error && <Banner state="bad">{error}</Banner>}
      {plan && <PlanView plan={plan} />}
    </>
  );
}

function PlanView({ plan }: { readonly plan: Plan }) {
  const { path, route } = useLocation();
  const { isBusy, error, run } = useAction();
  const apply = () =>
    run(async () => {
      await must(
        api.POST('/api/v1/signing/classes/{id}/marks/plans/{planId}/apply', {
          params: { path: { id: plan.classId, planId: plan.id } },
        }),
      );
      sayNext(
        t(`Đã ghi điểm của ${plan.changed.length} em.`, `The marks of ${plan.changed.length} pupils were saved.`),
      );
      route(path.replace(/\/import$/, ''));
    });
  return (
    <section class="grid gap-4" aria-label={t('Tệp sẽ làm gì', 'What the file would do')}>
      <div class="flex flex-wrap items-center gap-4">
        <p class="text-lg font-semibold">
          {t(
            `${plan.changed.length} em có điểm mới, ${plan.unchanged} em giữ nguyên, ${plan.refused.length} dòng bị từ chối`,
            `${plan.changed.length} pupils with new marks, ${plan.unchanged} unchanged, ${plan.refused.length} rows refused`,
          )}
        </p>
        {plan.changed.length > 0 && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={apply}>
            {t(`Ghi điểm của ${plan.changed.length} em`, `Save the marks of ${plan.changed.length} pupils`)}
          </button>
        )}
      </div>
      {error && <Banner state="bad">{error}</Banner>}
      {plan.ignoredColumns.length > 0 && (
        <Banner state="warn">
          {t('Cột không đọc:', 'Columns that are not read:')} {plan.ignoredColumns.join(', ')}
        </Banner>
      )}
      {plan.absent.length > 0 && (
        <Banner state="warn">
          {t('Không có trong tệp, giữ nguyên:', 'Not in the file, unchanged:')}{' '}
          {plan.absent.map(({ fullName }) => fullName).join(', ')}
        </Banner>
      )}
      {plan.refused.length > 0 && (
        <Table
          label={t('Dòng bị từ chối', 'Refused rows')}
          caption={t('Dòng bị từ chối', 'Refused rows')}
          heads={[t('Dòng', 'Row'), t('Ai', 'Who'), t('Vì sao', 'Why')]}
        >
          {plan.refused.map(({ row, name, reasons }) => (
            <tr key={row}>
              <td class="number">{row}</td>
              <td>{name}</td>
              <td>
                {reasons.map(({ column, value, reason }) => (
                  <span key={column} class="block">
                    {column} «{value}»: {reason}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {plan.changed.length > 0 && (
        <Table
          label={t('Sẽ ghi', 'What would be saved')}
          caption={t('Sẽ ghi', 'What would be saved')}
          heads={[t('Ai', 'Who'), t('Trước → sau', 'Before → after'), t('Còn thiếu', 'Missing')]}
        >
          {plan.changed.map(({ person, changes, missing }) => (
            <tr key={person.id}>
              <td class="font-semibold">{person.fullName}</td>
              <td>
                <details>
                  <summary>{t(`${changes.length} ô`, `${changes.length} cells`)}</summary>
                  {changes.map(({ column, before, after }) => (
                    <span key={column} class="block text-sm">
                      {column}: {before ?? '—'} → {after ?? '—'}
                    </span>
                  ))}
                </details>
              </td>
              <td data-label={missing.length > 0 ? t('Còn thiếu', 'Missing') : undefined}>{missing.join(', ')}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
