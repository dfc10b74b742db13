import { sqlDateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { post } from '@edutrust/platform/public-address';
import { sql } from 'kysely';
import { loadSigningKeys } from '../provider/keys.ts';
import { createSubjects } from '../provider/subject.ts';
import { signalOf, sources } from './kinds.ts';
import { signSet } from './set.ts';
import { authorizationOf, enqueuePush, type Stream } from './streams.ts';

const answerMs = 10_000;
const batchSize = 50;
/** Nobody acts on an older signal; who polls less often reads how people stand anew. */
const keptDays = 30;

/**
 * Notes what happened for the receivers that may hear of it: approved apps to which the person's subject went out, and
 * which the person agreed to or is, or until yesterday was, one of. An event that is noted twice has the same token id.
 * What an erasure noted (`purge.ts`) only has to be sent.
 */
export function signalReader({ db, jobs }: Pick<ServiceContext, 'db' | 'jobs'>): OutboxReader {
  return {
    consumer: 'idp.shared-signals',
    types: [...sources, 'account.purged'],
    handle: async (events) => {
      const signals = events.flatMap((event, number) => {
        const signal = event.subject.kind === 'person' ? signalOf(event) : undefined;
        return signal ? [{ number, event: event.id, person: event.subject.id, at: event.at, ...signal }] : [];
      });
      await db.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ stream: string }>`
          WITH noted AS (
            INSERT INTO idp.signal (stream_id, jti, type, person_id, details, at)
            SELECT s.id, md5(s.id::text || e.event || e.type)::uuid, e.type, e.person, e.details, e.at
            FROM jsonb_to_recordset(${JSON.stringify(signals)}::jsonb) AS e (
                number int, event uuid, person uuid, at timestamptz, type text, details jsonb)
              JOIN idp.subject AS known ON known.person_id = e.person
              JOIN idp.app AS a ON a.sector = known.sector AND a.ended_at IS NULL AND a.is_approved
              JOIN idp.signal_stream AS s ON s.client_id = a.client_id AND s.status <> 'disabled' AND e.type = ANY(s.requested)
            WHERE EXISTS (SELECT FROM idp.consent AS c WHERE c.person_id = e.person AND c.client_id = a.client_id)
              OR EXISTS (
                SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
                WHERE f.person_id = e.person AND f.role = ANY(a.audience)
                  AND (f.valid_until IS NULL OR f.valid_until >= ${sqlDateInVietnam('e.at')} - 1)
                  AND ((NOT a.is_external AND a.organisation_id = ANY(o.path)) OR EXISTS (
                    SELECT FROM idp.app_activation AS v WHERE v.client_id = a.client_id AND v.organisation_id = ANY(o.path))))
            ORDER BY e.number
            ON CONFLICT DO NOTHING RETURNING stream_id)
          SELECT DISTINCT stream_id AS stream FROM noted`.execute(transaction);
        const purged = events.some(({ type }) => type === 'account.purged')
          ? await sql<{ stream: string }>`
              SELECT DISTINCT stream_id AS stream FROM idp.signal WHERE sub IS NOT NULL`.execute(transaction)
          : { rows: [] };
        for (const stream of new Set([...rows, ...purged.rows].map((row) => row.stream)))
          await enqueuePush({ jobs }, transaction, stream);
      });
    },
  };
}

interface Waiting {
  readonly position: number;
  readonly jti: string;
  readonly type: string;
  readonly personId: string | null;
  /** Of somebody who is erased. */
  readonly sub: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** What waits for a stream, in its order. */
async function waitingFor(db: Database, streamId: string, most: number): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    SELECT position, jti, type, person_id AS "personId", sub, details, at FROM idp.signal
    WHERE stream_id = ${streamId} ORDER BY position LIMIT ${most}`.execute(db);
  return rows;
}

/** The next tokens of a stream, signed with the key of now, and whether more wait. */
export async function nextSets(
  context: ServiceContext,
  stream: Stream,
  most: number,
): Promise<{ readonly sets: { readonly jti: string; readonly token: string }[]; readonly isMore: boolean }> {
  if (stream.status !== 'enabled') return { sets: [], isMore: false };
  const waiting = await waitingFor(context.db, stream.id, most + 1);
  const [key] = (await loadSigningKeys(context)).filter(({ alg }) => alg === 'RS256');
  if (!key) throw new TypeError('a generation has a key of each algorithm');
  const subjectOf = createSubjects(context);
  const issuer = context.config.url.origin;
  const { clientId: audience } = stream;
  const sector = await sectorOf(context.db, audience);
  const sets = [];
  for (const { jti, at, type, details, personId, sub: kept } of waiting.slice(0, most)) {
    const sub = kept ?? (personId && (await subjectOf(sector, personId)));
    const subject = sub
      ? ({ format: 'iss_sub', iss: issuer, sub } as const)
      : ({ format: 'opaque', id: stream.id } as const);
    const about = sub ? { event_timestamp: Math.floor(at.getTime() / 1_000), ...details } : details;
    sets.push({ jti, token: signSet(key, { issuer, audience, jti, at, subject, type, details: about }) });
  }
  return { sets, isMore: waiting.length > most };
}

async function sectorOf(db: Database, clientId: string): Promise<string> {
  const { rows } = await sql<{ sector: string }>`SELECT sector FROM idp.app WHERE client_id = ${clientId}`.execute(db);
  return rows[0]?.sector ?? clientId;
}

/** Takes what a receiver has, or can do nothing with, off the list. */
export async function acknowledge(db: Database, { id }: Stream, jtis: readonly string[]): Promise<void> {
  await sql`DELETE FROM idp.signal WHERE stream_id = ${id} AND jti::text = ANY(${[...jtis]})`.execute(db);
}

/**
 * Pushes what waits, one token after another in their order (RFC 8935 §2.1). Throws when one is not taken: the job tries
 * again, with the same token id.
 */
export async function pushStream(context: ServiceContext, streamId: string): Promise<void> {
  for (;;) {
    const stream = await liveStream(context.db, streamId);
    if (!stream?.endpointUrl) return;
    const { sets, isMore } = await nextSets(context, stream, batchSize);
    for (const { jti, token } of sets) {
      const authorization = authorizationOf(context, stream);
      const { status } = await post(stream.endpointUrl, {
        headers: {
          'content-type': 'application/secevent+jwt',
          accept: 'application/json',
          ...(authorization ? { authorization } : {}),
        },
        body: token,
        issuer: context.config.url,
        timeoutMs: answerMs,
      });
      if (status !== 202 && status !== 200 && status !== 204)
        throw new Error(`${stream.clientId} answered ${status} to a signal`);
      await acknowledge(context.db, stream, [jti]);
    }
    if (!isMore) return;
  }
}

/** A stream whose app has not ended and is approved still. */
async function liveStream(db: Database, id: string): Promise<Stream | undefined> {
  const { rows } = await sql<Stream>`
    SELECT s.id, s.client_id AS "clientId", s.endpoint_url AS "endpointUrl", s.sealed_authorization AS "sealedAuthorization", s.status
    FROM idp.signal_stream AS s JOIN idp.app AS a ON a.client_id = s.client_id AND a.ended_at IS NULL AND a.is_approved
    WHERE s.id = ${id}`.execute(db);
  return rows[0];
}

export async function forgetOldSignals({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - keptDays * 86_400_000);
  await sql`DELETE FROM idp.signal WHERE at < ${before}`.execute(db);
}
