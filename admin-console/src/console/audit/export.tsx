import { saveFile } from '../../design/file.ts';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { toast } from '../../design/toast.tsx';
import { eventName } from '../words.ts';
import { csvOf } from './csv.ts';
import type { Entry } from './views.ts';
import { actorName, subjectName } from './words.ts';

/** One file holds at most this many rows; a longer span is taken in parts. */
const mostRows = 5_000;

/** The entries that are filtered for, as a file that Excel opens. */
export function Export({
  ask,
}: {
  readonly ask: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: readonly Entry[]; readonly nextCursor: string | null }>;
}) {
  const { isBusy, error, run } = useAction();
  const save = async () => {
    const entries: Entry[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask(cursor);
      entries.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor && entries.length < mostRows);
    const heads = [
      t('Số', 'Number'),
      t('Lúc', 'At'),
      t('Ai', 'Who'),
      t('Làm gì', 'What'),
      t('Với ai, cái gì', 'To whom, to what'),
    ];
    const rows = entries.map((entry) => [
      entry.index === null ? '' : String(entry.index),
      formatTime(entry.at),
      actorName(entry.actor),
      eventName(entry.type),
      subjectName(entry.subject),
    ]);
    saveFile('nhat-ky.csv', csvOf([heads, ...rows]));
    toast(
      cursor
        ? t(
            `Đã tải ${formatNumber(entries.length)} dòng mới nhất; khoảng dài hơn thì tải từng phần.`,
            `The newest ${formatNumber(entries.length)} rows were saved; take a longer span in parts.`,
          )
        : t(`Đã tải ${formatNumber(entries.length)} dòng.`, `${formatNumber(entries.length)} rows were saved.`),
    );
  };
  return (
    <>
      <button type="button" class="button" disabled={isBusy} onClick={() => run(save)}>
        <Icon name="download" />
        {isBusy ? t('Đang tải…', 'Saving…') : t('Tải về Excel', 'Save for Excel')}
      </button>
      {error && <Banner state="bad">{error}</Banner>}
    </>
  );
}
