import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound, TooManyRequests } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { mayBeCalled } from '@edutrust/platform/public-address';
import { sql } from 'kysely';
import { parseAppAddress } from '../apps/addresses.ts';
import { record } from '../events.ts';
import { type SignalType, signalTypes, verificationType } from './kinds.ts';

/** The job that pushes what waits for one stream; by the stream's id. */
export const pushTask = 'idp.signals-push';

export type StreamStatus = 'enabled' | 'paused' | 'disabled';

/** How a receiver hears of what happens (SSF 1.0 §8.1.1); an app has at most one. */
export interface Stream {
  readonly id: string;
  readonly clientId: string;
  /** Where tokens are pushed (RFC 8935); null: the receiver polls (RFC 8936). */
  readonly endpointUrl: string | null;
  /** What stands in `Authorization` there, encrypted. */
  readonly sealedAuthorization: Buffer | null;
  readonly requested: readonly string[];
  readonly description: string | null;
  readonly status: StreamStatus;
  readonly reason: string | null;
  readonly verifiedAt: Date | null;
}

/** Those that are asked for and that there are. */
export const deliveredOf = ({ requested }: Pick<Stream, 'requested'>): SignalType[] =>
  signalTypes.filter((type) => requested.includes(type));

export interface StreamInput {
  readonly endpointUrl: string | null;
  readonly authorization?: string | undefined;
  readonly requested: readonly string[];
  readonly description: string | null;
}

type Tools = Pick<ServiceContext, 'secrets' | 'config' | 'clock' | 'jobs'>;
const sealedFor = (id: string) => `idp.signal_stream/${id}`;
/** Seconds between two verifications that a receiver asks for (SSF 1.0 §8.1.4.2). */
export const verificationSeconds = 60;

const columns = sql`id, client_id AS "clientId", endpoint_url AS "endpointUrl", sealed_authorization AS "sealedAuthorization",
  requested, description, status, reason, verified_at AS "verifiedAt"`;

/** The stream of this app, held until the transaction ends. @throws NotFound, also for the stream of another app */
export async function lockStream(transaction: Transaction, clientId: string, id: string): Promise<Stream> {
  const { rows } = await sql<Stream>`
    SELECT ${columns} FROM idp.signal_stream WHERE client_id = ${clientId} AND id = ${isUuid(id) ? id : null} FOR UPDATE`.execute(
    transaction,
  );
  if (!rows[0]) throw noStream();
  return rows[0];
}

/** @throws NotFound, also for the stream of another app */
export async function findStream({ db }: Pick<ServiceContext, 'db'>, clientId: string, id: string): Promise<Stream> {
  const found = (await streamsOf({ db }, clientId)).find((stream) => stream.id === id);
  if (!found) throw noStream();
  return found;
}

export async function streamsOf({ db }: Pick<ServiceContext, 'db'>, clientId: string): Promise<Stream[]> {
  const { rows } = await sql<Stream>`
    SELECT ${columns} FROM idp.signal_stream WHERE client_id = ${clientId}`.execute(db);
  return rows;
}

const noStream = () =>
  new NotFound('signals/no-stream', { vi: 'Không có luồng tín hiệu này.', en: 'There is no such stream.' });

/** @throws InvalidInput `signals/bad-address`; Conflict `signals/has-stream`: an app has one stream (SSF 1.0 §8.1.1.1) */
export async function addStream(
  tools: Tools,
  transaction: Transaction,
  clientId: string,
  input: StreamInput,
): Promise<Stream> {
  mustBePublic(tools, input.endpointUrl);
  const id = uuidv7();
  const { rows } = await sql<Stream>`
    INSERT INTO idp.signal_stream (id, client_id, endpoint_url, sealed_authorization, requested, description, created_at)
    VALUES (${id}, ${clientId}, ${input.endpointUrl}, ${seal(tools, id, input)}, ${[...input.requested]}, ${input.description}, ${tools.clock.now()})
    ON CONFLICT (client_id) DO NOTHING RETURNING ${columns}`.execute(transaction);
  if (!rows[0])
    throw new Conflict('signals/has-stream', {
      vi: 'Ứng dụng đã có một luồng tín hiệu.',
      en: 'The app has a stream already.',
    });
  await recordStream(transaction, 'signal-stream.added', clientId);
  return rows[0];
}

/** @throws InvalidInput `signals/bad-address` */
export async function changeStream(
  tools: Tools,
  transaction: Transaction,
  stream: Stream,
  input: StreamInput,
): Promise<Stream> {
  mustBePublic(tools, input.endpointUrl);
  // A kept secret never goes to another address.
  const isSamePlace = input.endpointUrl === stream.endpointUrl && input.authorization === undefined;
  const sealed = isSamePlace ? stream.sealedAuthorization : seal(tools, stream.id, input);
  const { rows } = await sql<Stream>`
    UPDATE idp.signal_stream SET endpoint_url = ${input.endpointUrl}, sealed_authorization = ${sealed},
      requested = ${[...input.requested]}, description = ${input.description}
    WHERE id = ${stream.id} RETURNING ${columns}`.execute(transaction);
  await recordStream(transaction, 'signal-stream.changed', stream.clientId);
  await enqueuePush(tools, transaction, stream.id);
  return rows[0] ?? stream;
}

