import { createHash, randomBytes } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { uuidv7 } from '@edutrust/platform/ids';
import type Type from 'typebox';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { dueDocuments, prepareItem } from './documents.ts';
import { challengeOf } from './list.ts';
import { partyOf } from './party.ts';
import { readyEnrolment } from './ready.ts';
import type { SigningSession } from './schemas.ts';

/** W2: a challenge lives at most five minutes. */
const sessionSeconds = 300;

/**
 * Opens a signing session over documents whose turn it is: prepares every file, and gives the phone what it is to sign and
 * the challenge that stands for all of it. Replaces the person's earlier open session. With purpose `seal` the clerk's
 * confirmation puts the organisation's seal on what the principal has signed.
 *
 * @throws Conflict `signing/not-waiting` naming the requests, `signing/being-signed`; NotFound; see {@link readyEnrolment} and `partyOf`.
 */
export async function openSession(
  context: ServiceContext,
  { requestIds, purpose }: { readonly requestIds: readonly string[]; readonly purpose: 'sign' | 'seal' },
  actor: PersonActor,
): Promise<Type.Static<typeof SigningSession>> {
  const { db, clock, config } = context;
  const enrolment = await readyEnrolment(context, actor.personId);
  const party = await partyOf(context, purpose, requestIds, enrolment, actor);
  const now = clock.now();
  // Whole seconds: what the list, the row and the file say of a time is the same text.
  const expiresAt = new Date(Math.floor(now.getTime() / 1000 + sessionSeconds) * 1000);
  const id = uuidv7();
  const documents = await dueDocuments(context, requestIds, purpose, actor);
  const [kind, ...others] = new Set(documents.map((document) => document.kind));
  const items = documents.map((document) => prepareItem(context, { document, party, now }));
  const { text, challenge, code4 } = challengeOf({
    documents: items.map(({ requestId, digest }) => ({ request: requestId, digest: digest.toString('hex') })),
    template: kind && others.length === 0 ? kind : 'several',
    purpose,
    certificate: createHash('sha256').update(party.certificate).digest('hex'),
    session: id,
    expires: expiresAt.toISOString(),
    nonce: randomBytes(32).toString('base64url'),
  });
  await db.transaction().execute(async (transaction) => {
    const tables = signingOf(transaction);
    const older = tables
      .updateTable('signing.session')
      .set({ state: 'expired' })
      .where('person_id', '=', actor.personId)
      .where('state', '=', 'open')
      .returning('id');
    await tables
      .with('older', () => older)
      .updateTable('signing.session_item')
      .set({ prepared: null })
      .where('session_id', 'in', (query) => query.selectFrom('older').select('older.id'))
      .execute();
    await tables
      .insertInto('signing.session')
      .values({
        id,
        person_id: actor.personId,
        sign_in_session_id: actor.sessionId,
        enrolment_id: enrolment.id,
        purpose,
        key_id: party.keyId,
        certificate_serial: party.serial,
        list: text,
        challenge,
        code4,
        state: 'open',
        created_at: now,
        expires_at: expiresAt,
        assertion: null,
        assertion_sha256: null,
        authorised_at: null,
        lease_until: null,
        completed_at: null,
      })
      .execute();
    await tables
      .insertInto('signing.session_item')
      .values(
        items.map(({ requestId, step, documentId, digest, toBeSigned, prepared }, position) => ({
          session_id: id,
          request_id: requestId,
          step,
          position,
          state: 'waiting' as const,
          digest,
          signed_attributes: toBeSigned,
          prepared,
          base_document_id: documentId,
          signature: null,
          time_stamp: null,
          ledger_entry_id: null,
          leaf: null,
          error: null,
        })),
      )
      .execute();
    await record(transaction, {
      type: 'signing-session.opened',
      actor,
      subject: { kind: 'signing-session', id },
      organisationId: enrolment.organisation_id,
      data: { listSha256: challenge.toString('hex'), documents: items.length, purpose },
    });
  });
  const custody = purpose === 'seal' ? 'hsm' : enrolment.custody; // the seal's key never is on a phone
  return {
    id,
    code4,
    expiresAt: expiresAt.toISOString(),
    custody,
    list: text,
    items: items.map(({ requestId, title, digest, toBeSigned }) => ({
      requestId,
      title,
      digestHex: digest.toString('hex'),
      signedAttributes: toBeSigned.toString('base64url'),
    })),
    assertionOptions: {
      challenge: challenge.toString('base64url'),
      rpId: config.url.hostname,
      timeout: sessionSeconds * 1000,
      userVerification: 'required',
      allowCredentials: [
        {
          id: enrolment.credential_id,
          type: 'public-key',
          ...(enrolment.transports.length > 0 ? { transports: enrolment.transports } : {}),
        },
      ],
      ...(custody === 'device'
        ? { extensions: { prf: { eval: { first: enrolment.prf_salt.toString('base64url') } } } }
        : {}),
    },
    wrappedKey: custody === 'device' ? (enrolment.wrapped_private_key?.toString('base64url') ?? null) : null,
  };
}
