import { sql } from 'kysely';
import Type from 'typebox';
import type { Database } from '../database/database.ts';
import { NotFound } from '../errors.ts';
import { anyone } from '../http/access.ts';
import { type Route, route } from '../http/route.ts';
import { hide } from '../schemas/schemas.ts';
import { verifierKeyText } from './cosignature.ts';
import { cosignedCheckpoint, cosignedProof } from './cosigning.ts';
import type { Ledger } from './ledger.ts';
import type { LogName } from './log-names.ts';
import { tileReader } from './sequencer.ts';
import { hashBytes, tileWidth } from './tree.ts';

/**
 * The public face of the logs (C2SP tlog-tiles): of `signatures` checkpoint, tiles and entry bundles; of `audit` and
 * `accesses` the checkpoint and the key, so that others can witness them; of each the newest head that witnesses have cosigned.
 */
export const ledgerRoutes = ({ db, ledger }: { readonly db: Database; readonly ledger: Ledger }): Route[] => [
  checkpoint(db, '/log/checkpoint', 'signatures'),
  checkpoint(db, '/log/audit/checkpoint', 'audit'),
  checkpoint(db, '/log/accesses/checkpoint', 'accesses'),
  cosigned(db, '/log/cosigned', 'signatures'),
  cosigned(db, '/log/audit/cosigned', 'audit'),
  cosigned(db, '/log/accesses/cosigned', 'accesses'),
  key(ledger, '/log/key', 'signatures'),
  key(ledger, '/log/audit/key', 'audit'),
  key(ledger, '/log/accesses/key', 'accesses'),
  cosignedEntry(db),
  tile(db),
];

const checkpoint = (db: Database, url: string, log: LogName) =>
  route({
    method: 'GET',
    url,
    access: anyone,
    schema: hide,
    handle: async (_request, reply) => {
      const { rows } = await sql<{ note: string }>`
        SELECT note FROM platform.ledger_checkpoint WHERE log = ${log} ORDER BY size DESC LIMIT 1`.execute(db);
      const note = rows[0]?.note;
      if (!note) throw noTile();
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(note);
    },
  });

/** The newest head with what witnesses of others say of it (C2SP tlog-cosignature). */
const cosigned = (db: Database, url: string, log: LogName) =>
  route({
    method: 'GET',
    url,
    access: anyone,
    schema: hide,
    handle: async (_request, reply) => {
      const note = await cosignedCheckpoint(db, log);
      if (!note) throw noTile();
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(note);
    },
  });

/** Of an entry of `signatures` the proof that it stands in that head: what `edutrust verify --evidence` takes (C2SP tlog-proof). */
const cosignedEntry = (db: Database) =>
  route({
    method: 'GET',
    url: '/log/cosigned/:index',
    access: anyone,
    schema: { ...hide, params: Type.Object({ index: Type.String({ pattern: '^(0|[1-9][0-9]{0,15})$' }) }) },
    handle: async ({ params }, reply) => {
      const proof = await cosignedProof(db, 'signatures', Number(params.index));
      if (!proof) throw noTile();
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(proof);
    },
  });

const key = (ledger: Ledger, url: string, log: LogName) =>
  route({
    method: 'GET',
    url,
    access: anyone,
    schema: hide,
    handle: async () => {
      const { origin, publicKey } = ledger.key(log);
      const verifierKey = verifierKeyText('log', { name: origin, publicKey });
      return { origin, publicKey: publicKey.toString('base64'), verifierKey };
    },
  });

const tile = (db: Database) =>
  route({
    method: 'GET',
    url: '/log/tile/*',
    access: anyone,
    schema: { ...hide, params: Type.Object({ '*': Type.String() }) },
    handle: async ({ params }, reply) => {
      const asked = parseTilePath(params['*']);
      if (!asked) throw noTile();
      const body = asked.level === 'entries' ? await bundle(db, asked) : await hashes(db, asked);
      if (!body) throw noTile();
      const isFull = asked.width === tileWidth;
      return reply
        .type('application/octet-stream')
        .header('cache-control', isFull ? 'public, max-age=31536000, immutable' : 'public, max-age=60')
        .send(body);
    },
  });

interface TilePath {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** `<L>/<N>[.p/<W>]`, N in groups of three with `x` before all but the last (C2SP tlog-tiles). */
export function parseTilePath(path: string): TilePath | undefined {
  const match = /^(entries|0|[1-5]?\d|6[0-3])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  const [, level = '', groups = '', partial] = match ?? [];
  const width = partial === undefined ? tileWidth : Number(partial);
  if (!match || width > tileWidth || (partial !== undefined && width === tileWidth)) return undefined;
  return { level: level === 'entries' ? level : Number(level), index: Number(groups.replaceAll(/[x/]/g, '')), width };
}

async function hashes(db: Database, { level, index, width }: TilePath): Promise<Buffer | undefined> {
  const tile = await tileReader(db, 'signatures')(Number(level), index);
  return tile.length < width * hashBytes ? undefined : tile.subarray(0, width * hashBytes);
}

/** Entries one after another, each behind its length in two bytes. */
async function bundle(db: Database, { index, width }: TilePath): Promise<Buffer | undefined> {
  const { rows } = await sql<{ leaf: Buffer }>`
    SELECT entry.leaf FROM platform.ledger_leaf AS leaf JOIN platform.ledger_entry AS entry ON entry.id = leaf.entry_id
    WHERE leaf.log = 'signatures' AND leaf.index >= ${index * tileWidth} AND leaf.index < ${index * tileWidth + width}
    ORDER BY leaf.index`.execute(db);
  if (rows.length < width) return undefined;
  return Buffer.concat(
    rows.flatMap(({ leaf }) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(leaf.length);
      return [length, leaf];
    }),
  );
}

function noTile(): NotFound {
  return new NotFound('log/no-tile', { vi: 'Sổ cái không có mảnh này.', en: 'The log has no such tile.' });
}
