import type { Database } from '@edutrust/platform/database';
import type { EventTable } from '@edutrust/platform/events';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { idpEvents } from '../events.ts';
import { why } from '../risk/words.ts';

const table: EventTable = idpEvents.table;
/** What a person reads of their own account, by event. */
export const sentencesOfSelf: Readonly<Record<string, Text>> = Object.fromEntries(
  Object.entries(table).flatMap(([name, { self }]) => (self ? [[name, self]] : [])),
);

/** What happened to a person's account, newest first, as sentences; read from the ledger, which keeps no names. */
export async function accountActivity(
  db: Database,
  personId: string,
  locale: 'vi' | 'en',
): Promise<{ at: string; sentence: string }[]> {
  const { rows } = await sql<{ at: Date; type: string; signals: string[] | null }>`
    SELECT at, type, data->'signals' AS signals FROM platform.ledger_entry
    WHERE subject_kind = 'person' AND subject_id = ${personId} AND type = ANY(${Object.keys(sentencesOfSelf)})
    ORDER BY id DESC LIMIT 30`.execute(db);
  return rows.flatMap(({ at, type, signals }) => {
    const sentence = sentencesOfSelf[type]?.[locale];
    const reasons = why(signals ?? [], locale);
    return sentence ? [{ at: at.toISOString(), sentence: reasons ? `${sentence}: ${reasons}` : sentence }] : [];
  });
}
