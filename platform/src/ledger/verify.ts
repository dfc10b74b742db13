import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { type CheckpointKey, openCheckpoint } from './checkpoint.ts';
import { type EntryRow, leafBytes } from './entry.ts';
import type { LedgerVerdict, LogName } from './ledger.ts';
import { tileReader } from './sequencer.ts';
import { CompactRange, hashBytes, hashLeaf, tileWidth } from './tree.ts';

const batchSize = 5_000;

type LeafRow = EntryRow & { index: number; entry_id: string; exists: boolean };

/**
 * Recomputes every leaf from its row and every signed tree head from the leaves. Names the first entry that was
 * altered, removed, moved or added; when rows and tiles were both rewritten, the first entry after the last tree
 * head that still holds. Memory is that of one batch.
 */
export async function verifyLog(
  db: Database,
  log: LogName,
  key: Pick<CheckpointKey, 'origin' | 'publicKey'>,
  witnessed?: string,
): Promise<LedgerVerdict> {
  const heads = await readHeads(db, log);
  const size = heads.at(-1)?.size ?? 0;
  const bad = (firstBadIndex: number, reason: string): LedgerVerdict => ({
    intact: false,
    log,
    size,
    firstBadIndex,
    reason,
  });
  const witness = witnessed === undefined ? undefined : openCheckpoint(witnessed, key);
  if (witnessed !== undefined && !witness) return bad(0, 'the witnessed checkpoint is not signed by this log');
  if (witness && witness.size > size)
    return bad(size, `the log is shorter than a witnessed checkpoint of ${witness.size}`);

  const range = new CompactRange();
  const readTile = tileReader(db, log);
  const pendingHeads = heads.values();
  let head = pendingHeads.next().value;
  let lastGoodSize = 0;
  for (let from = 0; from < size; from += batchSize) {
    const rows = await readLeaves(db, log, from, Math.min(size, from + batchSize));
    let tile: Buffer = Buffer.alloc(0);
    for (let index = from; index < Math.min(size, from + batchSize); index += 1) {
      if (index % tileWidth === 0 || index === from) tile = await readTile(0, Math.floor(index / tileWidth));
      const row = rows[index - from];
      if (!row || row.index !== index) return bad(index, 'the entry has no place in the log any more');
      if (!row.exists) return bad(index, 'the entry was removed');
      const leafHash = hashLeaf(leafBytes(row));
      const offset = (index % tileWidth) * hashBytes;
      if (!leafHash.equals(tile.subarray(offset, offset + hashBytes)))
        return bad(index, 'the entry is not what was logged');
      range.append(leafHash);
      if (witness?.size === range.size && !witness.root.equals(range.root())) {
        return bad(lastGoodSize, 'the log differs from the witnessed checkpoint');
      }
      if (head?.size === range.size) {
        const opened = openCheckpoint(head.note, key);
        if (!opened || opened.size !== head.size) return bad(lastGoodSize, 'a tree head is not signed by this log');
        if (!opened.root.equals(range.root()))
          return bad(lastGoodSize, 'the entries do not add up to the signed tree head');
        lastGoodSize = range.size;
        head = pendingHeads.next().value;
      }
    }
  }
  const surplus = await surplusOf(db, log, size);
  if (surplus > 0) return bad(size, `${surplus} entries stand in the table that never went through the log`);
  return { intact: true, log, size };
}

async function readHeads(db: Database, log: LogName): Promise<{ size: number; note: string }[]> {
  const { rows } = await sql<{ size: number; note: string }>`
    SELECT size, note FROM platform.ledger_checkpoint WHERE log = ${log} ORDER BY size`.execute(db);
  return rows;
}

async function readLeaves(db: Database, log: LogName, from: number, until: number): Promise<LeafRow[]> {
  const { rows } = await sql<LeafRow>`
    SELECT leaf.index, leaf.entry_id, entry.id IS NOT NULL AS exists,
      entry.id, at, type, actor, subject_kind, subject_id, organisation_id, data, entry.leaf
    FROM platform.ledger_leaf AS leaf
    LEFT JOIN platform.ledger_entry AS entry ON entry.id = leaf.entry_id AND entry.log = leaf.log
    WHERE leaf.log = ${log} AND leaf.index >= ${from} AND leaf.index < ${until} ORDER BY leaf.index`.execute(db);
  return rows;
}

/** Entries and places that no tree head covers and that do not wait for one. */
async function surplusOf(db: Database, log: LogName, size: number): Promise<number> {
  const { rows } = await sql<{ surplus: number }>`
    SELECT (SELECT count(*) FROM platform.ledger_entry WHERE log = ${log})
      - (SELECT count(*) FROM platform.ledger_pending WHERE log = ${log})
      - ${size}
      + (SELECT count(*) FROM platform.ledger_leaf WHERE log = ${log} AND index >= ${size}) AS surplus`.execute(db);
  return rows[0]?.surplus ?? 0;
}
