import { cosignedBy, type WitnessPolicy } from './cosignature.ts';
import { type LogName, logNames } from './log-names.ts';
import { type LogPublicKey, openCheckpoint, type TreeHead } from './signed-note.ts';
import { hashBytes, hashLeaf, type ReadTile, rootOf, rootOfHashes, tileWidth } from './tree.ts';

/** What a monitor keeps of a log between two visits, as JSON: the key that it met first, and the newest head that held. */
export interface SeenLog {
  readonly origin: string;
  /** Raw Ed25519, base64. */
  readonly publicKey: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The signed note: proof against the log, should it deny it. */
  readonly note: string;
}

/** Of each log of an installation; empty before the first visit. */
export type SeenLogs = Readonly<Partial<Record<LogName, SeenLog>>>;

/** What a visit found of one log. `problem`: the log is not what it was, or contradicts itself. */
export interface MonitorFinding {
  readonly log: LogName;
  readonly size: number;
  /** Entries since the visit before. */
  readonly added: number;
  readonly problem?: string;
}

/** Bytes of a path below an installation's address, such as `/log/checkpoint`. Throws when it does not answer. */
export type FetchPath = (path: string) => Promise<Buffer>;

/** Witnesses whose word the monitor asks for: how many of them, and how old it may be. */
export interface Watched extends WitnessPolicy {
  readonly now: Date;
  readonly since: Date;
}

/** The log did what it promised never to do. */
class Broken extends Error {}

const pathOf = (log: LogName) => (log === 'signatures' ? '/log' : `/log/${log}`);
/** Entries of `signatures` that one visit reads; the next goes on. */
const mostEntries = 1_000_000;

/**
 * Visits the public logs of an installation as somebody outside (C2SP tlog-tiles; RFC 9162 §2.1.4): the key is still the one
 * that was met first, the newest head is signed by it and no smaller, and the log of signatures still begins with what it
 * held at the last visit, its new entries being those that the head commits to. Of `audit` and `accesses`, whose entries
 * are not public, heads alone are compared.
 *
 * With `watched`, each log must also show a head that enough of those witnesses have cosigned lately, and be a continuation of it: who shows different
 * people different logs has to win the witnesses, too.
 *
 * @returns what is to be kept: of a log with a problem what was kept before
 * @throws what `fetchPath` throws
 */
export async function monitorLogs(
  fetchPath: FetchPath,
  seen: SeenLogs,
  watched?: Watched,
): Promise<{ readonly findings: readonly MonitorFinding[]; readonly seen: SeenLogs }> {
  const findings: MonitorFinding[] = [];
  const kept: Partial<Record<LogName, SeenLog>> = { ...seen };
  for (const log of logNames) {
    const before = seen[log];
    try {
      const now = await visit(fetchPath, log, before, watched);
      if (now) kept[log] = now;
      findings.push({ log, size: now?.size ?? 0, added: (now?.size ?? 0) - (before?.size ?? 0) });
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      findings.push({ log, size: before?.size ?? 0, added: 0, problem: error.message });
    }
  }
  return { findings, seen: kept };
}

async function visit(
  fetchPath: FetchPath,
  log: LogName,
  before: SeenLog | undefined,
  watched: Watched | undefined,
): Promise<SeenLog | undefined> {
  const key = readKey(await fetchPath(`${pathOf(log)}/key`));
  if (before && (before.origin !== key.origin || before.publicKey !== key.publicKey.toString('base64')))
    throw new Broken('its key is another than before');
  const note = await fetchPath(`${pathOf(log)}/checkpoint`).catch((error: unknown) => {
    if (before) throw error;
    return undefined; // a log in which nothing stands yet has no head
  });
  if (!note) return undefined;
  const text = note.toString('utf8');
  const head = openCheckpoint(text, key);
  if (!head) throw new Broken('its newest head is not signed by its key');
  const { size } = head;
  if (before && size < before.size) throw new Broken(`it has ${size} entries, and had ${before.size}`);
  if (before && size === before.size && head.root.toString('base64') !== before.root)
    throw new Broken(`it shows two heads of ${size} entries`);
  if (log === 'signatures') await checkTiles(fetchPath, head, before);
  if (watched) await checkWitnesses(fetchPath, { log, key, head }, watched);
  return {
    origin: key.origin,
    publicKey: key.publicKey.toString('base64'),
    size,
    root: head.root.toString('base64'),
    note: text,
  };
}

