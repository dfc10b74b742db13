import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { scopeOf } from '../../permissions/permissions.ts';
import type { RosterKind } from '../kinds/kind.ts';
import { type Column, headerDigest } from './match.ts';

/** What was confirmed before for a school's headers: by the digest of the header row. */
export type ColumnMemory = ReadonlyMap<string, readonly (string | null)[]>;

/** Where a matching is remembered: with the school of the import, else with the organisation of the person who imports. */
interface Importing {
  readonly organisationId: string | undefined;
  readonly actor: Actor;
}

function placeOf({ organisationId, actor }: Importing): string | undefined {
  return organisationId ?? scopeOf(actor, 'roster.import')[0] ?? scopeOf(actor, 'organisations.write')[0];
}

export async function columnMemory(
  db: Database,
  importing: Importing,
  kind: Pick<RosterKind, 'id'>,
): Promise<ColumnMemory> {
  const place = placeOf(importing);
  if (!place) return new Map();
  const { rows } = await sql<{ digest: string; fields: (string | null)[] }>`
    SELECT header_sha256 AS digest, fields FROM registry.roster_columns WHERE organisation_id = ${place} AND kind = ${kind.id}`.execute(
    db,
  );
  return new Map(rows.map(({ digest, fields }) => [digest, fields]));
}

export async function rememberColumns(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  importing: Importing,
  kind: Pick<RosterKind, 'id'>,
  header: readonly string[],
  columns: readonly Column[],
): Promise<void> {
  const place = placeOf(importing);
  if (!place) return;
  const fields = JSON.stringify(columns.map(({ field }) => field));
  await sql`
    INSERT INTO registry.roster_columns (organisation_id, kind, header_sha256, fields, confirmed_at)
    VALUES (${place}, ${kind.id}, ${headerDigest(header)}, ${fields}::jsonb, ${clock.now().toISOString()})
    ON CONFLICT (organisation_id, kind, header_sha256) DO UPDATE SET fields = excluded.fields, confirmed_at = excluded.confirmed_at`.execute(
    db,
  );
}
