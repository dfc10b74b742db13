import { createHash, randomBytes } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type Type from 'typebox';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { dueDocuments, type PreparedItem, preparedParts } from './documents.ts';
import { challengeOf, type RootedList, rootOfFiles } from './list.ts';
import { partyOf, type SigningParty } from './party.ts';
import { askOfPhone, sessionSeconds } from './phone.ts';
import { type Reading, readingOf } from './reading.ts';
import { type ReadyEnrolment, readyEnrolment } from './ready.ts';
import type { SigningSession } from './schemas.ts';

/**
 * Opens a signing session over documents whose turn it is: prepares every file, and gives the phone what it is to sign and
 * the challenge that stands for all of it. Replaces the person's earlier open session. With purpose `seal` the clerk's
 * confirmation puts the organisation's seal on what the principal has signed.
 *
 * @throws Conflict `signing/not-waiting` naming the requests, `signing/being-signed`, `signing/document-changed`; NotFound; see
 *   {@link readyEnrolment} and `partyOf`.
 */
export async function openSession(
  context: ServiceContext,
  { requestIds, purpose }: { readonly requestIds: readonly string[]; readonly purpose: 'sign' | 'seal' },
  actor: PersonActor,
): Promise<Type.Static<typeof SigningSession>> {
  const enrolment = await readyEnrolment(context, actor.personId);
  const party = await partyOf(context, purpose, requestIds, enrolment, actor);
  const documents = await dueDocuments(context, requestIds, purpose, actor);
  const reading = await readingOf(context.db, documents, purpose, actor.personId);
  const now = context.clock.now();
  const id = uuidv7();
  const by = { enrolmentId: enrolment.id, machineId: null };
  return context.db.transaction().execute(async (transaction) => {
    const parts = preparedParts(context, documents, { party, personId: actor.personId, now });
    const items = await keepParts(transaction, { id, parts, mustOpen: (one) => reading(one).mustOpen });
    const { root, paths } = rootOfFiles(items);
    await keepPaths(transaction, id, paths);
    // Whole seconds, and from when they were prepared: what the list, the row and the file say of a time is the same text.
    const expiresAt = new Date(Math.floor(context.clock.now().getTime() / 1000 + sessionSeconds) * 1000);
    const [kind, ...others] = new Set(documents.map((document) => document.kind));
    const list = challengeOf({
      root,
      count: items.length,
      template: kind && others.length === 0 ? kind : 'several',
      purpose,
      certificate: createHash('sha256').update(party.certificate).digest('hex'),
      session: id,
      expires: expiresAt.toISOString(),
      nonce: randomBytes(32).toString('base64url'),
    } satisfies RootedList);
    await expireOpenSessions(transaction, { personId: actor.personId });
    await keepSession(transaction, { id, purpose, by, party, list, createdAt: now, expiresAt }, actor);
    await record(transaction, {
      type: 'signing-session.opened',
      actor,
      subject: { kind: 'signing-session', id },
      organisationId: enrolment.organisation_id,
      data: { listSha256: list.challenge.toString('hex'), documents: items.length, purpose },
    });
    return forPhone(context, { id, purpose, enrolment, list, items, reading, expiresAt });
  });
}

