import { fileURLToPath } from 'node:url';
import { Unavailable } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { verifyFile } from '../src/public-verification/verify.ts';
import type { TestCity } from './city.ts';

/** Sealing of many documents, for tests and measurements. */

/** A process that does the jobs of signing until it is killed; its arguments: the database's address, environment as JSON, a statement to die before, and `usual` for the pulse of an installation. */
export const worker = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Each has one seal more, one leaf and one archive; the log is whole, and no leaf is of nobody's signature; a sample is valid. */
export async function mustBeSealedOnce({ context }: TestCity, count: number): Promise<void> {
  const { rows } = await sql<Record<string, number>>`
    WITH sealed AS (
      SELECT i.request_id, count(*) AS seals, count(DISTINCT i.ledger_entry_id) AS leaves
      FROM signing.session_item AS i JOIN signing.session AS s ON s.id = i.session_id
      WHERE s.purpose = 'seal' AND i.state = 'signed' GROUP BY i.request_id)
    SELECT (SELECT count(*)::int FROM signing.request WHERE state = 'issued') AS issued,
      (SELECT count(*)::int FROM signing.archive) AS archives,
      (SELECT count(DISTINCT request_id)::int FROM signing.archive) AS archived,
      (SELECT count(*)::int FROM sealed WHERE seals = 1 AND leaves = 1) AS "sealed once",
      (SELECT count(*)::int FROM sealed) AS sealed,
      (SELECT count(*)::int FROM platform.outbox WHERE type = 'signing-request.issued') AS events`.execute(context.db);
  for (const [what, found] of Object.entries(rows[0] ?? {}))
    if (found !== count) throw new Error(`${found} ${what} of ${count}`);
  const leaves = await sql<{ log: number; signatures: number }>`
    SELECT (SELECT count(*) FROM platform.ledger_entry
        WHERE log = 'signatures' AND convert_from(leaf, 'UTF8') LIKE '%"type":"signature"%') AS log,
      (SELECT count(ledger_entry_id) FROM signing.session_item) AS signatures`.execute(context.db);
  const { log: inLog = 0, signatures: made = 0 } = leaves.rows[0] ?? {};
  if (inLog !== made) throw new Error(`${inLog} leaves of ${made} signatures`);
  const log = await context.ledger.verify('signatures');
  if (!log.intact) throw new Error(`the log: ${log.reason}`);
  const files = await sql<{ bytes: Buffer }>`
    SELECT d.bytes FROM signing.request AS r JOIN signing.document AS d ON d.id = r.signed_document_id
    WHERE r.state = 'issued' ORDER BY r.code LIMIT 50`.execute(context.db);
  for (const { bytes } of files.rows) {
    const { verdict, signatures } = await verifyPatiently(context, bytes);
    const seals = signatures.filter(({ format }) => format === 'PAdES').length;
    if (verdict !== 'valid' || seals !== 3) throw new Error(`${verdict} with ${seals} signatures`);
  }
}

/** On a machine that others use the judge may be too busy a few times. */
async function verifyPatiently(context: TestCity['context'], bytes: Buffer): ReturnType<typeof verifyFile> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await verifyFile(context, bytes);
    } catch (error) {
      if (!(error instanceof Unavailable) || tries === 20) throw error;
    }
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
