import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { useCopy } from '../../design/copy.ts';
import { ActButton } from '../../design/dialog.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Choice } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { toast } from '../../design/toast.tsx';
import type { paths } from '../../generated/api.d.ts';

type Export = paths['/api/v1/sync/exports']['get']['responses']['200']['content']['application/json']['items'][number];
type File =
  paths['/api/v1/sync/exports/{id}/files']['get']['responses']['200']['content']['application/json']['items'][number];

const formats = ['csv', 'csv-plain', 'xlsx', 'oneroster', 'oneroster-delta'] as const;
const schedules = ['daily', 'weekly', 'none'] as const;

const formatWords = (): Readonly<Record<Export['format'], string>> => ({
  csv: t('CSV mở bằng Excel', 'CSV for Excel'),
  'csv-plain': t('CSV cho phần mềm', 'CSV for programs'),
  xlsx: t('Tệp Excel', 'Excel workbook'),
  oneroster: t('OneRoster 1.2, trọn bộ', 'OneRoster 1.2, everything'),
  'oneroster-delta': t('OneRoster 1.2, phần thay đổi', 'OneRoster 1.2, what changed'),
});

const scheduleWords = (): Readonly<Record<Export['schedule'], string>> => ({
  daily: t('mỗi đêm', 'each night'),
  weekly: t('thứ Hai hằng tuần', 'on Mondays'),
  none: t('chỉ khi bấm', 'only when asked'),
});

/** Files that are made for a system which reads no API: on a schedule, behind links that end. */
export function Exports({ clientId, mayWrite }: { readonly clientId: string; readonly mayWrite: boolean }) {
  const [loaded, reload] = useLoad(`exports of ${clientId}`, () => must(api.GET('/api/v1/sync/exports')));
  const [isAdding, setAdding] = useState(false);
  return (
    <section class="grid gap-4" aria-labelledby="exports">
      <div class="flex flex-wrap gap-4 items-center justify-between">
        <h2 id="exports">{t('Tệp làm sẵn', 'Files')}</h2>
        {mayWrite && !isAdding && (
          <button type="button" class="button" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {t('Làm tệp', 'Make a file')}
          </button>
        )}
      </div>
      {isAdding && (
        <Adding
          clientId={clientId}
          onDone={() => {
            setAdding(false);
            reload();
          }}
        />
      )}
      <Show loaded={loaded}>
        {({ items }) => {
          const own = items.filter((item) => item.clientId === clientId);
          if (own.length === 0)
            return <p class="text-quiet">{t('Chưa có tệp nào được làm cho hệ thống này.', 'None is made for it.')}</p>;
          return (
            <>
              {own.map((item) => (
                <One key={item.id} item={item} mayWrite={mayWrite} onChange={reload} />
              ))}
            </>
          );
        }}
      </Show>
    </section>
  );
}

function One({
  item: { id, format, schedule },
  mayWrite,
  onChange,
}: {
  readonly item: Export;
  readonly mayWrite: boolean;
  readonly onChange: () => void;
}) {
  const [files, setFiles] = useState<readonly File[]>();
  const { isBusy, error, run } = useAction();
  const params = { params: { path: { id } } };
  const show = () => run(async () => setFiles((await must(api.GET('/api/v1/sync/exports/{id}/files', params))).items));
  const make = () =>
    run(async () => {
      await must(api.POST('/api/v1/sync/exports/{id}/files', params));
      toast(t('Đang làm tệp, khoảng một phút.', 'It is being made, in about a minute.'));
    });
  return (
    <div class="grid gap-3">
      <p>
        <b>{formatWords()[format]}</b> · {scheduleWords()[schedule]}
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      {mayWrite && (
        <div class="flex flex-wrap gap-2">
          <button type="button" class="button button-small" disabled={isBusy} onClick={show}>
            {t('Xem các tệp', 'See its files')}
          </button>
          <button type="button" class="button button-small" disabled={isBusy} onClick={make}>
            {t('Làm ngay một tệp', 'Make one now')}
          </button>
          <ActButton
            bad
            label={t('Thôi làm tệp này', 'Make no more')}
            question={t('Thôi làm tệp này?', 'Make no more of these files?')}
            confirm={t('Thôi làm', 'Make no more')}
            onConfirm={async () => {
              await must(api.DELETE('/api/v1/sync/exports/{id}', params));
              onChange();
            }}
          >
            <p>{t('Các tệp đã làm cũng bị xoá.', 'The files that were made are deleted, too.')}</p>
          </ActButton>
        </div>
      )}
      {files && <Files files={files} />}
    </div>
  );
}

function Files({ files }: { readonly files: readonly File[] }) {
  return (
    <Table
      label={t('Các tệp', 'Files')}
      heads={[t('Làm lúc', 'Made'), t('Tệp', 'File'), t('Đã tải', 'Downloads'), '']}
      empty={t('Chưa có tệp; một tệp cần khoảng một phút.', 'There is none yet; one takes about a minute.')}
    >
      {files.map((file) => (
        <tr key={file.id}>
          <td class="number">{formatTime(file.madeAt)}</td>
          <td>
            <a href={file.url} download>
              {file.name}
            </a>{' '}
            <span class="text-sm text-quiet">{formatNumber(Math.ceil(file.bytes / 1024))} KiB</span>
          </td>
          <td class="number">{formatNumber(file.downloads)}</td>
          <td class="row-act py-1!">
            <CopyLink file={file} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Whoever has the link opens the file, until it ends. */
function CopyLink({ file: { url, linkExpiresAt } }: { readonly file: File }) {
  const { isCopied, copy } = useCopy();
  return (
    <button type="button" class="button button-small" onClick={() => copy(new URL(url, location.href).href)}>
      {isCopied
        ? t(`Đã chép; dùng được tới ${formatTime(linkExpiresAt)}`, `Copied; works until ${formatTime(linkExpiresAt)}`)
        : t('Chép đường dẫn', 'Copy the link')}
    </button>
  );
}

function Adding({ clientId, onDone }: { readonly clientId: string; readonly onDone: () => void }) {
  const entry = useEntry(`new export of ${clientId}`, { format: 'csv', schedule: 'daily' });
  const one = <Value extends string>(values: readonly Value[], value: string) =>
    values.find((known) => known === value);
  return (
    <EntryForm
      entry={entry}
      submit={t('Làm tệp', 'Make it')}
      cancel={onDone}
      onSubmit={async ({ format, schedule }) => {
        const body = {
          clientId,
          format: one(formats, format) ?? 'csv',
          schedule: one(schedules, schedule) ?? 'none',
        };
        await must(api.POST('/api/v1/sync/exports', { body }));
        onDone();
      }}
    >
      <Choice
        label={t('Loại tệp', 'Kind of file')}
        hint={t('Chỉ có những gì hệ thống này được biết.', 'It holds only what this system may learn.')}
        {...entry.choice('format')}
        options={formats.map((value) => ({ value, label: formatWords()[value] }))}
      />
      <Choice
        label={t('Làm khi nào', 'When it is made')}
        {...entry.choice('schedule')}
        options={schedules.map((value) => ({ value, label: scheduleWords()[value] }))}
      />
    </EntryForm>
  );
}
