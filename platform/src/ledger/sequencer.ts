import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { CheckpointKey } from './checkpoint.ts';
import { type EntryRow, leafBytes } from './entry.ts';
import { type LogName, logNames } from './log-names.ts';
import { hashBytes, hashLeaf, type ReadTile, rootOf, rootOfHashes, tileWidth } from './tree.ts';

const batchSize = 1_000;

/**
 * Gives pending entries their index, writes the tiles that change, signs a checkpoint: one transaction, one sequencer
 * at a time. Returns how many entries it integrated (0 as well when another process is at it).
 */
export async function integrate(db: Database, log: LogName, key: CheckpointKey, clock: Clock): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const lock = await sql<{ got: boolean }>`
      SELECT pg_try_advisory_xact_lock(hashtextextended(${`edutrust.ledger.${log}`}, 0)) AS got`.execute(transaction);
    if (!lock.rows[0]?.got) return 0;
    // The limit stands inside: a backlog is not sorted anew for each batch.
    const { rows } = await sql<EntryRow>`
      WITH batch AS (
        SELECT entry_id FROM platform.ledger_pending WHERE log = ${log} ORDER BY log, entry_id LIMIT ${batchSize}
      )
      SELECT entry.id, at, type, actor, subject_kind, subject_id, organisation_id, data, leaf
      FROM batch JOIN platform.ledger_entry AS entry ON entry.id = batch.entry_id ORDER BY entry.id`.execute(
      transaction,
    );
    if (rows.length === 0) return 0;
    const size = await sizeOf(transaction, log);
    const ids = rows.map(({ id }) => id);
    await sql`
      INSERT INTO platform.ledger_leaf (log, index, entry_id)
      SELECT ${log}, ${size}::bigint + position - 1, id FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS row (id, position)`.execute(
      transaction,
    );
    await sql`DELETE FROM platform.ledger_pending WHERE log = ${log} AND entry_id = ANY(${ids}::uuid[])`.execute(
      transaction,
    );
    const read = cached(tileReader(transaction, log));
    await extendTiles(
      transaction,
      log,
      read,
      size,
      rows.map((row) => hashLeaf(leafBytes(row))),
    );
    const newSize = size + rows.length;
    const root = await rootOf(read.now, newSize);
    const note = key.sign({ size: newSize, root });
    await sql`
      INSERT INTO platform.ledger_checkpoint (log, size, root, note, at, previous, link)
      VALUES (${log}, ${newSize}, ${root}, ${note}, ${clock.now().toISOString()}, ${size}, ${key.link(size, note)})`.execute(
      transaction,
    );
    return rows.length;
  });
}

export function tileReader(db: Database | Transaction, log: LogName): ReadTile {
  return async (level, index) => {
    const { rows } = await sql<{ hashes: Buffer }>`
      SELECT hashes FROM platform.ledger_tile WHERE log = ${log} AND level = ${level} AND index = ${index}`.execute(db);
    return rows[0]?.hashes ?? Buffer.alloc(0);
  };
}

/** The logs in which something waits: asked without a lock, so that an idle sequencer writes nothing. */
export async function pendingLogs(db: Database): Promise<LogName[]> {
  const { rows } = await sql<{ log: LogName }>`
    SELECT log FROM unnest(${[...logNames]}::text[]) AS log
    WHERE EXISTS (SELECT FROM platform.ledger_pending AS p WHERE p.log = log.log)`.execute(db);
  return rows.map(({ log }) => log);
}

/** The number of entries that have an index. */
export async function sizeOf(db: Database | Transaction, log: LogName): Promise<number> {
  const { rows } = await sql<{ size: number }>`
    SELECT size FROM platform.ledger_checkpoint WHERE log = ${log} ORDER BY size DESC LIMIT 1`.execute(db);
  return rows[0]?.size ?? 0;
}

/** Tiles as they are with what this transaction has written. */
interface CachedTiles {
  readonly now: ReadTile;
  set(level: number, index: number, hashes: Buffer): void;
}

export function cached(read: ReadTile): CachedTiles {
  const known = new Map<string, Buffer>();
  return {
    now: async (level, index) => {
      const name = `${level}/${index}`;
      const hashes = known.get(name) ?? (await read(level, index));
      known.set(name, hashes);
      return hashes;
    },
    set: (level, index, hashes) => known.set(`${level}/${index}`, hashes),
  };
}

/** Appends hashes at one tile level; each tile that fills up adds its root one level higher. */
async function extendTiles(
  transaction: Transaction,
  log: LogName,
  tiles: CachedTiles,
  start: number,
  hashes: readonly Buffer[],
  level = 0,
): Promise<void> {
  const finished: Buffer[] = [];
  let position = start;
  let rest = hashes;
  while (rest.length > 0) {
    const index = Math.floor(position / tileWidth);
    const before = await tiles.now(level, index);
    const room = tileWidth - (position % tileWidth);
    const full = Buffer.concat([before.subarray(0, (position % tileWidth) * hashBytes), ...rest.slice(0, room)]);
    tiles.set(level, index, full);
    await sql`
      INSERT INTO platform.ledger_tile (log, level, index, hashes) VALUES (${log}, ${level}, ${index}, ${full})
      ON CONFLICT (log, level, index) DO UPDATE SET hashes = excluded.hashes`.execute(transaction);
    position += Math.min(room, rest.length);
    rest = rest.slice(room);
    if (full.length === tileWidth * hashBytes) {
      finished.push(rootOfHashes(full, tileWidth));
    }
  }
  if (finished.length > 0) {
    const firstFinished = Math.floor(start / tileWidth);
    await extendTiles(transaction, log, tiles, firstFinished, finished, level + 1);
  }
}
