import { hash } from 'node:crypto';
import type { SecretBox } from '@edutrust/platform/secrets';
import type { FieldId } from './columns/fields.ts';
import type { ColumnMap } from './columns/match.ts';
import { type Cells, RowRefused } from './kinds/cells.ts';
import type { RosterKind } from './kinds/kind.ts';
import type { Places } from './places.ts';
import type { Head } from './read/table.ts';

/** Raised whenever a row can mean something else than before, or be compared otherwise: what was learned counts no longer. */
export const rules = 1;

/** Undefined for a row that is not remembered: one without the ministry's identifier, or of no place that is the actor's. */
export type Fingerprints = (raw: readonly string[], cells: Cells, places: Places) => string | undefined;

const bytes = 16;

/**
 * Fingerprints of a file's rows: SHA-512/256 over a key of its own, what the file's columns mean, the organisation of the
 * row, and its cells as they stand in the order of our fields. The key comes first, which is sound because the digest is a
 * truncated one (FIPS 180-4 §5.3.6; no length extension); without it, a child's few facts could be tried until one fits.
 */
export function createFingerprints(
  secrets: SecretBox,
  kind: RosterKind,
  columns: ColumnMap,
  { serials }: Pick<Head, 'serials'>,
): Fingerprints {
  const read = kind.fields.flatMap(({ id }) => {
    const index = columns.get(id);
    return index === undefined ? [] : [{ id, index }];
  });
  const meaning = JSON.stringify([rules, kind.id, serials ?? null, read.map(({ id }) => id)]);
  const opening = `${secrets.derive('registry/roster-row').toString('hex')}${meaning}`;
  const identifier: FieldId = 'moetId';
  return (raw, cells, places) => {
    if (!cells.has(identifier)) return undefined;
    try {
      let text = `${opening}${places.of(cells)}`;
      // What separates cells stands in none of a row that was ever learned: such a one is refused.
      for (const { index } of read) text += `\u001f${raw[index] ?? ''}`;
      return hash('sha512-256', text, 'hex').slice(0, 2 * bytes);
    } catch (error) {
      if (error instanceof RowRefused) return undefined;
      throw error;
    }
  };
}
