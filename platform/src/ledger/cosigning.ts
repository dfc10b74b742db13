import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { cosignatureOf, readVerifierKey, type WitnessKey } from './cosignature.ts';
import { type LogName, logNames } from './log-names.ts';
import { tlogProofText } from './proof.ts';
import { tileReader } from './sequencer.ts';
import { consistencyPath, inclusionPath } from './tree.ts';

/** A witness that is asked for its cosignature. */
export interface AskedWitness extends WitnessKey {
  /** What `/add-checkpoint` is put behind. */
  readonly url: string;
}

/** Sends the body to a witness; gives its answer. Throws when there is none. */
export type PostToWitness = (url: string, body: string) => Promise<{ readonly status: number; readonly body: string }>;

/** One witness a line, its key as C2SP writes it and its address; undefined when a line is neither. */
export function readWitnesses(text: string): AskedWitness[] | undefined {
  const witnesses: AskedWitness[] = [];
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [key = '', url = '', ...more] = line.split(/\s+/u);
    const known = readVerifierKey('witness', key);
    const parsed = URL.parse(url);
    if (!known || !parsed || !['http:', 'https:'].includes(parsed.protocol) || more.length > 0) return undefined;
    witnesses.push({ ...known, url: url.replace(/\/$/u, '') });
  }
  return witnesses;
}

const timeoutMs = 20_000;
const mostBytes = 65_536;

export const postToWitness: PostToWitness = async (url, body) => {
  const answer = await fetch(url, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  return { status: answer.status, body: (await answer.text()).slice(0, mostBytes) };
};

interface Tools {
  readonly db: Database;
  readonly log: Logger;
}

/**
 * Asks every witness for its cosignature on the newest head of each log (C2SP tlog-witness), and keeps it. A witness that is away, or that refuses, holds
 * up neither the others nor anything that waits for the log.
 */
export async function collectCosignatures(
  { db, log }: Tools,
  witnesses: readonly AskedWitness[],
  post: PostToWitness = postToWitness,
): Promise<void> {
  for (const name of logNames) {
    const head = await newestHead(db, name);
    if (!head) continue;
    await Promise.all(
      witnesses.map((witness) =>
        ask({ db, log }, witness, { ...head, name }, post).catch((error: unknown) =>
          log.warn({ err: error, witness: witness.name, ledger: name }, 'no cosignature'),
        ),
      ),
    );
  }
}

interface Head {
  readonly name: LogName;
  readonly size: number;
  readonly note: string;
}

async function newestHead(db: Database, name: LogName): Promise<Omit<Head, 'name'> | undefined> {
  const { rows } = await sql<Omit<Head, 'name'>>`
    SELECT size, note FROM platform.ledger_checkpoint WHERE log = ${name} ORDER BY size DESC LIMIT 1`.execute(db);
  return rows[0];
}

async function ask({ db, log }: Tools, witness: AskedWitness, head: Head, post: PostToWitness): Promise<void> {
  const { rows } = await sql<{ known: number }>`
    SELECT coalesce(max(size), 0) AS known FROM platform.ledger_cosignature
    WHERE log = ${head.name} AND witness = ${witness.name}`.execute(db);
  const known = rows[0]?.known ?? 0;
  if (known === head.size) return;
  const request = async (old: number) => {
    const path = await consistencyPath(tileReader(db, head.name), old, head.size);
    const lines = [`old ${old}`, ...path.map((hash) => hash.toString('base64'))].map((line) => `${line}\n`);
    return post(`${witness.url}/add-checkpoint`, `${lines.join('')}\n${head.note}`);
  };
  let answer = await request(known);
  // What it has seen last, when that is not what we remember: after a restore, or when its answer was lost.
  const theirs = answer.status === 409 ? /^(0|[1-9]\d{0,15})\n$/u.exec(answer.body)?.[1] : undefined;
  if (theirs !== undefined && Number(theirs) <= head.size) answer = await request(Number(theirs));
  const made = answer.status === 200 ? cosignatureOf(`${head.note}${answer.body}`, witness) : undefined;
  if (!made) {
    log.warn({ witness: witness.name, ledger: head.name, status: answer.status }, 'a witness gave no cosignature');
    return;
  }
  await sql`
    INSERT INTO platform.ledger_cosignature (log, size, witness, line, at)
    VALUES (${head.name}, ${head.size}, ${witness.name}, ${made.line}, ${made.at}) ON CONFLICT DO NOTHING`.execute(db);
}

/** Of the heads of the last ten minutes that anybody cosigned the one that most have, with their lines: the very newest may still be being asked for. */
export async function cosignedCheckpoint(db: Database, name: LogName): Promise<string | undefined> {
  const { rows } = await sql<{ note: string }>`
    SELECT note FROM (
      SELECT h.size, h.note || string_agg(c.line, '' ORDER BY c.witness) AS note, count(*) AS lines
      FROM platform.ledger_checkpoint AS h JOIN platform.ledger_cosignature AS c ON c.log = h.log AND c.size = h.size
      WHERE h.log = ${name}
        AND c.at >= (SELECT max(at) FROM platform.ledger_cosignature WHERE log = ${name}) - interval '10 minutes'
      GROUP BY h.log, h.size, h.note
    ) AS newest
    ORDER BY lines DESC, size DESC LIMIT 1`.execute(db);
  return rows[0]?.note;
}

/** That an entry stands in the newest head that witnesses cosigned, with their lines (C2SP tlog-proof); undefined while they have cosigned none that reaches it. */
export async function cosignedProof(db: Database, name: LogName, index: number): Promise<string | undefined> {
  const checkpoint = await cosignedCheckpoint(db, name);
  const size = Number(checkpoint?.split('\n')[1] ?? 0);
  if (!checkpoint || index >= size) return undefined;
  return tlogProofText({ index, path: await inclusionPath(tileReader(db, name), index, size), checkpoint });
}

const everyMs = 60_000;

/** Asks each minute until it is stopped. */
export function startCosigning(tools: Tools, witnesses: readonly AskedWitness[]): { stop(): Promise<void> } {
  let underWay = Promise.resolve();
  const once = () => {
    underWay = underWay
      .then(() => collectCosignatures(tools, witnesses))
      .catch((error: unknown) => tools.log.error({ err: error }, 'cosignatures'));
  };
  once();
  const timer = setInterval(once, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay;
    },
  };
}
