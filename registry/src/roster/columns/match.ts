import { createHash } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { type RosterKindId, templatePath } from '../read/refusals.ts';
import { type Field, type FieldId, foldHeader, headerOf } from './fields.ts';

/** What a kind of roster asks of its columns. */
export interface ColumnNeeds {
  readonly id: RosterKindId;
  readonly fields: readonly Field[];
  /** Of each group one has to be there; a group of several fields in one entry needs all of them. */
  readonly required: readonly (readonly (readonly FieldId[])[])[];
}

/** What one column of a file means. */
export interface Column {
  readonly index: number;
  readonly header: string;
  /** null: not imported. */
  readonly field: FieldId | null;
  /** Why a person should look at it. */
  readonly doubt?: Text;
}

export interface ColumnMatch {
  readonly columns: readonly Column[];
  /** Why the columns cannot be used without a person's word; empty when they can. */
  readonly unclear: readonly Text[];
}

/** Where each field stands in a row. */
export type ColumnMap = ReadonlyMap<FieldId, number>;

/** The same headers again have the same digest, wherever they came from. */
export function headerDigest(cells: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(cells.map(foldHeader)))
    .digest('hex');
}

interface Candidate {
  readonly field: Field;
  /** 0: means exactly this; 1: may mean this. */
  readonly rank: 0 | 1;
}

function candidatesOf(kind: ColumnNeeds): ReadonlyMap<string, Candidate> {
  const found = new Map<string, Candidate>();
  for (const field of kind.fields) {
    for (const name of field.also ?? []) found.set(foldHeader(name), { field, rank: 1 });
  }
  for (const field of kind.fields) for (const name of field.names) found.set(foldHeader(name), { field, rank: 0 });
  return found;
}

/** Whether a row is a header: at least two columns that we know. */
export function isHeader(kind: ColumnNeeds, cells: readonly string[]): boolean {
  const candidates = candidatesOf(kind);
  const found = new Set(cells.flatMap((cell) => candidates.get(foldHeader(cell))?.field.id ?? []));
  return found.size >= 2;
}

/**
 * What each column means by its header, and by what stands in it where a header may mean two things. A better header beats
 * an earlier one; two equally good ones for one field are a question, never a guess.
 */
export function matchColumns(
  kind: ColumnNeeds,
  cells: readonly string[],
  sample: readonly (readonly string[])[],
): ColumnMatch {
  const candidates = candidatesOf(kind);
  const chosen = new Map<FieldId, { index: number; rank: number }>();
  const doubts = new Map<number, Text>();
  const unclear: Text[] = [];
  for (const [index, cell] of cells.entries()) {
    const candidate = candidates.get(foldHeader(cell));
    if (!candidate) continue;
    const { field, rank } = meant(kind, candidate, sample, index);
    const before = chosen.get(field.id);
    if (!before || rank < before.rank) {
      if (before) doubts.set(before.index, alsoLooksLike(field, cell));
      chosen.set(field.id, { index, rank });
    } else {
      doubts.set(index, alsoLooksLike(field, cells[before.index] ?? ''));
      if (rank === before.rank) unclear.push(twoColumns(field, cells[before.index] ?? '', cell));
    }
  }
  const fieldAt = new Map([...chosen].map(([field, { index }]) => [index, field]));
  const columns = cells.map((header, index): Column => {
    const doubt = doubts.get(index);
    return { index, header: header.trim(), field: fieldAt.get(index) ?? null, ...(doubt ? { doubt } : {}) };
  });
  return { columns, unclear: [...unclear, ...missing(kind, new Set(chosen.keys()))] };
}

/** «Mã định danh» over twelve digits is the personal number, over ten the ministry's identifier. */
function meant(
  kind: ColumnNeeds,
  candidate: Candidate,
  sample: readonly (readonly string[])[],
  index: number,
): Candidate {
  if (candidate.rank === 0 || candidate.field.id !== 'moetId') return candidate;
  const values = sample.map((cells) => (cells[index] ?? '').trim()).filter(Boolean);
  const personal = kind.fields.find(({ id }) => id === 'personalNumber');
  if (!personal || values.length === 0 || !values.every((value) => /^'?\d{12}$/.test(value))) return candidate;
  return { field: personal, rank: 1 };
}

/** What people chose themselves. @throws InvalidInput `roster/columns-unclear` */
export function chosenColumns(
  kind: ColumnNeeds,
  cells: readonly string[],
  fields: readonly (string | null)[],
): readonly Column[] {
  const known = new Set<string>(kind.fields.map(({ id }) => id));
  const columns = cells.map((header, index): Column => {
    const field = fields[index] ?? null;
    if (field !== null && !known.has(field))
      throw new InvalidInput('roster/bad-columns', {
        vi: `Không có trường dữ liệu «${field.slice(0, 40)}».`,
        en: `There is no field "${field.slice(0, 40)}".`,
      });
    return { index, header: header.trim(), field: field as FieldId | null };
  });
  const seen = new Map<FieldId, Column>();
  const unclear: Text[] = [];
  for (const column of columns) {
    if (column.field === null) continue;
    const before = seen.get(column.field);
    const field = kind.fields.find(({ id }) => id === column.field);
    if (before && field) unclear.push(twoColumns(field, before.header, column.header));
    seen.set(column.field, column);
  }
  mustBeClear(kind, [...unclear, ...missing(kind, new Set(seen.keys()))]);
  return columns;
}

/** @throws InvalidInput `roster/missing-column` or `roster/columns-unclear`, naming each. */
export function mustBeClear(kind: ColumnNeeds, unclear: readonly Text[]): void {
  if (unclear.length === 0) return;
  const lacks = unclear.every(({ en }) => en.startsWith('There is no column'));
  throw new InvalidInput(
    lacks ? 'roster/missing-column' : 'roster/columns-unclear',
    { vi: unclear.map(({ vi }) => vi).join(' '), en: unclear.map(({ en }) => en).join(' ') },
    {
      remedy: {
        vi: `Ghép cột trên màn hình nhập, hoặc giữ nguyên dòng tiêu đề của tệp mẫu (${templatePath(kind.id)}).`,
        en: `Match the columns on the import screen, or keep the header row of the template (${templatePath(kind.id)}).`,
      },
    },
  );
}

export function toMap(columns: readonly Column[]): ColumnMap {
  return new Map(columns.flatMap(({ field, index }) => (field === null ? [] : [[field, index] as const])));
}

function missing(kind: ColumnNeeds, found: ReadonlySet<FieldId>): Text[] {
  const nameOf = (id: FieldId) => {
    const field = kind.fields.find((one) => one.id === id);
    return `«${field ? headerOf(field) : id}»`;
  };
  return kind.required
    .filter((group) => !group.some((all) => all.every((id) => found.has(id))))
    .map((group) => {
      const names = group.map((all) => all.map(nameOf).join(' + '));
      return {
        vi: `Tệp thiếu cột ${names.join(' hoặc ')}.`,
        en: `There is no column ${names.join(' or ')}.`,
      };
    });
}

function alsoLooksLike(field: Field, other: string): Text {
  return {
    vi: `Cũng có vẻ là «${headerOf(field)}», nhưng đã có cột «${other.trim()}».`,
    en: `Looks like "${headerOf(field)}" too, but there is the column "${other.trim()}".`,
  };
}

function twoColumns(field: Field, one: string, other: string): Text {
  return {
    vi: `Hai cột đều có vẻ là «${headerOf(field)}»: «${one.trim()}» và «${other.trim()}».`,
    en: `Two columns look like "${headerOf(field)}": "${one.trim()}" and "${other.trim()}".`,
  };
}
