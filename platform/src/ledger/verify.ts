import { sql } from 'kysely';
import type { Database, Transaction } from '../database/database.ts';
import type { CheckpointKey } from './checkpoint.ts';
import { type EntryRow, leafBytes } from './entry.ts';
import type { LogName } from './log-names.ts';
import { tileReader } from './sequencer.ts';
import { isLinked, openCheckpoint, type TreeHead } from './signed-note.ts';
import { CompactRange, hashBytes, hashLeaf, tileWidth } from './tree.ts';

/** What `verify` found. */
export type LedgerVerdict =
  | { readonly intact: true; readonly log: LogName; readonly size: number }
  | {
      readonly intact: false;
      readonly log: LogName;
      readonly size: number;
      /** Zero-based index of the first entry that is not as it was when it was logged. */
      readonly firstBadIndex: number;
      readonly reason: string;
    };

const batchSize = 5_000;

type LeafRow = EntryRow & { index: number; entry_id: string; exists: boolean };

interface HeadRow {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  readonly previous: number | null;
  readonly link: Buffer | null;
}

/**
 * Recomputes every leaf from its row and every signed tree head from the leaves. Names the first entry that was
 * altered, removed, moved or added; when rows and tiles were both rewritten, the first entry after the last tree
 * head that still holds. Every head is reached in the order of its size, and is linked to the one before (L7). Memory is
 * that of one batch and of the witnessed checkpoints.
 *
 * What it sees is one snapshot, whatever is logged meanwhile (L6): the caller's transaction is REPEATABLE READ.
 */
export async function verifyLog(
  snapshot: Database | Transaction,
  log: LogName,
  key: Pick<CheckpointKey, 'origin' | 'publicKey'>,
  witnessed: readonly string[] = [],
): Promise<LedgerVerdict> {
  const range = await readRange(snapshot, log);
  const size = range.last ?? 0;
  const bad = (firstBadIndex: number, reason: string): LedgerVerdict => ({
    intact: false,
    log,
    size,
    firstBadIndex,
    reason,
  });
  if (range.first !== null && range.first < 1) return bad(0, 'a tree head has no size');
  const witnesses = openWitnesses(witnessed, key);
  if (!witnesses) return bad(0, 'a witnessed checkpoint is not signed by this log');
  const beyond = witnesses.find((witness) => witness.size > size);
  if (beyond) return bad(size, `the log is shorter than a witnessed checkpoint of ${beyond.size}`);

  const tree = new CompactRange();
  const heads = readHeads(snapshot, log);
  const nextHead = async () => (await heads.next()).value as HeadRow | undefined; // the generator returns nothing
  let witness = witnesses.shift();
  let head = await nextHead();
  let before: HeadRow | undefined;
  const readTile = tileReader(snapshot, log);
  for (let from = 0; from < size; from += batchSize) {
    const rows = await readLeaves(snapshot, log, from, Math.min(size, from + batchSize));
    let tile: Buffer = Buffer.alloc(0);
    for (let index = from; index < Math.min(size, from + batchSize); index += 1) {
      if (index % tileWidth === 0 || index === from) tile = await readTile(0, Math.floor(index / tileWidth));
      const row = rows[index - from];
      if (!row || row.index !== index) return bad(index, 'the entry no longer has a place in the log');
      if (!row.exists) return bad(index, 'the entry was removed');
      const leafHash = hashLeaf(leafBytes(row));
      const offset = (index % tileWidth) * hashBytes;
      if (!leafHash.equals(tile.subarray(offset, offset + hashBytes)))
        return bad(index, 'the entry is not what was logged');
      tree.append(leafHash);
      while (witness?.size === tree.size) {
        if (!witness.root.equals(tree.root()))
          return bad(before?.size ?? 0, 'the log differs from a witnessed checkpoint');
        witness = witnesses.shift();
      }
      if (head?.size === tree.size) {
        const problem = problemOf(head, before, tree.root(), key);
        if (problem) return bad(before?.size ?? 0, problem);
        before = head;
        head = await nextHead();
      }
    }
  }
  if (head) return bad(before?.size ?? 0, 'a tree head was not reached by the entries');
  const surplus = await surplusOf(snapshot, log, size);
  if (surplus > 0) return bad(size, `${surplus} entries stand in the table that never went through the log`);
  return { intact: true, log, size };
}

/** What is wrong with a head at its size; undefined when nothing is. */
function problemOf(
  head: HeadRow,
  before: HeadRow | undefined,
  root: Buffer,
  key: Pick<CheckpointKey, 'origin' | 'publicKey'>,
): string | undefined {
  const opened = openCheckpoint(head.note, key);
  if (!opened || opened.size !== head.size) return 'a tree head is not signed by this log';
  if (!opened.root.equals(root) || !head.root.equals(root)) return 'the entries do not add up to the signed tree head';
  if (head.link === null) return before?.link ? 'a tree head is not linked to the one before' : undefined; // of before heads were linked
  if (!isLinked(head.link, head.previous ?? -1, head.note, key)) return 'a tree head is not linked to the one before';
  return head.previous === (before?.size ?? 0) ? undefined : 'a tree head was removed or added';
}

/** The witnessed heads by size; undefined when one is not of this log. */
function openWitnesses(
  notes: readonly string[],
  key: Pick<CheckpointKey, 'origin' | 'publicKey'>,
): TreeHead[] | undefined {
  const opened = notes.map((note) => openCheckpoint(note, key));
  if (opened.includes(undefined)) return undefined;
  return (opened as TreeHead[]).filter(({ size }) => size > 0).sort((one, other) => one.size - other.size); // checked above
}

async function readRange(db: Database | Transaction, log: LogName) {
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    SELECT min(size) AS first, max(size) AS last FROM platform.ledger_checkpoint WHERE log = ${log}`.execute(db);
  return rows[0] ?? { first: null, last: null };
}

async function* readHeads(db: Database | Transaction, log: LogName): AsyncGenerator<HeadRow, undefined> {
  for (let after = 0; ; ) {
    const { rows } = await sql<HeadRow>`
      SELECT size, root, note, previous, link FROM platform.ledger_checkpoint
      WHERE log = ${log} AND size > ${after} ORDER BY size LIMIT ${batchSize}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return undefined;
    after = last.size;
  }
}

async function readLeaves(db: Database | Transaction, log: LogName, from: number, until: number): Promise<LeafRow[]> {
  const { rows } = await sql<LeafRow>`
    SELECT leaf.index, leaf.entry_id, entry.id IS NOT NULL AS exists,
      entry.id, at, type, actor, subject_kind, subject_id, organisation_id, data, entry.leaf
    FROM platform.ledger_leaf AS leaf
    LEFT JOIN platform.ledger_entry AS entry ON entry.id = leaf.entry_id AND entry.log = leaf.log
    WHERE leaf.log = ${log} AND leaf.index >= ${from} AND leaf.index < ${until} ORDER BY leaf.index`.execute(db);
  return rows;
}

/** Entries and places that no tree head covers and that do not wait for one. */
async function surplusOf(db: Database | Transaction, log: LogName, size: number): Promise<number> {
  const { rows } = await sql<{ surplus: number }>`
    SELECT (SELECT count(*) FROM platform.ledger_entry WHERE log = ${log})
      - (SELECT count(*) FROM platform.ledger_pending WHERE log = ${log})
      - ${size}
      + (SELECT count(*) FROM platform.ledger_leaf WHERE log = ${log} AND index >= ${size}) AS surplus`.execute(db);
  return rows[0]?.surplus ?? 0;
}
