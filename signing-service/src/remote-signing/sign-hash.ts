import { createHash } from 'node:crypto';
import { keyStore } from '@edutrust/certs/key-store';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { certificateOf, type SessionCertificate } from '../activation/certificate.ts';
import { confirmedList, orNotAuthorised } from '../activation/evidence.ts';
import { type EnrolmentRow, readEnrolment } from '../enrolment/enrolment.ts';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { actorOf, type HashList, secretHash } from './ask.ts';
import { type AuthorisationRow, type HashRow, hashesOf, moveAuthorisation } from './authorisations.ts';
import { CscError, invalidRequest } from './csc-error.ts';
import type { TokenHolder } from './port.ts';

/** What an app may sign with: the person's confirmed act, named by the data that it was given or by its token. */
export interface Activation {
  readonly holder: TokenHolder;
  readonly credentialId: string;
  /** Undefined: the token has the scope `credential`, and the act is the one over these hashes. */
  readonly sad: string | undefined;
}

/** A confirmed act that the transaction has locked, and what it is over. */
interface Confirmed {
  readonly authorisation: AuthorisationRow;
  readonly enrolment: EnrolmentRow;
  readonly certificate: SessionCertificate;
  readonly hashes: readonly HashRow[];
}

/** What one hash is signed with, inside the transaction that uses the act up. */
export interface Signing {
  readonly context: ServiceContext;
  readonly row: HashRow;
  readonly enrolment: EnrolmentRow;
  readonly certificate: SessionCertificate;
}

/**
 * Makes something of hashes that the person confirmed, each once, in the order asked for. All or none.
 *
 * The person's act is checked anew from its evidence before the key is used: a row that somebody wrote into the table signs
 * nothing.
 *
 * @throws CscError in the specification's words
 */
export async function useAct<Made extends { readonly signature: Buffer }>(
  context: ServiceContext,
  activation: Activation,
  wanted: readonly Buffer[],
  make: (signing: Signing, index: number) => Promise<Made>,
): Promise<Made[]> {
  return context.db.transaction().execute(async (transaction) => {
    const own = { ...context, db: transaction as unknown as Database }; // one connection, and nothing stays when one fails
    const confirmed = await mustBeConfirmed(own, transaction, activation, wanted);
    const rows = rowsFor(confirmed.hashes, wanted) ?? [];
    const made: Made[] = [];
    for (const [index, row] of rows.entries()) made.push(await make({ ...confirmed, context: own, row }, index));
    await keepSigned(own, transaction, confirmed, rows, made);
    return made;
  });
}

/** Signs the hashes themselves: DER `ECDSA-Sig-Value` each. @throws CscError */
export async function signHashes(
  context: ServiceContext,
  activation: Activation,
  wanted: readonly Buffer[],
): Promise<Buffer[]> {
  const made = await useAct(context, activation, wanted, async ({ context: own, row, enrolment }) => ({
    signature: row.signature ?? (await keyStore(own).signDigest(own.db, mustBeHere(enrolment), row.hash)),
  }));
  return made.map(({ signature }) => signature);
}

/** The key in the key store. @throws CscError for one that the phone alone holds */
export function mustBeHere({ key_id: keyId }: EnrolmentRow): string {
  if (keyId) return keyId;
  throw invalidRequest('The credential identified by credentialID signs hashes only: its key is on the signer’s phone');
}

