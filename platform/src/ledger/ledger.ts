import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createAlarm } from '../database/alarm.ts';
import { type Database, newsOf, statement, type Transaction } from '../database/database.ts';
import { lookEveryMs } from '../database/news.ts';
import { Unavailable } from '../errors.ts';
import { uuidv7 } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { SecretBox } from '../secrets/secrets.ts';
import { type CheckpointKey, loadCheckpointKey } from './checkpoint.ts';
import type { LogName } from './log-names.ts';
import { cached, integrate, pendingLogs, tileReader } from './sequencer.ts';
import { hashBytes, inclusionPath, type KnownSubtrees, type ReadTile, tileWidth } from './tree.ts';
import { type LedgerVerdict, verifyLog } from './verify.ts';

export { type AuditEntry, type AuditFilter, countAudit, listAudit } from './audit.ts';
export { type LogName, logNames } from './log-names.ts';
export type { LedgerVerdict } from './verify.ts';

/** Proof that a leaf is in the tree that a checkpoint commits to (RFC 9162 §2.1.3; C2SP tlog-checkpoint). */
export interface InclusionProof {
  readonly log: LogName;
  readonly index: number;
  readonly leafHash: Buffer;
  readonly path: readonly Buffer[];
  /** The signed note whose tree contains the leaf. */
  readonly checkpoint: string;
}

/**
 * Append-only Merkle logs in PostgreSQL. An entry is inserted without an index in the transaction of its effect;
 * one sequencer gives it its index within a second and signs a checkpoint (Ed25519 note).
 */
export interface Ledger {
  /** Adds the bytes as a leaf; returns the entry's id, to wait for its proof after the commit. */
  append(transaction: Transaction, log: LogName, entry: Uint8Array): Promise<string>;
  /** The same for several, in their order, by one statement. */
  appendAll(transaction: Transaction, log: LogName, entries: readonly Uint8Array[]): Promise<string[]>;
  /** Resolves once a checkpoint covers the entry; rejects with Unavailable after `timeoutMs` (default 10 s). */
  proofOf(entryId: string, timeoutMs?: number): Promise<InclusionProof>;
  /** The same for several, in their order: what their proofs share is read and hashed once. */
  proofsOf(entryIds: readonly string[], timeoutMs?: number): Promise<InclusionProof[]>;
  /**
   * Recomputes the whole log from its rows, in one snapshot. `witnessed` are checkpoints of this log that were kept
   * elsewhere; `inside` is the transaction whose state is verified instead of a snapshot of now.
   */
  verify(
    log: LogName,
    options?: { readonly witnessed?: readonly string[]; readonly inside?: Database | Transaction },
  ): Promise<LedgerVerdict>;
  /** Keys and origins, for those who check from outside. */
  key(log: LogName): Pick<CheckpointKey, 'origin' | 'publicKey'>;
  /** Integrates what is pending; also runs by itself after `start`. Gives the number of entries integrated. */
  integrate(): Promise<number>;
  /** Sequences in the background until stopped. */
  start(): { stop(): Promise<void> };
}

