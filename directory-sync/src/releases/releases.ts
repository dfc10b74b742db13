import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { syncOf } from '../tables.ts';

/** Who gets to know something: a target, or a reader. The name is kept for the day when the recipient is gone. */
export interface Recipient {
  readonly id: string;
  readonly name: string;
}

/** Fields of one person that a recipient got. */
export interface Release {
  readonly personId: string;
  readonly fields: readonly string[];
}

/** Writes down the rows `row` (`"personId"`, `fields`, in an order), as a part of a statement with these parameters. */
export const releaseText = ({
  recipientId,
  recipientName,
  at,
}: Readonly<Record<'recipientId' | 'recipientName' | 'at', string>>) => `
  INSERT INTO sync.release AS r (recipient_id, recipient_name, person_id, fields, first_at, last_at)
  SELECT ${recipientId}, ${recipientName}, "personId", fields, ${at}, ${at} FROM row WHERE fields IS NOT NULL
  ON CONFLICT (person_id, recipient_id, fields) DO UPDATE SET
    recipient_name = excluded.recipient_name, last_at = excluded.last_at, times = r.times + 1`;

/**
 * Writes down the rows `row` or others (`"personId"`, `there`) of people whom the recipient turns out to have and of whom nothing is
 * on record: the process that sent them died before it said so.
 */
export const unsaidText = ({
  recipientId,
  recipientName,
  at,
  rows = 'row',
}: Readonly<Record<'recipientId' | 'recipientName' | 'at', string>> & { readonly rows?: string }) => `
  INSERT INTO sync.release (recipient_id, recipient_name, person_id, fields, first_at, last_at)
  SELECT ${recipientId}, ${recipientName}, "personId", there, ${at}, ${at} FROM ${rows} WHERE there IS NOT NULL
    AND NOT EXISTS (SELECT FROM sync.release AS s WHERE s.person_id = "personId" AND s.recipient_id = ${recipientId})
  ON CONFLICT DO NOTHING`;

const release = statement<never, [recipientId: string, recipientName: string, at: Date, releases: string]>(
  'sync.release',
  `WITH row AS (SELECT * FROM jsonb_to_recordset($4::jsonb) AS row ("personId" uuid, fields text[]))
   ${releaseText({ recipientId: '$1', recipientName: '$2', at: '$3' })}`,
);

/** Keeps what a recipient got to know of whom. The same fields again count, and keep their first time. */
export async function recordReleases(
  transaction: Transaction,
  recipient: Recipient,
  releases: readonly Release[],
  at: Date,
): Promise<void> {
  const rows = new Map(
    releases
      .map(({ personId, fields }) => ({ personId, fields: [...fields].sort() }))
      .map((row) => [`${row.personId} ${row.fields.join(' ')}`, row]),
  );
  const all = [...rows.values()].sort((one, other) => (one.personId < other.personId ? -1 : 1)); // one order of locks
  for (let from = 0; from < all.length; from += 1_000)
    await release(transaction, recipient.id, recipient.name, at, JSON.stringify(all.slice(from, from + 1_000)));
}

export interface ReleasedTo {
  readonly recipient: string;
  readonly fields: string[];
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly times: number;
}

/** What went out about one person, the newest first. */
export async function listReleases(db: Database, personId: string): Promise<ReleasedTo[]> {
  const rows = await syncOf(db)
    .selectFrom('sync.release')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy('last_at', 'desc')
    .orderBy('recipient_id')
    .limit(500)
    .execute();
  return rows.map(({ recipient_name, fields, first_at, last_at, times }) => ({
    recipient: recipient_name,
    fields,
    firstAt: first_at,
    lastAt: last_at,
    times,
  }));
}