/** The rows of these hashes that were not signed yet, one for each; undefined when one is missing. */
function rowsFor(hashes: readonly HashRow[], wanted: readonly Buffer[]): HashRow[] | undefined {
  const left = hashes.filter(({ signed_at }) => signed_at === null);
  const rows = wanted.map((hash) => {
    const index = left.findIndex((row) => row.hash.equals(hash));
    return index < 0 ? undefined : left.splice(index, 1)[0];
  });
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

async function keepSigned(
  { clock }: ServiceContext,
  transaction: Transaction,
  { authorisation, hashes }: Confirmed,
  rows: readonly HashRow[],
  made: readonly { readonly signature: Buffer }[],
): Promise<void> {
  const now = clock.now();
  const { id, client_id: clientId } = authorisation;
  await signingOf(transaction)
    .updateTable('signing.remote_hash')
    .set({ signed_at: now })
    .where('authorisation_id', '=', id)
    .where(
      'position',
      'in',
      rows.map(({ position }) => position),
    )
    .execute();
  const isLast = hashes.filter(({ signed_at }) => signed_at === null).length === rows.length;
  if (isLast) await moveAuthorisation(transaction, authorisation, 'used', { used_at: now });
  await record(transaction, {
    type: 'remote-authorisation.signed',
    actor: actorOf(clientId),
    subject: { kind: 'remote-authorisation', id },
    organisationId: authorisation.organisation_id,
    data: {
      app: clientId,
      signatures: made.length,
      signaturesSha256: createHash('sha256')
        .update(Buffer.concat(made.map(({ signature }) => signature)))
        .digest('hex'),
      listSha256: authorisation.challenge.toString('hex'),
    },
  });
}

/** The act, locked, in force, and proved by its evidence. @throws CscError */
async function mustBeConfirmed(
  context: ServiceContext,
  transaction: Transaction,
  activation: Activation,
  wanted: readonly Buffer[],
): Promise<Confirmed> {
  const found = await candidates(transaction, activation);
  if (found.length === 0)
    throw invalidRequest(activation.sad === undefined ? 'Hash is not authorized by the SAD' : 'Invalid parameter SAD');
  const now = context.clock.now();
  const live = found.filter(({ expires_at }) => now < expires_at);
  if (live.length === 0) throw invalidRequest('SAD expired');
  for (const authorisation of live) {
    const hashes = await hashesOf(transaction, authorisation.id);
    if (!rowsFor(hashes, wanted)) continue;
    const enrolment = await readEnrolment(context.db, authorisation.enrolment_id);
    const certificate = await certificateOf(transaction, { ...authorisation, machine_id: null }, now);
    if (!certificate?.isUsable) throw invalidRequest('Signing certificate is expired');
    await mustBeTheirs(context, authorisation, enrolment, certificate.der, hashes);
    return { authorisation, enrolment, certificate, hashes };
  }
  throw invalidRequest('Hash is not authorized by the SAD');
}

/** Acts of the person for this app that were confirmed: the one of the data, or those of the token. */
function candidates(transaction: Transaction, { holder, credentialId, sad }: Activation): Promise<AuthorisationRow[]> {
  return signingOf(transaction)
    .selectFrom('signing.remote_authorisation')
    .selectAll()
    .where('client_id', '=', holder.clientId)
    .where('person_id', '=', holder.personId)
    .where('enrolment_id', '=', credentialId)
    .where('state', '=', 'authorised')
    .where((on) => (sad === undefined ? on('interaction', 'is not', null) : on('sad_sha256', '=', secretHash(sad))))
    .orderBy('id', 'desc')
    .forUpdate()
    .execute();
}

/** From the evidence: the person's own passkey signed the hash of a list with exactly these hashes, for this app. */
async function mustBeTheirs(
  context: ServiceContext,
  authorisation: AuthorisationRow,
  enrolment: EnrolmentRow,
  certificate: Buffer,
  hashes: readonly HashRow[],
): Promise<void> {
  const act = { ...authorisation, purpose: 'sign' as const };
  const list = await orNotAuthorised(() => confirmedList<HashList>(context, act, enrolment, certificate));
  const isTheirs =
    list.purpose === 'remote-signing' &&
    list.app === authorisation.client_id &&
    list.authorisation === authorisation.id &&
    list.hashes.length === hashes.length &&
    list.hashes.every(({ hash }, index) => hashes[index]?.hash.toString('hex') === hash);
  if (!isTheirs)
    throw new CscError(400, 'access_denied', 'There is no evidence that the signer authorised these hashes');
}
