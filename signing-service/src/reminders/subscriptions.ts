import { createECDH } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import type { OutboxReader } from '@edutrust/platform/outbox';
import { mayBeCalled } from '@edutrust/platform/public-address';
import { sql } from 'kysely';
import { signingOf } from '../tables.ts';
import type { PushReceiver } from './web-push.ts';

/** Browsers of one person; the oldest gives way. */
const mostBrowsers = 5;

/**
 * Tells this browser from now on. Idempotent: a browser is known by its endpoint, and belongs to who subscribed it last.
 *
 * @throws InvalidInput `reminders/bad-subscription` for an address inside our network, or a key that is none
 */
export async function subscribe(
  { db, config, clock }: Pick<ServiceContext, 'db' | 'config' | 'clock'>,
  { endpoint, publicKey, authSecret }: PushReceiver,
  actor: PersonActor,
): Promise<void> {
  const { protocol, username, password } = new URL(endpoint);
  const isPlain = protocol === 'http:' && config.url.protocol === 'http:'; // an installation on a laptop, and its own tests
  const mayReach = (protocol === 'https:' || isPlain) && !username && !password && mayBeCalled(endpoint, config.url);
  if (!mayReach || authSecret.length !== 16 || !isPoint(publicKey)) throw badSubscription();
  const about = { person_id: actor.personId, session_id: actor.sessionId };
  const keys = { public_key: Buffer.from(publicKey), auth_secret: Buffer.from(authSecret) };
  await db.transaction().execute(async (transaction) => {
    await signingOf(transaction)
      .insertInto('signing.push_subscription')
      .values({ endpoint, ...about, ...keys, created_at: clock.now() })
      .onConflict((conflict) => conflict.column('endpoint').doUpdateSet({ ...about, ...keys }))
      .execute();
    await sql`DELETE FROM signing.push_subscription WHERE endpoint IN (
      SELECT endpoint FROM signing.push_subscription WHERE person_id = ${actor.personId}
      ORDER BY created_at DESC, endpoint OFFSET ${mostBrowsers})`.execute(transaction);
  });
}

/** Tells this browser no longer; of somebody else's browser nothing happens. */
export async function unsubscribe(db: Database, endpoint: string, personId: string): Promise<void> {
  await signingOf(db)
    .deleteFrom('signing.push_subscription')
    .where('endpoint', '=', endpoint)
    .where('person_id', '=', personId)
    .execute();
}

export async function isSubscribed(db: Database, endpoint: string, personId: string): Promise<boolean> {
  const found = await signingOf(db)
    .selectFrom('signing.push_subscription')
    .select('endpoint')
    .where('endpoint', '=', endpoint)
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return found !== undefined;
}

/** Who signs out on a browser, or leaves, is told nothing there any longer. A session that ends by its age ends no subscription. */
export function pushFollower({ db }: Pick<ServiceContext, 'db'>): OutboxReader {
  return {
    consumer: 'signing.push',
    types: ['session.ended', 'person.left', 'person.merged'],
    handle: async (events) => {
      for (const { type, subject, data } of events) {
        const rows = signingOf(db).deleteFrom('signing.push_subscription').where('person_id', '=', subject.id);
        await (type === 'session.ended' ? rows.where('session_id', '=', String(data.session)) : rows).execute();
      }
    },
  };
}

/** Whether the bytes are an uncompressed point of P-256. */
function isPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  const own = createECDH('prime256v1');
  own.generateKeys();
  try {
    own.computeSecret(bytes);
    return true;
  } catch {
    return false;
  }
}

function badSubscription(): InvalidInput {
  return new InvalidInput('reminders/bad-subscription', {
    vi: 'Trình duyệt này không nhận được nhắc việc.',
    en: 'This browser cannot be sent reminders.',
  });
}
