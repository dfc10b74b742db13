import type { SignatureReport } from '@edutrust/signing-service/pages';
import { locale, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';

type LaterChange = SignatureReport['changesAfter'][number];
type Area = NonNullable<NonNullable<LaterChange['pages']>[number]['area']>;

/** Sheets that are drawn; of a file with more changed pages the list still names each. */
const mostSheets = 12;
/** Of a sheet, in its own units. */
const [sheetWidth, sheetHeight] = [210, 297];
const wholePage: Area = { left: 0.06, top: 0.05, width: 0.88, height: 0.9 };

/** What later revisions of the file did: the pages on which it shows as small sheets, and each change in words; what no rule allows first. */
export function LaterChanges({ signature }: { readonly signature: SignatureReport }) {
  const changes = signature.changesAfter.toSorted((one, other) => Number(one.allowed) - Number(other.allowed));
  if (changes.length === 0) return null;
  const sentences = Map.groupBy(changes, (change) => change[locale()]);
  return (
    <section class="grid gap-4" aria-labelledby="changes">
      <h2 id="changes">{t('Có thêm sau khi ký', 'Added after signing')}</h2>
      <Sheets changes={changes} />
      <Ruled onMargin isTight>
        {[...sentences].map(([sentence, same]) => (
          <Row
            key={sentence}
            mark={same.every(({ allowed }) => allowed) ? 'dot' : 'bad'}
            title={<span class="font-normal">{sentence}</span>}
            note={noteOf(same)}
          />
        ))}
      </Ruled>
    </section>
  );
}

/** `không được phép · trang 1, 3` */
function noteOf(same: readonly LaterChange[]): string {
  const pages = [...new Set(same.flatMap(({ pages = [] }) => pages.map(({ page }) => page)))].sort((a, b) => a - b);
  const isAllowed = same.every(({ allowed }) => allowed);
  return [
    isAllowed ? t('được phép', 'allowed') : t('không được phép', 'not allowed'),
    ...(pages.length > 0 ? [t(`trang ${pages.join(', ')}`, `page ${pages.join(', ')}`)] : []),
  ].join(' · ');
}

interface Sheet {
  readonly page: number;
  readonly isAllowed: boolean;
  readonly areas: readonly { readonly area: Area | undefined; readonly isAllowed: boolean }[];
}

/** The pages in their order, with what shows on each. */
function sheetsOf(changes: readonly LaterChange[]): Sheet[] {
  const found = changes.flatMap(({ allowed, pages = [] }) =>
    pages.map(({ page, area }) => ({ page, area, isAllowed: allowed })),
  );
  return [...Map.groupBy(found, ({ page }) => page)]
    .map(([page, areas]) => ({ page, areas, isAllowed: areas.every(({ isAllowed }) => isAllowed) }))
    .sort((one, other) => one.page - other.page);
}

function Sheets({ changes }: { readonly changes: readonly LaterChange[] }) {
  const sheets = sheetsOf(changes);
  if (sheets.length === 0) return null;
  return (
    <ol class="sheets" aria-label={t('Trang có thay đổi', 'Pages that changed')}>
      {sheets.slice(0, mostSheets).map((sheet) => (
        <li key={sheet.page}>
          <Drawing {...sheet} />
          {t(`Trang ${sheet.page}`, `Page ${sheet.page}`)}
          <span class="block text-quiet">
            {sheet.isAllowed ? t('được phép', 'allowed') : t('không được phép', 'not allowed')}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** A sheet with its margin line: a block where one was put, else the whole page marked. What is not allowed is crossed out. */
function Drawing({ areas, isAllowed }: Sheet) {
  return (
    <svg
      viewBox={`0 0 ${sheetWidth} ${sheetHeight}`}
      class={`sheet ${isAllowed ? '' : 'sheet-bad'}`}
      aria-hidden="true"
    >
      <path class="sheet-line" d={`M28 0v${sheetHeight}`} />
      {areas.map(({ area = wholePage, isAllowed: isMine }) => {
        const [x, y] = [area.left * sheetWidth, area.top * sheetHeight];
        // A block of a line or a comma is still seen.
        const [width, height] = [Math.max(area.width * sheetWidth, 14), Math.max(area.height * sheetHeight, 14)];
        return (
          <g key={`${x} ${y} ${width} ${height}`} class={isMine ? 'sheet-mark' : 'sheet-mark sheet-mark-bad'}>
            <rect x={x} y={y} width={width} height={height} rx="4" />
            {!isMine && <path d={`M${x} ${y}l${width} ${height}m0 ${-height}l${-width} ${height}`} />}
          </g>
        );
      })}
    </svg>
  );
}
