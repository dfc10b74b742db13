import { createHash, randomBytes } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { challengeOf } from '../activation/list.ts';
import { sessionSeconds } from '../activation/phone.ts';
import { type ReadyEnrolment, readyEnrolment } from '../activation/ready.ts';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { oids } from './request.ts';

/** A hash that is to be signed, and what the app calls the document. */
export interface HashWish {
  /** SHA-256. */
  readonly hash: Buffer;
  readonly label: string | null;
}

/** What an app asks a person to sign. */
export interface AuthorisationWish {
  readonly clientId: string;
  readonly personId: string;
  readonly hashes: readonly HashWish[];
  readonly description: string | null;
  /** How the app learns what came of it: by its sign-in that waits, or by the handle. */
  readonly by: { readonly interaction: string } | { readonly handle: string };
}

/** What one act authorises, and nothing else; its canonical JSON's SHA-256 is the challenge. */
export interface HashList {
  readonly app: string;
  readonly authorisation: string;
  /** SHA-256 of the signing certificate's DER, hexadecimal. */
  readonly certificate: string;
  readonly description: string | null;
  /** ISO 8601 UTC. */
  readonly expires: string;
  readonly hashAlgorithm: string;
  readonly hashes: readonly { readonly hash: string; readonly label: string | null }[];
  /** 32 random bytes, base64url. */
  readonly nonce: string;
  readonly purpose: 'remote-signing';
}

/**
 * Puts hashes before the person whose key is to sign them. An earlier question of the same app that still waits is over with
 * it: an app never has two before one person.
 *
 * @throws Conflict as `readyEnrolment`
 */
export async function askToSign(context: ServiceContext, wish: AuthorisationWish): Promise<string> {
  const { clientId, personId, hashes, description } = wish;
  const enrolment = await readyEnrolment(context, personId);
  const now = context.clock.now();
  const expiresAt = new Date(Math.floor(now.getTime() / 1000 + sessionSeconds) * 1000); // whole seconds, as in the list
  const id = uuidv7();
  const list = challengeOf({
    app: clientId,
    authorisation: id,
    certificate: createHash('sha256').update(enrolment.certificate).digest('hex'),
    description,
    expires: expiresAt.toISOString(),
    hashAlgorithm: oids.sha256,
    hashes: hashes.map(({ hash, label }) => ({ hash: hash.toString('hex'), label })),
    nonce: randomBytes(32).toString('base64url'),
    purpose: 'remote-signing',
  } satisfies HashList);
  await context.db.transaction().execute(async (transaction) => {
    await keepQuestion(transaction, wish, { id, enrolment, list, now, expiresAt });
    await record(transaction, {
      type: 'remote-authorisation.asked',
      actor: actorOf(clientId),
      subject: { kind: 'remote-authorisation', id },
      organisationId: enrolment.organisation_id,
      data: { app: clientId, hashes: hashes.length, listSha256: list.challenge.toString('hex') },
    });
  });
  return id;
}

interface Question {
  readonly id: string;
  readonly enrolment: ReadyEnrolment;
  readonly list: ReturnType<typeof challengeOf>;
  readonly now: Date;
  readonly expiresAt: Date;
}

async function keepQuestion(
  transaction: Transaction,
  { clientId, personId, hashes, description, by }: AuthorisationWish,
  { id, enrolment, list, now, expiresAt }: Question,
): Promise<void> {
  const tables = signingOf(transaction);
  // One row to wait for: two questions of one app at once never both stay.
  await tables.selectFrom('signing.enrolment').select('id').where('id', '=', enrolment.id).forUpdate().execute();
  await tables
    .updateTable('signing.remote_authorisation')
    .set({ state: 'expired' })
    .where('person_id', '=', personId)
    .where('client_id', '=', clientId)
    .where('state', '=', 'waiting')
    .execute();
  await tables
    .insertInto('signing.remote_authorisation')
    .values({
      id,
      client_id: clientId,
      person_id: personId,
      organisation_id: enrolment.organisation_id,
      enrolment_id: enrolment.id,
      certificate_serial: enrolment.certificate_serial,
      description,
      list: list.text,
      challenge: list.challenge,
      code4: list.code4,
      interaction: 'interaction' in by ? by.interaction : null,
      handle_sha256: 'handle' in by ? secretHash(by.handle) : null,
      sad_sha256: null,
      state: 'waiting',
      created_at: now,
      expires_at: expiresAt,
      assertion: null,
      assertion_sha256: null,
      authorised_at: null,
      used_at: null,
    })
    .execute();
  await tables
    .insertInto('signing.remote_hash')
    .values(
      hashes.map(({ hash }, position) => ({ authorisation_id: id, position, hash, signature: null, signed_at: null })),
    )
    .execute();
}

/** What an app does with an API of ours. */
export const actorOf = (clientId: string): Actor => ({ kind: 'app', clientId, scopes: [] });

/** Under what a secret that we gave out is kept. */
export const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest();
export const newSecret = (): string => randomBytes(32).toString('base64url');
