import { useState } from 'preact/hooks';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { type Kind, rosterKinds, templateLink } from './kinds.ts';

/** The first step: what the rows are, whose they are, and the file. */
export function FileStep({
  kind,
  organisationId,
  isBusy,
  onKind,
  onOrganisation,
  onFile,
}: {
  readonly kind: Kind;
  readonly organisationId: string;
  readonly isBusy: boolean;
  readonly onKind: (kind: Kind) => void;
  readonly onOrganisation: (id: string) => void;
  readonly onFile: (file: File) => void;
}) {
  const { permissions } = useMe();
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer?.files[0];
    if (file && !isBusy) onFile(file);
  };
  return (
    <div class="grid gap-8">
      <fieldset class="grid gap-2">
        <legend class="font-semibold mb-2">{t('Danh sách gì?', 'A roster of what?')}</legend>
        <div class="grid gap-2 sm:grid-cols-2 xl:grid-cols-4">
          {rosterKinds()
            .filter(({ permission }) => permissions.includes(permission))
            .map((one) => (
              <label
                key={one.kind}
                class="card p-4! flex gap-3 items-start cursor-pointer has-[:checked]:border-accent has-[:checked]:bg-accent-soft"
              >
                <input
                  type="radio"
                  name="kind"
                  class="tick mt-0.5"
                  checked={one.kind === kind}
                  onChange={() => onKind(one.kind)}
                />
                <span>
                  <span class="font-semibold block">{one.name}</span>
                  <span class="text-sm text-quiet">{one.note}</span>
                </span>
              </label>
            ))}
        </div>
      </fieldset>
      <div class="max-w-xl">
        {kind === 'schools' ? (
          <OrganisationChoice
            label={t('Đơn vị cấp trên của dòng không ghi', 'Parent of rows that name none')}
            name="organisation"
            kind="ward"
            value={organisationId}
            none={t('Trực thuộc Sở', 'The department')}
            onChoose={onOrganisation}
          />
        ) : (
          <OrganisationChoice
            label={t('Trường của dòng không ghi mã trường', 'School of rows that name none')}
            name="organisation"
            kind="school"
            value={organisationId}
            none={t('Theo cột «Mã trường» của tệp', 'By the file’s column «Mã trường»')}
            onChoose={onOrganisation}
          />
        )}
      </div>
      <label
        class={`card rounded-cover! border-dashed border-2 border-edge! grid place-items-center gap-3 py-12 text-center cursor-pointer has-[:focus-visible]:outline-3 has-[:focus-visible]:outline-accent ${isOver ? 'bg-accent-soft!' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Icon name="file-spreadsheet" class="size-10! text-good" />
        <span class="text-lg font-semibold">
          {isBusy ? t('Đang đọc…', 'Reading…') : t('Thả tệp Excel hoặc CSV vào đây', 'Drop an Excel or CSV file here')}
        </span>
        <span class={`button button-primary ${isBusy ? 'opacity-50' : ''}`} aria-hidden="true">
          <Icon name="upload" />
          {t('Chọn tệp', 'Choose a file')}
        </span>
        <input
          type="file"
          class="sr-only"
          accept=".xlsx,.csv,.txt,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
          aria-label={t('Tệp danh sách', 'Roster file')}
          disabled={isBusy}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            currentTarget.value = '';
            if (file) onFile(file);
          }}
        />
        <span class="text-sm text-quiet">
          {t(
            '.xlsx, hoặc .csv Unicode. Chưa có gì được ghi ở bước này.',
            '.xlsx, or .csv in Unicode. Nothing is written at this step.',
          )}
        </span>
      </label>
      <p class="text-sm">
        {t('Chưa có tệp? Tải tệp mẫu có sẵn dòng ví dụ: ', 'No file yet? The template has an example row: ')}
        <a href={templateLink(kind, 'xlsx')} download>
          Excel
        </a>
        {' · '}
        <a href={templateLink(kind, 'csv')} download>
          CSV
        </a>
      </p>
    </div>
  );
}