/** Enough witnesses have cosigned a head lately that this log's newest one continues; of the log whose tiles are public that is proved. */
async function checkWitnesses(
  fetchPath: FetchPath,
  { log, key, head }: { readonly log: LogName; readonly key: LogPublicKey; readonly head: TreeHead },
  { witnesses, quorum, now, since }: Watched,
): Promise<void> {
  const note = await fetchPath(`${pathOf(log)}/cosigned`).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
  const cosigned = openCheckpoint(note, key);
  const by = cosigned ? cosignedBy(note, witnesses, { now, since }) : [];
  if (!cosigned || by.length < quorum)
    throw new Broken(`${by.length} of ${quorum} witnesses have cosigned a head of it lately`);
  if (cosigned.size === head.size && !cosigned.root.equals(head.root))
    throw new Broken(`it shows two heads of ${head.size} entries, one of them to the witnesses`);
  if (log !== 'signatures') return;
  // A newer one may have been cosigned while we looked: whichever is longer begins with the other.
  const [less, more] = cosigned.size < head.size ? [cosigned, head] : [head, cosigned];
  const read = tilesOf(fetchPath, more.size);
  for (const { size, root } of [more, less]) {
    const computed = await rootOf(read, size).catch(() => undefined);
    if (!computed?.equals(root)) throw new Broken(`what it shows is not what witnesses saw, ${cosigned.size} entries`);
  }
}

function readKey(bytes: Buffer): LogPublicKey {
  try {
    const { origin, publicKey } = JSON.parse(bytes.toString('utf8')) as Partial<Record<string, unknown>>;
    if (typeof origin === 'string' && typeof publicKey === 'string') {
      const raw = Buffer.from(publicKey, 'base64');
      if (raw.length === 32) return { origin, publicKey: raw };
    }
  } catch {
    // No JSON: as below.
  }
  throw new Broken('it tells no key');
}

/** The tiles lead to this head and to the one before, and the entries since then are what the tiles commit to. */
async function checkTiles(
  fetchPath: FetchPath,
  { size, root }: { readonly size: number; readonly root: Buffer },
  before: SeenLog | undefined,
): Promise<void> {
  const read = tilesOf(fetchPath, size);
  const computed = async (count: number) => {
    try {
      return await rootOf(read, count);
    } catch (error) {
      if (error instanceof RangeError || (error instanceof Error && /tile/.test(error.message))) return undefined;
      throw error;
    }
  };
  if (!(await computed(size))?.equals(root)) throw new Broken('its tiles do not lead to its newest head');
  if (before && (await computed(before.size))?.toString('base64') !== before.root)
    throw new Broken(`it no longer begins with the ${before.size} entries that it had`);
  const from = before?.size ?? 0;
  for (let index = Math.floor(from / tileWidth); index * tileWidth < Math.min(size, from + mostEntries); index += 1) {
    const width = Math.min(tileWidth, size - index * tileWidth);
    const tile = await read(0, index);
    if (!(await leadsUp(read, 0, index))) throw new Broken('its tiles do not lead to its newest head');
    const entries = readBundle(await fetchPath(tilePath('entries', index, width)));
    entries.slice(0, width).forEach((entry, at) => {
      if (!hashLeaf(entry).equals(tile.subarray(at * hashBytes, (at + 1) * hashBytes)))
        throw new Broken(`its entry ${index * tileWidth + at} is not the one that it committed to`);
    });
    if (entries.length < width)
      throw new Broken(`it shows ${entries.length} entries of ${width} from ${index * tileWidth} on`);
  }
}

/** A full tile is what the tile above says of it, up to one on the right edge, which the head was computed from. */
async function leadsUp(read: ReadTile, level: number, index: number): Promise<boolean> {
  const tile = await read(level, index);
  if (tile.length < tileWidth * hashBytes) return true;
  const [above, at] = [Math.floor(index / tileWidth), index % tileWidth];
  const said = (await read(level + 1, above)).subarray(at * hashBytes, (at + 1) * hashBytes);
  return rootOfHashes(tile, tileWidth).equals(said) && leadsUp(read, level + 1, above);
}

/** Tiles of a tree of that size, each asked for once. */
function tilesOf(fetchPath: FetchPath, size: number): ReadTile {
  const known = new Map<string, Promise<Buffer>>();
  return (level, index) => {
    const width = Math.min(tileWidth, Math.floor(size / tileWidth ** level) - index * tileWidth);
    const path = tilePath(level, index, width);
    const found = known.get(path) ?? fetchPath(path);
    known.set(path, found);
    return found;
  };
}

/** `<L>/<N>[.p/<W>]`, N in groups of three with `x` before all but the last (C2SP tlog-tiles). */
function tilePath(level: number | 'entries', index: number, width: number): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
  const groups = digits.match(/\d{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `/log/tile/${level}/${name}${width < tileWidth ? `.p/${width}` : ''}`;
}

/** Entries one after another, each behind its length in two bytes. */
function readBundle(bytes: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
