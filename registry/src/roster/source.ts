import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { findKnown } from '../changes/in-step.ts';
import type { RowSource } from '../changes/plan.ts';
import type { Progress } from '../changes/population.ts';
import type { Completeness, Incoming, OrganisationRow, PersonRow } from '../changes/row.ts';
import { headerIn } from './columns/fields.ts';
import {
  type Column,
  chosenColumns,
  headerDigest,
  isHeader,
  matchColumns,
  mustBeClear,
  toMap,
} from './columns/match.ts';
import { columnMemory, rememberColumns } from './columns/memory.ts';
import { createFingerprints, type Fingerprints } from './fingerprint.ts';
import { type CellReader, type Cells, createCellReader, RowRefused } from './kinds/cells.ts';
import { isFooter } from './kinds/footer.ts';
import type { RosterKind } from './kinds/kind.ts';
import { findPlaces, type Places } from './places.ts';
import { pulled } from './pulled.ts';
import type { RosterFile, RosterTable } from './read/file.ts';
import { type Head, readTable, type SheetRow } from './read/table.ts';

export interface OpenRoster {
  readonly kind: RosterKind;
  readonly file: RosterFile | RosterTable;
  readonly organisationId: string | undefined;
  /** What a person said that each column means; absent: what was remembered for these headers, else their own words. */
  readonly columns?: readonly (string | null)[];
  readonly sheet?: string;
  /** Where the header stands, when a person said so. */
  readonly headerRow?: number;
  /** What the person says that the file holds. */
  readonly completeness?: Completeness;
  readonly actor: Actor;
  readonly onProgress?: (progress: Progress) => void;
}

/** A roster's table as it was opened. */
interface Opened {
  readonly head: Head;
  readonly columns: readonly Column[];
  readonly reader: CellReader;
  /** Of kinds whose rows are remembered. */
  readonly fingerprints: Fingerprints | undefined;
}

type Row = Incoming<PersonRow | OrganisationRow>;

/**
 * A roster file as a source of rows: read once, in bounded memory, as the rows are taken.
 *
 * @throws while rows are taken: InvalidInput `roster/…` that names what the file is or lacks; TooLarge.
 */
export async function openRoster(
  context: ServiceContext,
  input: OpenRoster,
): Promise<RowSource & { rememberColumns(): Promise<void> }> {
  const { kind, file, onProgress } = input;
  const remembered = await columnMemory(context.db, input, kind);
  const places = await findPlaces(context.db, input.actor, kind.action, {
    kinds: kind.placeKinds,
    chosen: input.organisationId,
  });
  let opened: Opened | undefined;
  let sha256 = '';
  const read = async (give: (rows: readonly Row[]) => Promise<void>) => {
    const take = createTaking(context.db, kind, places);
    const table = await readTable(file, {
      kind: kind.id,
      example: kind.required.map((group) => headerIn(kind.fields, group[0]?.[0] ?? '')).join(', '),
      ...(input.sheet ? { sheet: input.sheet } : {}),
      ...(input.headerRow ? { headerRow: input.headerRow } : {}),
      isDeclaredComplete: (input.completeness ?? 'partial') !== 'partial',
      isHeader: (cells) => isHeader(kind, cells) || remembered.has(headerDigest(cells)),
      onHead: (head) => {
        const columns = columnsOf(kind, head, input.columns ?? remembered.get(headerDigest(head.cells))?.fields);
        const map = toMap(columns);
        opened = {
          head,
          columns,
          reader: createCellReader(map, head),
          fingerprints: kind.population.remember && createFingerprints(context.secrets, kind, map, head),
        };
      },
      onRows: async (rows, bytesRead) => {
        await give(await take(rows, mustBeOpen(opened)));
        onProgress?.({ step: 'read', done: bytesRead, total: 'bytes' in file ? file.bytes : bytesRead });
      },
    });
    mustBeOpen(opened).reader.end();
    sha256 = table.sha256;
  };
  return {
    name: file.name,
    rows: each(pulled(read)),
    columnName: (field) => headerIn(kind.fields, field),
    takeApart: (known) => {
      const { columns, reader } = mustBeOpen(opened);
      return rowIn(columns, kind.fields, known, () => ({
        ...kind.rowOf(reader.open(known), places),
        ...markOf(known),
      }));
    },
    facts: () => {
      const { columns, head } = mustBeOpen(opened);
      return { sha256, columns, sheet: head.sheet };
    },
    async rememberColumns() {
      const { columns, head } = mustBeOpen(opened);
      await rememberColumns(context, input, kind, head.cells, columns);
    },
  };
}

async function* each(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Row> {
  for await (const batch of batches) yield* batch;
}

/** A line of the table that may be somebody. */
interface Line {
  readonly row: SheetRow;
  readonly cells: Cells;
  readonly fingerprint: string | undefined;
}

/** What the lines of the table are: rows, known or taken apart, refusals, or nobody. */
function createTaking(db: Database, kind: RosterKind, places: Places) {
  let isInFooter = false;
  const lineOf = (row: SheetRow, { columns, reader, fingerprints }: Opened): Line | Row => {
    const footer = isFooter(row.cells, columns, isInFooter);
    if (footer) {
      isInFooter ||= footer.isEnd;
      return { skipped: { row: row.row, text: footer.text, reason: footer.reason } };
    }
    const cells = reader.open(row);
    return { row, cells, fingerprint: fingerprints?.(row.cells, cells, places) };
  };
  return async (rows: readonly SheetRow[], opened: Opened): Promise<Row[]> => {
    const lines = rows.map((row) => lineOf(row, opened));
    const marks = lines.flatMap((line) => ('cells' in line && line.fingerprint ? [line.fingerprint] : []));
    const known = await findKnown(db, marks);
    let place = -1;
    return lines.map((line) => {
      if (!('cells' in line)) return line;
      const { row, cells, fingerprint } = line;
      if (fingerprint !== undefined && known.has(++place)) return { known: { ...row, fingerprint } };
      return rowIn(opened.columns, kind.fields, row, () => ({ ...kind.rowOf(cells, places), ...markOf(line) }));
    });
  };
}

const markOf = ({ fingerprint }: { readonly fingerprint?: string | undefined }) => (fingerprint ? { fingerprint } : {});

/** A row as its kind reads it, or why it is refused. */
function rowIn(
  columns: readonly Column[],
  fields: RosterKind['fields'],
  row: SheetRow,
  read: () => PersonRow | OrganisationRow,
): Row {
  try {
    return { row: read() };
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    const at = columns.find(({ field }) => field === error.field)?.index ?? -1;
    return {
      refused: {
        row: row.row,
        column: headerIn(fields, error.field),
        value: (row.cells[at] ?? '')
          .trim()
          .slice(0, 100)
          .toWellFormed()
          .replaceAll(/\p{Cc}/gu, '\ufffd'),
        reason: error.reason,
      },
    };
  }
}

function mustBeOpen(opened: Opened | undefined): Opened {
  if (!opened) throw new Error('a table without a header was read');
  return opened;
}

function columnsOf(kind: RosterKind, head: Head, chosen: readonly (string | null)[] | undefined): readonly Column[] {
  if (chosen) return chosenColumns(kind, head.cells, chosen);
  const { columns, unclear } = matchColumns(
    kind,
    head.cells,
    head.sample.map(({ cells }) => cells),
  );
  mustBeClear(kind, unclear);
  return columns;
}