/** A session as it is kept. */
interface NewSession {
  readonly id: string;
  readonly purpose: 'sign' | 'seal';
  /** The phone that confirms it, or the machine of the school's token. */
  readonly by: { readonly enrolmentId: string | null; readonly machineId: string | null };
  readonly party: SigningParty;
  readonly list: ReturnType<typeof challengeOf>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A person's phone has one open session, and so has a machine; what an earlier one had prepared is released. */
export async function expireOpenSessions(
  transaction: Transaction,
  of: { readonly personId: string } | { readonly machineId: string },
): Promise<void> {
  const tables = signingOf(transaction);
  const older = tables
    .updateTable('signing.session')
    .set({ state: 'expired' })
    .where((on) =>
      'machineId' in of
        ? on('machine_id', '=', of.machineId)
        : on.and([on('person_id', '=', of.personId), on('machine_id', 'is', null)]),
    )
    .where('state', '=', 'open')
    .returning('id');
  await tables
    .with('older', () => older)
    .updateTable('signing.session_item')
    .set({ prepared: null })
    .where('session_id', 'in', (query) => query.selectFrom('older').select('older.id'))
    .execute();
}

export async function keepSession(
  transaction: Transaction,
  { id, purpose, by, party, list, createdAt, expiresAt }: NewSession,
  actor: PersonActor,
): Promise<void> {
  await signingOf(transaction)
    .insertInto('signing.session')
    .values({
      id,
      person_id: actor.personId,
      sign_in_session_id: actor.sessionId,
      enrolment_id: by.enrolmentId,
      machine_id: by.machineId,
      purpose,
      key_id: party.keyId,
      certificate_serial: party.serial,
      list: list.text,
      challenge: list.challenge,
      code4: list.code4,
      state: 'open',
      created_at: createdAt,
      expires_at: expiresAt,
      assertion: null,
      assertion_sha256: null,
      authorised_at: null,
      lease_until: null,
      completed_at: null,
    })
    .execute();
}

/** A file that a session signs, which lies in its row by now. */
export type KeptItem = Omit<PreparedItem, 'prepared'>;

/** Keeps what a session signs while it is prepared; gives what its list is made of. The session is kept in the same transaction. */
export async function keepParts(
  transaction: Transaction,
  {
    id,
    parts,
    mustOpen,
  }: {
    readonly id: string;
    readonly parts: AsyncIterable<readonly PreparedItem[]>;
    readonly mustOpen: (requestId: string) => boolean;
  },
): Promise<KeptItem[]> {
  const kept: KeptItem[] = [];
  for await (const part of parts) {
    await signingOf(transaction)
      .insertInto('signing.session_item')
      .values(
        part.map(({ requestId, artefact, step, documentId, digest, toBeSigned, prepared }, index) => ({
          session_id: id,
          request_id: requestId,
          artefact,
          step,
          position: kept.length + index,
          state: 'waiting' as const,
          digest,
          signed_attributes: toBeSigned,
          prepared,
          path: null,
          must_open: mustOpen(requestId),
          base_document_id: documentId,
          signature: null,
          time_stamp: null,
          ledger_entry_id: null,
          leaf: null,
          error: null,
        })),
      )
      .execute();
    kept.push(...part.map(({ prepared: _, ...item }) => item));
  }
  return kept;
}

/** What proves each file to be in the list, by position. */
async function keepPaths(transaction: Transaction, id: string, paths: readonly Buffer[]): Promise<void> {
  await sql`
    UPDATE signing.session_item AS i SET path = p.path
    FROM unnest(${[...paths]}::bytea[]) WITH ORDINALITY AS p(path, number)
    WHERE i.session_id = ${id} AND i.position = p.number - 1`.execute(transaction);
}

/** What the phone shows, signs, and asks its passkey with. */
function forPhone(
  { config }: Pick<ServiceContext, 'config'>,
  {
    id,
    purpose,
    enrolment,
    list,
    items,
    reading,
    expiresAt,
  }: {
    readonly id: string;
    readonly purpose: 'sign' | 'seal';
    readonly enrolment: ReadyEnrolment;
    readonly list: ReturnType<typeof challengeOf>;
    readonly items: readonly KeptItem[];
    readonly reading: (requestId: string) => Reading;
    readonly expiresAt: Date;
  },
): Type.Static<typeof SigningSession> {
  const custody = purpose === 'seal' ? 'hsm' : enrolment.custody; // the seal's key never is on a phone
  return {
    id,
    code4: list.code4,
    expiresAt: expiresAt.toISOString(),
    custody,
    list: list.text,
    items: items.map(({ requestId, artefact, title, format, digest, toBeSigned }) => ({
      requestId,
      artefact,
      title,
      format,
      digestHex: digest.toString('hex'),
      signedAttributes: toBeSigned.toString('base64url'),
      ...reading(requestId),
    })),
    ...askOfPhone(config, enrolment, list.challenge, custody),
  };
}
