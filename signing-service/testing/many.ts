import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { verifyFile } from '../src/public-verification/verify.ts';
import type { TestCity } from './city.ts';

/** Sealing of many documents, for tests and measurements. */

/** A process that does the jobs of signing until it is killed; its arguments: the database's address, environment as JSON, and a statement to die before. */
export const worker = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Each has one seal more, one leaf and one archive; the log is whole and its numbers follow one another; a sample is valid. */
export async function mustBeSealedOnce({ context }: TestCity, count: number): Promise<void> {
  const { rows } = await sql<Record<string, number>>`
    SELECT (SELECT count(*)::int FROM signing.request WHERE state = 'issued') AS issued,
      (SELECT count(*)::int FROM signing.archive) AS archives,
      (SELECT count(DISTINCT ledger_entry_id)::int FROM signing.session_item AS i
        JOIN signing.session AS s ON s.id = i.session_id WHERE s.purpose = 'seal' AND i.state = 'signed') AS leaves,
      (SELECT count(*)::int FROM platform.outbox WHERE type = 'signing-request.issued') AS events`.execute(context.db);
  for (const [what, found] of Object.entries(rows[0] ?? {}))
    if (found !== count) throw new Error(`${found} ${what} of ${count}`);
  const log = await context.ledger.verify('signatures');
  if (!log.intact) throw new Error(`the log: ${log.reason}`);
  const files = await sql<{ bytes: Buffer }>`
    SELECT d.bytes FROM signing.request AS r JOIN signing.document AS d ON d.id = r.signed_document_id
    WHERE r.state = 'issued' ORDER BY r.code LIMIT 50`.execute(context.db);
  for (const { bytes } of files.rows) {
    const { verdict, signatures } = await verifyFile(context, bytes);
    const seals = signatures.filter(({ format }) => format === 'PAdES').length;
    if (verdict !== 'valid' || seals !== 3) throw new Error(`${verdict} with ${seals} signatures`);
  }
}

/** Nothing of the demo city waits any more. */
export async function clear({ context }: TestCity): Promise<void> {
  await sql`UPDATE signing.step SET state = 'cancelled' WHERE state IN ('due', 'pending') AND request_id IN (
    SELECT id FROM signing.request WHERE state IN ('waiting', 'signed'))`.execute(context.db);
  await sql`UPDATE signing.request SET state = 'withdrawn' WHERE state IN ('waiting', 'signed')`.execute(context.db);
}

interface Copies {
  readonly count: number;
  /** Whose turn it is; of a document that waits for the seal nobody's by name. */
  readonly signerId?: string;
}

/** Requests for the same document, as if each had been asked for: only their ids and codes differ. */
export async function cloneRequest({ context }: TestCity, source: string, { count, signerId }: Copies): Promise<void> {
  const state = signerId ? 'waiting' : 'signed';
  await sql`
    WITH copy AS (
      SELECT gen_random_uuid() AS id, upper(left(md5(random()::text || n), 12)) AS code FROM generate_series(1, ${count}::int) AS n),
    requests AS (
      INSERT INTO signing.request SELECT (jsonb_populate_record(r, jsonb_build_object('id', c.id, 'code', c.code, 'kind', 'upload',
        'class_id', null, 'subject_id', null, 'run_id', null, 'state', ${state}::text, 'closed_at', null)
        || CASE WHEN ${signerId ?? null}::text IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('signer_id', ${signerId ?? null}::text) END)).*
      FROM signing.request AS r, copy AS c WHERE r.id = ${source} RETURNING id)
    INSERT INTO signing.step SELECT (jsonb_populate_record(s, jsonb_build_object('request_id', c.id, 'session_id', null)
      || CASE WHEN s.state = 'done' THEN '{}'::jsonb
        WHEN ${signerId ?? null}::text IS NULL THEN jsonb_build_object('state', 'due')
        WHEN s.position = 1 THEN jsonb_build_object('state', 'due', 'signer_id', ${signerId ?? null}::text, 'role', 'signer')
        ELSE jsonb_build_object('state', 'pending') END)).*
    FROM signing.step AS s, copy AS c WHERE s.request_id = ${source}`.execute(context.db);
}
