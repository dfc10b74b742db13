import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
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
import { type CellReader, createCellReader, RowRefused } from './kinds/cells.ts';
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
    const taking = createTaking(kind, places);
    const table = await readTable(file, {
      kind: kind.id,
      example: kind.required.map((group) => headerIn(kind.fields, group[0]?.[0] ?? '')).join(', '),
      ...(input.sheet ? { sheet: input.sheet } : {}),
      ...(input.headerRow ? { headerRow: input.headerRow } : {}),
      isDeclaredComplete: (input.completeness ?? 'partial') !== 'partial',
      isHeader: (cells) => isHeader(kind, cells) || remembered.has(headerDigest(cells)),
      onHead: (head) => {
        const columns = columnsOf(kind, head, input.columns ?? remembered.get(headerDigest(head.cells))?.fields);
        opened = { head, columns, reader: createCellReader(toMap(columns), head) };
      },
      onRows: async (rows, bytesRead) => {
        const { columns, reader } = mustBeOpen(opened);
        await give(rows.map((row) => taking(row, columns, reader)));
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

/** What one line of the table is: a row, a refusal, or nobody. */
function createTaking(kind: RosterKind, places: Places) {
  let isInFooter = false;
  return (row: SheetRow, columns: readonly Column[], reader: CellReader): Row => {
    const footer = isFooter(row.cells, columns, isInFooter);
    if (footer) {
      isInFooter ||= footer.isEnd;
      return { skipped: { row: row.row, text: footer.text, reason: footer.reason } };
    }
    try {
      return { row: kind.rowOf(reader.open(row), places) };
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error;
      const at = columns.find(({ field }) => field === error.field)?.index ?? -1;
      return {
        refused: {
          row: row.row,
          column: headerIn(kind.fields, error.field),
          value: (row.cells[at] ?? '')
            .trim()
            .slice(0, 100)
            .toWellFormed()
            .replaceAll(/\p{Cc}/gu, '\ufffd'),
          reason: error.reason,
        },
      };
    }
  };
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