export interface LedgerOptions {
  readonly db: Database;
  readonly secrets: SecretBox;
  readonly config: Pick<Config, 'url'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Entries are integrated this long after the first of them was committed, many in one checkpoint: well within the second
 * in which an entry is promised its index. Who cannot wait sequences by itself.
 */
const gatherMs = 250;

/**
 * Parts of a `WITH` that log one leaf, whose columns are the parameters: for a statement whose effect stands beside them,
 * so that both are one round trip and one commit. The statement is news.
 */
export const leafWrites = ({ id, log, at, leaf }: Readonly<Record<'id' | 'log' | 'at' | 'leaf', string>>) => `
  logged AS (INSERT INTO platform.ledger_entry (id, log, at, leaf) VALUES (${id}, ${log}, ${at}, ${leaf})),
  awaited AS (INSERT INTO platform.ledger_pending (log, entry_id) VALUES (${log}, ${id}))`;

const append = statement<never, [id: string, log: LogName, at: string, leaf: Buffer]>(
  'platform.ledger-append',
  `WITH ${leafWrites({ id: '$1', log: '$2', at: '$3', leaf: '$4' })} SELECT WHERE false`,
  { isNews: true },
);

const appendAll = statement<never, [ids: string[], log: LogName, at: string, leaves: Buffer[]]>(
  'platform.ledger-append-all',
  `WITH entry AS (SELECT * FROM unnest($1::uuid[], $4::bytea[]) AS one (id, leaf)),
  logged AS (INSERT INTO platform.ledger_entry (id, log, at, leaf) SELECT id, $2, $3, leaf FROM entry),
  awaited AS (INSERT INTO platform.ledger_pending (log, entry_id) SELECT $2, id FROM entry) SELECT WHERE false`,
  { isNews: true },
);

export async function createLedger({ db, secrets, config, clock, log: logger }: LedgerOptions): Promise<Ledger> {
  const keys = {
    audit: await loadCheckpointKey(db, secrets, 'audit', config.url.host),
    signatures: await loadCheckpointKey(db, secrets, 'signatures', config.url.host),
    accesses: await loadCheckpointKey(db, secrets, 'accesses', config.url.host),
  };
  const integrateAll = async () => {
    let total = 0;
    for (const name of await pendingLogs(db)) total += await integrate(db, name, keys[name], clock);
    return total;
  };
  const proofsOf: Ledger['proofsOf'] = (entryIds, timeoutMs) => waitForProofs(db, integrateAll, entryIds, timeoutMs);
  const proofOf = async (entryId: string, timeoutMs?: number): Promise<InclusionProof> => {
    const [proof] = await proofsOf([entryId], timeoutMs);
    if (!proof) throw new TypeError('one proof for one entry');
    return proof;
  };
  return {
    append: async (transaction, log, entry) => {
      const id = uuidv7();
      await append(transaction, id, log, clock.now().toISOString(), Buffer.from(entry));
      return id;
    },
    appendAll: async (transaction, log, entries) => {
      const ids = entries.map(() => uuidv7());
      if (ids.length > 0)
        await appendAll(
          transaction,
          ids,
          log,
          clock.now().toISOString(),
          entries.map((entry) => Buffer.from(entry)),
        );
      return ids;
    },
    proofOf,
    proofsOf,
    verify: (log, { witnessed, inside } = {}) =>
      inside
        ? verifyLog(inside, log, keys[log], witnessed)
        : db
            .transaction()
            .setIsolationLevel('repeatable read')
            .setAccessMode('read only')
            .execute((snapshot) => verifyLog(snapshot, log, keys[log], witnessed)),
    key: (log) => keys[log],
    integrate: integrateAll,
    start: () => {
      let stopped = false;
      const alarm = createAlarm();
      const news = newsOf(db);
      const unsubscribe = news?.subscribe(alarm.ring);
      const running = (async () => {
        while (!stopped) {
          const count = await integrateAll().catch((error: unknown) => {
            logger.error({ err: error }, 'sequencer');
            return 0;
          });
          if (count > 0 || stopped) continue;
          if ((await alarm.wait(news?.lookEveryMs ?? lookEveryMs.whoDoesNot)) && !stopped) await alarm.pause(gatherMs);
        }
      })();
      return {
        stop: async () => {
          stopped = true;
          alarm.stop();
          await running;
          unsubscribe?.();
          await integrateAll().catch(() => 0); // what was acknowledged last is covered before we go
        },
      };
    },
  };
}

async function waitForProofs(
  db: Database,
  integrateAll: () => Promise<number>,
  entryIds: readonly string[],
  timeoutMs = 10_000,
): Promise<InclusionProof[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const proofs = await findProofs(db, entryIds);
    if (proofs) return proofs;
    if (performance.now() > deadline) {
      throw new Unavailable(
        'ledger/no-checkpoint',
        { vi: 'Sổ cái chưa xác nhận kịp.', en: 'The ledger did not confirm in time.' },
        { retryAfterSeconds: 2 },
      );
    }
    // Any process may sequence; the lock inside decides. So nobody waits for another's timer.
    if ((await integrateAll()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Undefined while one of them is in no tree that a checkpoint commits to. */
async function findProofs(db: Database, entryIds: readonly string[]): Promise<InclusionProof[] | undefined> {
  const { rows } = await sql<{ id: string; log: LogName; index: number; size: number; note: string }>`
    SELECT leaf.entry_id AS id, leaf.log, leaf.index, head.size, head.note
    FROM platform.ledger_leaf AS leaf
    JOIN LATERAL (
      SELECT size, note FROM platform.ledger_checkpoint
      WHERE log = leaf.log AND size > leaf.index ORDER BY size LIMIT 1
    ) AS head ON true
    WHERE leaf.entry_id = ANY(${[...entryIds]}::uuid[])`.execute(db);
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  if (entryIds.some((id) => !rowOf.has(id))) return undefined;
  const logs = new Map<LogName, { readonly read: ReadTile; readonly known: KnownSubtrees }>();
  const proofs: InclusionProof[] = [];
  for (const { log, index, size, note } of entryIds.flatMap((id) => rowOf.get(id) ?? [])) {
    // What is read after the checkpoint has all that it commits to; leaves that came since change nothing in it.
    const { read, known } = logs.get(log) ?? { read: cached(tileReader(db, log)).now, known: new Map() };
    logs.set(log, { read, known });
    const tile = await read(0, Math.floor(index / tileWidth));
    const offset = (index % tileWidth) * hashBytes;
    const leafHash = Buffer.from(tile.subarray(offset, offset + hashBytes));
    proofs.push({ log, index, leafHash, path: await inclusionPath(read, index, size, known), checkpoint: note });
  }
  return proofs;
}
