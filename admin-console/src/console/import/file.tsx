import { DropFile } from '../../design/drop.tsx';
import { t } from '../../design/language.ts';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { type Kind, rosterKinds, templateLink } from './kinds.ts';
import { BegunFiles, ChangedFile, OnTheWay, type useSending } from './sending.tsx';

/** A file above this shows how far it is while it is sent. */
const longBytes = 256 * 1024;

/** The first step: what the rows are, whose they are, and the file. */
export function FileStep({
  kind,
  organisationId,
  isBusy,
  sending,
  onKind,
  onOrganisation,
}: {
  readonly kind: Kind;
  readonly organisationId: string;
  /** The file is being read at the server. */
  readonly isBusy: boolean;
  readonly sending: ReturnType<typeof useSending>;
  readonly onKind: (kind: Kind) => void;
  readonly onOrganisation: (id: string) => void;
}) {
  const { permissions } = useMe();
  const { now, changed, begun, start, giveUp } = sending;
  // What takes a moment needs no bar.
  const isLong = now && (now.total > longBytes || (now.state !== 'reading' && now.state !== 'sending'));
  if (isLong) return <OnTheWay now={now} giveUp={giveUp} />;
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
      {!isBusy && !now && <BegunFiles begun={begun} giveUp={giveUp} />}
      {changed && <ChangedFile changed={changed} start={start} />}
      <DropFile
        icon="file-spreadsheet"
        accept=".xlsx,.csv,.txt,.zip,text/csv,application/zip,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        name={t('Tệp danh sách', 'Roster file')}
        title={t('Thả tệp Excel hoặc CSV vào đây', 'Drop an Excel or CSV file here')}
        note={t(
          '.xlsx, .csv Unicode, hoặc bộ OneRoster, School Data Sync, Clever trong một .zip. Chưa có gì được ghi ở bước này.',
          '.xlsx, .csv in Unicode, or a OneRoster, School Data Sync or Clever set in one .zip. Nothing is written at this step.',
        )}
        isBusy={isBusy || now !== undefined}
        onFile={(file) => start(file)}
      />
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
