import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActionBar, Refusal } from '../../design/bar.tsx';
import { Tick } from '../../design/choices.tsx';
import { Banner, Choice } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Table } from '../../design/table.tsx';
import { OrganisationChoice } from '../organisations.tsx';
import { type Completeness, completenessChoices, type Inspection, type Kind } from './kinds.ts';

export interface Chosen {
  readonly columns: (string | null)[];
  readonly headerRow: number;
  readonly sheet: string | null;
  readonly completeness: Completeness;
  readonly remember: boolean;
}

/** The second step: which column is what, and how much of a school the file holds. */
export function ColumnsStep({
  fileName,
  kind,
  inspection,
  organisationId,
  isBusy,
  refusal,
  onOrganisation,
  onSheet,
  onForget,
  onBack,
  onPreview,
}: {
  readonly fileName: string;
  readonly kind: Kind;
  readonly inspection: Inspection;
  /** The school of rows that name none; empty where none is chosen. */
  readonly organisationId: string;
  readonly isBusy: boolean;
  /** Why the preview was refused. */
  readonly refusal: string | undefined;
  readonly onOrganisation: (id: string) => void;
  readonly onSheet: (sheet: string) => void;
  /** What was remembered is no longer. */
  readonly onForget: () => void;
  readonly onBack: () => void;
  readonly onPreview: (chosen: Chosen) => void;
}) {
  const [fields, setFields] = useState(() => inspection.columns.map(({ field }) => field));
  const [completeness, setCompleteness] = useState<Completeness>('partial');
  const [remember, setRemember] = useState(true);
  const known = fields.filter((field) => field !== null).length;
  const missing = inspection.fields.filter(({ id, isRequired }) => isRequired && !fields.includes(id));
  const twice = inspection.fields.filter(({ id }) => fields.filter((field) => field === id).length > 1);
  const sizes = completenessChoices(kind);
  const namesSchools = fields.includes('schoolCode') || fields.includes('schoolName');
  // Asked here, too: without it every row would be refused.
  const [lacksSchool] = useState(kind !== 'schools' && organisationId === '');
  const isChanged = fields.some((field, index) => field !== inspection.columns[index]?.field);
  return (
    <div class="grid gap-5">
      <p class="flex items-center gap-4">
        <span class="size-12 shrink-0 rounded-control bg-good-soft text-good grid place-items-center">
          <Icon name="file-spreadsheet" class="size-6!" />
        </span>
        <span>
          <b class="block">{fileName}</b>
          <span class="text-sm text-quiet">
            {inspection.sheet && `${t('trang tính', 'sheet')} «${inspection.sheet}» · `}
            {t(`${formatNumber(inspection.rows)} dòng`, `${formatNumber(inspection.rows)} rows`)} ·{' '}
            {t(`dòng ${inspection.headerRow} là tên cột`, `row ${inspection.headerRow} names the columns`)}
          </span>
        </span>
      </p>
      {inspection.sheets.length > 1 && (
        <Choice
          label={t('Trang tính', 'Sheet')}
          name="sheet"
          value={inspection.sheet ?? ''}
          options={inspection.sheets.map((name) => ({ value: name, label: name }))}
          hint={t('Mỗi lần nhập một trang.', 'One sheet at a time.')}
          onChoose={onSheet}
        />
      )}
      {inspection.remembered && <Remembered kind={kind} remembered={inspection.remembered} onForget={onForget} />}
      {!isChanged && inspection.unclear.length > 0 && <Banner state="warn">{inspection.unclear.join(' ')}</Banner>}
      <Table
        label={t('Cột của tệp', 'Columns of the file')}
        heads={[t('Cột trong tệp', 'Column'), t('Ví dụ', 'Example'), t('Là', 'Is'), '']}
      >
        {inspection.columns.map(({ index, header, sample, doubt }) => {
          const field = fields[index] ?? null;
          const isTwice = twice.some(({ id }) => id === field);
          return (
            <tr key={index}>
              <td class="font-semibold" data-label={t('Cột', 'Column')}>
                {header || t('(không tên)', '(no name)')}
              </td>
              <td class="text-quiet max-sm:basis-full break-words" data-label={t('Ví dụ', 'Example')}>
                {sample[0] ?? ''}
              </td>
              <td data-label={t('Là', 'Is')}>
                <select
                  class="control"
                  aria-label={t(`Cột ${header} là`, `Column ${header} is`)}
                  aria-invalid={isTwice ? 'true' : undefined}
                  value={field ?? ''}
                  onChange={({ currentTarget }) =>
                    setFields(fields.map((one, at) => (at === index ? currentTarget.value || null : one)))
                  }
                >
                  <option value="">{t('Không nhập', 'Not imported')}</option>
                  {inspection.fields.map(({ id, label }) => (
                    <option key={id} value={id}>
                      {label}
                    </option>
                  ))}
                </select>
              </td>
              <td>
                {isTwice ? (
                  <State state="bad">{t('Hai cột cùng là một', 'Two columns are one')}</State>
                ) : field === null ? (
                  <State state="plain">{t('Bỏ qua', 'Left out')}</State>
                ) : (
                  <State state="good">{t('Nhận', 'Read')}</State>
                )}
                {doubt && field === null && <p class="text-sm text-quiet">{doubt}</p>}
              </td>
            </tr>
          );
        })}
      </Table>
      {lacksSchool && !namesSchools && (
        <div class="max-w-xl">
          <OrganisationChoice
            label={t('Tệp không ghi trường: các em ở trường nào?', 'The file names no school: whose rows are they?')}
            name="organisation"
            kind="school"
            value={organisationId}
            none={t('Chọn trường', 'Choose the school')}
            onChoose={onOrganisation}
          />
        </div>
      )}
      {sizes.length > 0 && (
        <fieldset class="grid gap-2">
          <legend class="font-semibold mb-2">{t('Tệp đầy đủ tới đâu?', 'How complete is the file?')}</legend>
          {sizes.map(({ value, label, note }) => (
            <Tick
              key={value}
              type="radio"
              name="completeness"
              checked={completeness === value}
              note={note}
              onChange={() => setCompleteness(value)}
            >
              <b>{label}</b>
            </Tick>
          ))}
        </fieldset>
      )}
      <Tick checked={remember} onChange={setRemember}>
        {t('Nhớ cách ghép này cho tệp sau', 'Remember this for the next file')}
      </Tick>
      <ActionBar
        said={
          refusal ? (
            <Refusal>{refusal}</Refusal>
          ) : lacksSchool && !namesSchools && organisationId === '' ? (
            t(
              'Tệp không ghi trường: chọn trường, nếu không thì dòng nào cũng bị từ chối.',
              'The file names no school: choose one, or every row is refused.',
            )
          ) : twice.length > 0 ? (
            t('Mỗi thông tin chỉ lấy từ một cột.', 'Each thing comes from one column.')
          ) : missing.length > 0 ? (
            t(
              `Chưa có cột: ${missing.map(({ label }) => label).join(', ')}. Với mã đã có hồ sơ thì có thể không cần.`,
              `No column for: ${missing.map(({ label }) => label).join(', ')}. Not needed where the identifier is known.`,
            )
          ) : (
            t(
              `Nhận ${known} trên ${fields.length} cột. Chưa ghi gì vào hồ sơ.`,
              `${known} of ${fields.length} columns are read. Nothing is written yet.`,
            )
          )
        }
      >
        <button type="button" class="button" onClick={onBack}>
          {t('Quay lại', 'Back')}
        </button>
        <button
          type="button"
          class="button button-primary"
          disabled={isBusy || twice.length > 0}
          onClick={() =>
            onPreview({
              columns: fields,
              headerRow: inspection.headerRow,
              sheet: inspection.sheet,
              completeness,
              remember,
            })
          }
        >
          {isBusy ? t('Đang đọc…', 'Reading…') : t('Xem trước thay đổi', 'Preview the changes')}
        </button>
      </ActionBar>
    </div>
  );
}

/** That these headers were matched before, and the way back. */
function Remembered({
  kind,
  remembered: { organisationId: id, header, confirmedAt },
  onForget,
}: {
  readonly kind: Kind;
  readonly remembered: NonNullable<Inspection['remembered']>;
  readonly onForget: () => void;
}) {
  const { isBusy, error, run } = useAction();
  const forget = () =>
    run(async () => {
      const params = { path: { id, header }, query: { kind } };
      await must(api.DELETE('/api/v1/organisations/{id}/roster-columns/{header}', { params }));
      onForget();
    });
  return (
    <Banner state={error ? 'bad' : 'good'}>
      <span class="flex flex-wrap items-center justify-between gap-3">
        {error ??
          t(
            `Trường đã ghép các cột như thế này ngày ${formatDate(confirmedAt)}; cách ghép đó được dùng lại.`,
            `The school matched such columns on ${formatDate(confirmedAt)}; that is used again.`,
          )}
        <button type="button" class="button" disabled={isBusy} onClick={forget}>
          {t('Bỏ cách ghép đã nhớ', 'Forget it')}
        </button>
      </span>
    </Banner>
  );
}