export async function removeStream(transaction: Transaction, { id, clientId }: Stream): Promise<void> {
  await sql`DELETE FROM idp.signal_stream WHERE id = ${id}`.execute(transaction);
  await recordStream(transaction, 'signal-stream.removed', clientId);
}

/** What a paused stream misses waits for it; of a disabled one nothing is kept (SSF 1.0 §8.1.2). */
export async function setStatus(
  tools: Tools,
  transaction: Transaction,
  stream: Stream,
  { status, reason }: { readonly status: StreamStatus; readonly reason: string | null },
): Promise<Stream> {
  const { rows } = await sql<Stream>`
    UPDATE idp.signal_stream SET status = ${status}, reason = ${reason} WHERE id = ${stream.id} RETURNING ${columns}`.execute(
    transaction,
  );
  if (status === 'disabled') await sql`DELETE FROM idp.signal WHERE stream_id = ${stream.id}`.execute(transaction);
  if (status !== stream.status) await recordStream(transaction, 'signal-stream.changed', stream.clientId);
  if (status === 'enabled') await enqueuePush(tools, transaction, stream.id);
  return rows[0] ?? stream;
}

/** Sends the receiver a token that says nothing but its own words; a disabled stream gets none. @throws TooManyRequests `signals/verified-just-now` */
export async function verifyStream(
  tools: Tools,
  transaction: Transaction,
  stream: Stream,
  state: string | undefined,
): Promise<void> {
  const now = tools.clock.now();
  if (stream.verifiedAt && now.getTime() - stream.verifiedAt.getTime() < verificationSeconds * 1_000)
    throw new TooManyRequests('signals/verified-just-now', {
      vi: `Mỗi ${verificationSeconds} giây kiểm tra luồng một lần.`,
      en: `A stream is verified once in ${verificationSeconds} seconds.`,
    });
  await sql`UPDATE idp.signal_stream SET verified_at = ${now} WHERE id = ${stream.id}`.execute(transaction);
  if (stream.status === 'disabled') return;
  await sql`
    INSERT INTO idp.signal (stream_id, jti, type, details, at)
    VALUES (${stream.id}, ${uuidv7()}, ${verificationType}, ${JSON.stringify(state === undefined ? {} : { state })}, ${now})`.execute(
    transaction,
  );
  await enqueuePush(tools, transaction, stream.id);
}

/** One job a stream: its tokens go out one after another. */
export async function enqueuePush({ jobs }: Pick<Tools, 'jobs'>, transaction: Transaction, streamId: string) {
  await jobs.enqueue(
    transaction,
    pushTask,
    { streamId },
    { key: `${pushTask}:${streamId}`, queue: `${pushTask}:${streamId}` },
  );
}

function mustBePublic({ config }: Pick<Tools, 'config'>, url: string | null): void {
  if (url === null) return;
  parseAppAddress(url, 'delivery/endpoint_url');
  if (mayBeCalled(url, config.url)) return;
  const detail = {
    vi: 'Địa chỉ nhận tín hiệu phải ở trên mạng công cộng.',
    en: 'The address that takes signals has to be on the public internet.',
  };
  throw new InvalidInput('signals/bad-address', detail, { fields: [{ pointer: '/delivery/endpoint_url', detail }] });
}

function seal({ secrets }: Tools, id: string, { endpointUrl, authorization }: StreamInput): Buffer | null {
  if (endpointUrl === null || authorization === undefined) return null;
  return secrets.encrypt(Buffer.from(authorization), sealedFor(id));
}

/** What stands in `Authorization` of a push; undefined for nothing. */
export function authorizationOf({ secrets }: Pick<Tools, 'secrets'>, stream: Stream): string | undefined {
  const { id, sealedAuthorization: sealed } = stream;
  return sealed ? secrets.decrypt(sealed, sealedFor(id)).toString('utf8') : undefined;
}

async function recordStream(
  transaction: Transaction,
  type: 'signal-stream.added' | 'signal-stream.changed' | 'signal-stream.removed',
  clientId: string,
): Promise<void> {
  const { rows } = await sql<{ organisation: string }>`
    SELECT organisation_id AS organisation FROM idp.app WHERE client_id = ${clientId}`.execute(transaction);
  await record(transaction, {
    type,
    actor: { kind: 'system', name: 'app' },
    subject: { kind: 'app', id: clientId },
    ...(rows[0] ? { organisationId: rows[0].organisation } : {}),
  });
}
