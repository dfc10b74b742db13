import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Text } from '@edutrust/platform/messages';
import { type FieldId, headerIn, headerOf } from './columns/fields.ts';
import { type Column, chosenColumns, headerDigest, isHeader, matchColumns } from './columns/match.ts';
import { columnMemory } from './columns/memory.ts';
import type { RosterKind } from './kinds/kind.ts';
import type { RosterFile } from './read/file.ts';
import { type Head, readTable } from './read/table.ts';

/** What a file's columns look like, before anything is planned. */
export interface Inspection {
  readonly headerRow: number;
  readonly sheet: string | null;
  readonly sheets: readonly string[];
  readonly rows: number;
  readonly columns: readonly (Column & { readonly sample: readonly string[] })[];
  /** Why a person has to choose; empty when the columns are clear. */
  readonly unclear: readonly Text[];
  /** What somebody confirmed for these headers before, and where it is kept. */
  readonly remembered: { readonly organisationId: string; readonly header: string; readonly confirmedAt: Date } | null;
  readonly fields: readonly { readonly id: FieldId; readonly label: string; readonly isRequired: boolean }[];
}

const shownSamples = 3;

/** @throws InvalidInput `roster/…` for a file that cannot be read; TooLarge. */
export async function inspectRoster(
  { db }: ServiceContext,
  {
    kind,
    file,
    actor,
    organisationId,
    sheet,
  }: {
    readonly kind: RosterKind;
    readonly file: RosterFile;
    readonly actor: Actor;
    readonly organisationId?: string;
    readonly sheet?: string;
  },
): Promise<Inspection> {
  const remembered = await columnMemory(db, { actor, organisationId }, kind);
  let found: Head | undefined;
  let rows = 0;
  await readTable(file, {
    kind: kind.id,
    example: kind.required.map((group) => headerIn(kind.fields, group[0]?.[0] ?? '')).join(', '),
    ...(sheet ? { sheet } : {}),
    guesses: true,
    isHeader: (cells) => isHeader(kind, cells) || remembered.has(headerDigest(cells)),
    onHead: (head) => {
      found = head;
    },
    onRows: async (batch) => {
      rows += batch.length;
    },
  });
  if (!found) throw new Error('a table without a header was read');
  const head = found;
  const sample = head.sample.map(({ cells }) => cells);
  const matched = matchColumns(kind, head.cells, sample);
  const header = headerDigest(head.cells);
  const memory = remembered.get(header);
  const columns = memory ? chosenColumns(kind, head.cells, memory.fields) : matched.columns;
  const required = new Set(kind.required.flatMap((group) => group[0] ?? []));
  return {
    headerRow: head.row,
    sheet: head.sheet ?? null,
    sheets: head.sheets,
    rows,
    columns: columns.map((column) => ({
      ...column,
      sample: sample
        .map((cells) => (cells[column.index] ?? '').trim().slice(0, 80))
        .filter(Boolean)
        .slice(0, shownSamples),
    })),
    unclear: memory ? [] : matched.unclear,
    remembered: memory ? { organisationId: memory.organisationId, header, confirmedAt: memory.confirmedAt } : null,
    fields: kind.fields.map((field) => ({ id: field.id, label: headerOf(field), isRequired: required.has(field.id) })),
  };
}
