import type { KeyObject } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { cosign } from './cosign.ts';
import type { WitnessKey } from './cosignature.ts';
import { type LogPublicKey, openCheckpoint } from './signed-note.ts';
import { hashBytes, isConsistent } from './tree.ts';

/** What a witness answers over HTTP. */
export interface CosignerAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  readonly type?: 'text/x.tlog.size';
}

/** A witness of logs of others (C2SP tlog-witness). */
export interface Cosigner {
  /** The body of `add-checkpoint`. */
  addCheckpoint(body: string): Promise<CosignerAnswer>;
}

interface Seen {
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

/** Longest consistency proof (tlog-witness). */
const mostHashes = 63;

/**
 * A witness that keeps of each log the newest head that it has cosigned, in one file of a folder, written whole and flushed before it answers. It cosigns
 * only a head that is signed by the log and proved to begin with the one before: a log that was cut, rewritten or grown apart gets nothing.
 */
export function createCosigner({
  key,
  logs,
  folder,
  clock,
}: {
  readonly key: WitnessKey & { readonly privateKey: KeyObject };
  readonly logs: readonly LogPublicKey[];
  readonly folder: string;
  readonly clock: Clock;
}): Cosigner {
  const file = join(folder, 'heads.json');
  const answer = async (body: string): Promise<CosignerAnswer> => {
    const asked = readRequest(body);
    if (!asked) return { status: 400, body: 'not an add-checkpoint request\n' };
    const log = logs.find(({ origin }) => asked.note.startsWith(`${origin}\n`));
    if (!log) return { status: 404, body: 'a log that is not witnessed here\n' };
    const head = openCheckpoint(asked.note, log);
    if (!head) return { status: 403, body: 'not signed by the log\n' };
    if (asked.old > head.size) return { status: 400, body: 'an old size beyond the head\n' };
    const heads = await readHeads(file);
    const before = heads[log.origin] ?? { size: 0, root: '' };
    const known = { size: before.size, root: Buffer.from(before.root, 'base64') };
    if (asked.old !== known.size) return { status: 409, body: `${known.size}\n`, type: 'text/x.tlog.size' };
    if (known.size === head.size && !known.root.equals(head.root))
      return { status: 409, body: `${known.size}\n`, type: 'text/x.tlog.size' };
    if (!isConsistent(known, head, asked.path)) return { status: 422, body: 'not consistent with what was seen\n' };
    await writeHeads(folder, file, { ...heads, [log.origin]: { size: head.size, root: head.root.toString('base64') } });
    return { status: 200, body: cosign(asked.note, key, clock.now()) };
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    // One after another: what is compared is what is kept (tlog-witness, the race of two requests).
    addCheckpoint: (body) => {
      const mine = last.then(() => answer(body));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

function readRequest(
  body: string,
): { readonly old: number; readonly path: readonly Buffer[]; readonly note: string } | undefined {
  const end = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n');
  const old = /^old (0|[1-9]\d{0,15})$/u.exec(first)?.[1];
  const path = lines.map((line) => Buffer.from(line, 'base64'));
  if (old === undefined || path.length > mostHashes || path.some((hash) => hash.length !== hashBytes)) return undefined;
  return { old: Number(old), path, note: body.slice(end + 2) };
}

async function readHeads(file: string): Promise<Readonly<Record<string, Seen>>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'; // nothing was witnessed yet
    throw error;
  });
  return JSON.parse(text); // written by us, whole
}

async function writeHeads(folder: string, file: string, heads: Readonly<Record<string, Seen>>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(heads));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
