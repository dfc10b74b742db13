import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../../events.ts';
import { scopeOf } from '../../permissions/permissions.ts';
import type { RosterKind } from '../kinds/kind.ts';
import { type Column, headerDigest } from './match.ts';

/** What somebody confirmed for the headers of a file. */
export interface Remembered {
  readonly organisationId: string;
  readonly fields: readonly (string | null)[];
  readonly confirmedAt: Date;
}

/** What was confirmed before for a school's headers: by the digest of the header row. */
export type ColumnMemory = ReadonlyMap<string, Remembered>;

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
  const { rows } = await sql<Remembered & { digest: string }>`
    SELECT header_sha256 AS digest, organisation_id AS "organisationId", fields, confirmed_at AS "confirmedAt"
    FROM registry.roster_columns WHERE organisation_id = ${place} AND kind = ${kind.id}`.execute(db);
  return new Map(rows.map(({ digest, ...remembered }) => [digest, remembered]));
}

/** One header row that somebody matched. */
export interface RememberedHeader extends Remembered {
  readonly kind: string;
  readonly header: string;
}

/** Everything that an organisation remembers of columns, newest first. */
export async function listRemembered(db: Database, organisationId: string): Promise<RememberedHeader[]> {
  const { rows } = await sql<RememberedHeader>`
    SELECT kind, header_sha256 AS header, organisation_id AS "organisationId", fields, confirmed_at AS "confirmedAt"
    FROM registry.roster_columns WHERE organisation_id = ${organisationId} ORDER BY confirmed_at DESC, header_sha256 LIMIT 200`.execute(
    db,
  );
  return rows;
}

/** Keeps what a person confirmed; that the same was confirmed again is nothing new. */
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
  const digest = headerDigest(header);
  await db.transaction().execute(async (transaction) => {
    const { numAffectedRows } = await sql`
      INSERT INTO registry.roster_columns AS known (organisation_id, kind, header_sha256, fields, confirmed_at)
      VALUES (${place}, ${kind.id}, ${digest}, ${fields}::jsonb, ${clock.now()})
      ON CONFLICT (organisation_id, kind, header_sha256) DO UPDATE
        SET fields = excluded.fields, confirmed_at = excluded.confirmed_at WHERE known.fields <> excluded.fields`.execute(
      transaction,
    );
    if (!numAffectedRows) return;
    await record(transaction, {
      type: 'roster-columns.confirmed',
      actor: importing.actor,
      subject: { kind: 'organisation', id: place },
      organisationId: place,
      data: { kind: kind.id, header: digest },
    });
  });
}

/** The next file with these headers is matched by its own words again. @throws NotFound `roster/no-such-columns` */
export async function forgetColumns(
  { db }: Pick<ServiceContext, 'db'>,
  { organisationId, kind, header }: { readonly organisationId: string; readonly kind: string; readonly header: string },
  actor: Actor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { numAffectedRows } = await sql`
      DELETE FROM registry.roster_columns
      WHERE organisation_id = ${organisationId} AND kind = ${kind} AND header_sha256 = ${header}`.execute(transaction);
    if (!numAffectedRows)
      throw new NotFound('roster/no-such-columns', {
        vi: 'Không có cách ghép cột này.',
        en: 'There is no such matching of columns.',
      });
    await record(transaction, {
      type: 'roster-columns.forgotten',
      actor,
      subject: { kind: 'organisation', id: organisationId },
      organisationId,
      data: { kind, header },
    });
  });
}
