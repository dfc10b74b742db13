import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { cosignedProof } from './cosigning.ts';
import { type EntryRow, leafBytes } from './entry.ts';
import type { Ledger } from './ledger.ts';
import { parseTlogProof, tlogProofText } from './proof.ts';

/** An entry of the audit log with the proof that it stands there. */
export interface ProvenEntry {
  readonly organisationId: string | null;
  /**
   * C2SP tlog-proof. Its `extra` is the leaf, the entry as canonical JSON, so that it says by itself what it proves; in a head
   * that witnesses cosigned where there is one.
   */
  readonly proof: string;
}

/** The newest entry of this type about a subject; undefined when there is none. Waits for its place in the log. */
export async function proveEntry(
  { db, ledger }: { readonly db: Database; readonly ledger: Ledger },
  { type, subjectId }: { readonly type: string; readonly subjectId: string },
): Promise<ProvenEntry | undefined> {
  const { rows } = await sql<EntryRow>`
    SELECT id, at, type, actor, subject_kind, subject_id, organisation_id, data, leaf FROM platform.ledger_entry
    WHERE log = 'audit' AND subject_id = ${subjectId} AND type = ${type} ORDER BY id DESC LIMIT 1`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const own = await ledger.proofOf(row.id);
  const cosigned = parseTlogProof((await cosignedProof(db, 'audit', own.index)) ?? '');
  const proof = tlogProofText({ ...(cosigned ?? own), index: own.index, extra: leafBytes(row) });
  return { organisationId: row.organisation_id, proof };
}
