import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import type { GivenCredential } from '@edutrust/registry/approvals';
import { formatEducationId } from '@edutrust/registry/education-id';
import { getPerson } from '@edutrust/registry/people';
import { needPasskey, recordedRolesOf } from '@edutrust/registry/permissions';
import { type Selectable, sql } from 'kysely';
import type Type from 'typebox';
import { type Account, findAccount } from '../accounts/account.ts';
import { record } from '../events.ts';
import { idpOf, type PasskeyTable } from '../tables.ts';
import { announceChange } from '../undo/changes.ts';
import { attestPasskey, isAttestedPasskey } from './attestation.ts';
import { type Ceremony, challengeSeconds, newChallenge, takeChallenge } from './challenge.ts';
import type { AcceptedPasskeys } from './prompts.ts';
import type { AssertionBody, AttestationBody } from './schemas.ts';

export type AssertionJson = Type.Static<typeof AssertionBody>;
export type AttestationJson = Type.Static<typeof AttestationBody>;
export type Passkey = Selectable<PasskeyTable>;

/** ES256, EdDSA, RS256 (RFC 9053): what authenticators have. */
const algorithms = [-7, -8, -257];
/** WebAuthn level 3 §7.1 step 25. */
const longestCredentialIdBytes = 1023;
const mostPasskeys = 20;

/** Whose pages may ask for our passkeys: exactly these. What is signed or approved with one is asked for by our own alone. */
const passkeyOrigins = ({ url, relatedOrigins }: ServiceContext['config']): string[] => [url.origin, ...relatedOrigins];

/** PublicKeyCredentialRequestOptionsJSON for signing in with a discoverable credential, or for a known person's own. */
export async function requestOptions(context: ServiceContext, ceremony: Omit<Ceremony, 'kind'>): Promise<object> {
  const known = ceremony.personId ? await listPasskeys(context.db, ceremony.personId) : [];
  return {
    challenge: newChallenge(context, { ...ceremony, kind: 'get' }),
    rpId: context.config.url.hostname,
    timeout: challengeSeconds * 1000,
    userVerification: 'preferred',
    allowCredentials: known.map(({ credential_id: id, transports }) => ({ id, type: 'public-key', transports })),
  };
}

/** PublicKeyCredentialCreationOptionsJSON for the person's next passkey. */
export async function creationOptions(
  context: ServiceContext,
  { boundTo, personId }: { readonly boundTo: string; readonly personId: string },
): Promise<object> {
  const account = await findAccount(context.db, personId);
  if (!account) throw new NotFound('accounts/none', { vi: 'Chưa có tài khoản.', en: 'There is no account yet.' });
  const person = await getPerson(context.db, personId);
  const known = await listPasskeys(context.db, personId);
  if (known.length >= mostPasskeys) {
    throw new Conflict('passkeys/too-many', {
      vi: `Một người có nhiều nhất ${mostPasskeys} passkey; hãy xoá bớt.`,
      en: `A person has at most ${mostPasskeys} passkeys; remove one first.`,
    });
  }
  return {
    rp: { id: context.config.url.hostname, name: 'EduTrust' },
    user: {
      id: account.user_handle.toString('base64url'),
      name: formatEducationId(person.educationId),
      displayName: person.fullName,
    },
    challenge: newChallenge(context, { kind: 'create', boundTo, personId }),
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: challengeSeconds * 1000,
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: known.map(({ credential_id: id, transports }) => ({ id, type: 'public-key', transports })),
    extensions: { credProps: true },
  };
}

/** A passkey that was proved at registration, not kept yet. */
export interface ProvedPasskey {
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly transports: string[];
  readonly isSynced: boolean;
}

/**
 * Checks the answer to creation options (WebAuthn level 3 §7.1), user verification included; `isConditional`: of a ceremony
 * that the browser does by itself after a typed password (§5.1.3), where nobody touches anything (step 15).
 *
 * @throws InvalidInput `passkeys/refused`
 */
export async function verifyAttestation(
  context: ServiceContext,
  attestation: AttestationJson,
  {
    boundTo,
    personId,
    isConditional = false,
  }: { readonly boundTo: string; readonly personId: string; readonly isConditional?: boolean },
): Promise<ProvedPasskey> {
  try {
    const challenge = await takeChallenge(context, attestation.response.clientDataJSON, {
      kind: 'create',
      boundTo,
      personId,
    });
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: attestation as Parameters<typeof verifyRegistrationResponse>[0]['response'], // validated by its schema
      expectedChallenge: challenge,
      expectedOrigin: passkeyOrigins(context.config),
      expectedRPID: context.config.url.hostname,
      requireUserPresence: !isConditional,
      requireUserVerification: !isConditional,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) throw new Error('not verified');
    const { credential, credentialDeviceType } = registrationInfo;
    await mustFitItsAlgorithm(credential.publicKey);
    if (Buffer.from(credential.id, 'base64url').length > longestCredentialIdBytes)
      throw new Error('credential id too long');
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      transports: (attestation.response.transports ?? []).filter((name) => /^[a-z-]{1,20}$/.test(name)),
      isSynced: credentialDeviceType === 'multiDevice',
    };
  } catch (error) {
    throw refused(error);
  }
}

function nameOf(given: string): string {
  return given.normalize('NFC').trim().slice(0, 100) || 'Passkey';
}

/** RFC 9053 §2: the algorithm that a key names is one of its own type; RFC 8230 §4 for RSA. */
async function mustFitItsAlgorithm(publicKey: Uint8Array): Promise<void> {
  const { decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers');
  const key = decodeCredentialPublicKey(Uint8Array.from(publicKey)) as unknown as Map<number, unknown>;
  const [type, algorithm, curve, modulus] = [key.get(1), key.get(3), key.get(-1), key.get(-1)];
  const fits =
    (algorithm === -7 && type === 2 && curve === 1) ||
    (algorithm === -8 && type === 1 && curve === 6) ||
    (algorithm === -257 && type === 3 && modulus instanceof Uint8Array && modulus.length >= 256);
  if (!fits) throw new Error('the key is not one of its algorithm');
}

/** Keeps a proved passkey. @throws InvalidInput `passkeys/refused` when the credential is already somebody's. */
export async function keepPasskey(
  transaction: Transaction,
  { clock, secrets }: Pick<ServiceContext, 'clock' | 'secrets'>,
  {
    personId,
    name,
    passkey,
    given,
  }: {
    readonly personId: string;
    readonly name: string;
    readonly passkey: ProvedPasskey;
    /** How the person came to choose it, when by a code; otherwise it is as good as the passkeys that they have. */
    readonly given?: GivenCredential;
  },
  actor: Actor,
): Promise<string> {
  const id = uuidv7();
  const from = given ?? (await lastGiven(transaction, personId));
  const row = {
    id,
    person_id: personId,
    credential_id: passkey.credentialId,
    public_key: passkey.publicKey,
    given_kind: from?.kind ?? null,
    given_by: from ? [...from.by] : null,
    given_at: from?.at ?? null,
  };
  await announceChange(transaction, personId, 'passkey.added', { device: nameOf(name) });
  const inserted = await idpOf(transaction)
    .insertInto('idp.passkey')
    .values({
      ...row,
      counter: passkey.counter,
      transports: passkey.transports,
      is_synced: passkey.isSynced,
      name: nameOf(name),
      created_at: clock.now(),
      last_used_at: null,
      attestation: attestPasskey(secrets, row),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) throw refused(new Error('credential already registered'));
  await record(transaction, {
    type: 'passkey.added',
    actor,
    subject: { kind: 'person', id: personId },
    data: { passkey: id, isSynced: passkey.isSynced },
  });
  return id;
}

/** How the newest of the person's passkeys that were given by a code was given: another one beside it is no older. */
async function lastGiven(transaction: Transaction, personId: string): Promise<GivenCredential | undefined> {
  const given = (await listPasskeys(transaction, personId)).flatMap(
    ({ given_kind: kind, given_by: by, given_at: at }) => (kind && at ? [{ kind, by: by ?? [], at }] : []),
  );
  return given.sort((one, other) => other.at.getTime() - one.at.getTime())[0];
}

/**
 * Checks an assertion (WebAuthn level 3 §7.2) and gives whose it is.
 *
 * @throws InvalidInput `passkeys/refused`: always the same sentence; the exact rule is its `cause`.
 */
export async function verifyAssertion(
  context: ServiceContext,
  assertion: AssertionJson,
  ceremony: Omit<Ceremony, 'kind'>,
): Promise<{ account: Account; passkeyId: string; userVerified: boolean }> {
  const { db, config } = context;
  let counterWentBack: { personId: string; passkeyId: string } | undefined;
  try {
    const challenge = await takeChallenge(context, assertion.response.clientDataJSON, { ...ceremony, kind: 'get' });
    const passkey = await idpOf(db)
      .selectFrom('idp.passkey')
      .selectAll()
      .where('credential_id', '=', assertion.id)
      .executeTakeFirst();
    // What somebody wrote into the table, or moved to another person there, is no way in (Q3).
    if (!passkey || !isAttestedPasskey(context.secrets, passkey)) throw new Error('unknown credential');
    const account = await findAccount(db, passkey.person_id);
    if (!account) throw new Error('no account');
    if (ceremony.personId !== undefined && ceremony.personId !== passkey.person_id)
      throw new Error("somebody else's passkey");
    const { userHandle } = assertion.response;
    // §7.2 step 6: a discoverable credential says whose it is, and must not lie
    if (ceremony.personId === undefined && userHandle === undefined) throw new Error('no user handle');
    if (userHandle !== undefined && userHandle !== account.user_handle.toString('base64url')) {
      throw new Error("somebody else's user handle");
    }
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: assertion as Parameters<typeof verifyAuthenticationResponse>[0]['response'], // validated by its schema
      expectedChallenge: challenge,
      expectedOrigin: passkeyOrigins(config),
      expectedRPID: config.url.hostname,
      requireUserVerification: false, // who must be verified is known only now: the caller decides
      // Counter 0 here: the library's refusal would look like a bad signature, and W3 wants its own event.
      credential: { id: passkey.credential_id, publicKey: Uint8Array.from(passkey.public_key), counter: 0 },
    });
    if (!verified) throw new Error('the signature does not match');
    const counter = authenticationInfo.newCounter;
    const { numAffectedRows } = await sql`
      UPDATE idp.passkey SET counter = ${counter}, last_used_at = ${context.clock.now()}
      WHERE id = ${passkey.id} AND (counter < ${counter} OR (counter = 0 AND ${counter} = 0))`.execute(db);
    if (numAffectedRows !== 1n) {
      counterWentBack = { personId: passkey.person_id, passkeyId: passkey.id };
      throw new Error('the signature counter went back');
    }
    return { account, passkeyId: passkey.id, userVerified: authenticationInfo.userVerified };
  } catch (error) {
    if (counterWentBack) await recordCopy(db, counterWentBack);
    throw refused(error);
  }
}

/** §6.1.1: perhaps two copies of one authenticator are in use (W3). */
async function recordCopy(
  db: Database,
  { personId, passkeyId }: { personId: string; passkeyId: string },
): Promise<void> {
  await db.transaction().execute((transaction) =>
    record(transaction, {
      type: 'passkey.counter-went-back',
      actor: { kind: 'system', name: 'idp' },
      subject: { kind: 'person', id: personId },
      data: { passkey: passkeyId },
    }),
  );
}

/** A person's passkeys, the oldest first. */
export async function listPasskeys(db: Database | Transaction, personId: string): Promise<Passkey[]> {
  return idpOf(db).selectFrom('idp.passkey').selectAll().where('person_id', '=', personId).orderBy('id').execute();
}

/** Removes a passkey, but never the last means of signing in (W7). @throws NotFound; Conflict `passkeys/last` */
export async function removePasskey(
  transaction: Transaction,
  personId: string,
  id: string,
  actor: Actor,
): Promise<void> {
  const account = await idpOf(transaction)
    .selectFrom('idp.account')
    .select('password_hash')
    .where('person_id', '=', personId)
    .forUpdate()
    .executeTakeFirst();
  const passkeys = await listPasskeys(transaction, personId);
  if (!isUuid(id) || !passkeys.some((passkey) => passkey.id === id)) {
    throw new NotFound('passkeys/not-found', { vi: 'Không có passkey này.', en: 'There is no such passkey.' });
  }
  // Without it a password alone would be the way in to roles that ask for a passkey (W5).
  if (passkeys.length === 1 && needPasskey(await recordedRolesOf(transaction, personId))) {
    throw new Conflict('passkeys/role-needs-one', {
      vi: 'Vai trò này cần passkey; hãy thêm passkey khác trước khi gỡ cái này.',
      en: 'Your role needs a passkey; add another before you remove this one.',
    });
  }
  if (passkeys.length === 1 && !account?.password_hash) {
    throw new Conflict('passkeys/last', {
      vi: 'Đây là cách đăng nhập cuối cùng; hãy thêm khoá khác hoặc đặt mật khẩu trước.',
      en: 'This is the last way to sign in; add another passkey or set a password first.',
    });
  }
  const device = passkeys.find((passkey) => passkey.id === id)?.name ?? '';
  await announceChange(transaction, personId, 'passkey.removed', { device });
  await idpOf(transaction).deleteFrom('idp.passkey').where('id', '=', id).where('person_id', '=', personId).execute();
  await record(transaction, {
    type: 'passkey.removed',
    actor,
    subject: { kind: 'person', id: personId },
    data: { passkey: id },
  });
}

function refused(cause: unknown): InvalidInput {
  return new InvalidInput(
    'passkeys/refused',
    { vi: 'Passkey không được chấp nhận.', en: 'The passkey was not accepted.' },
    {
      remedy: {
        vi: 'Bấm lại một lần nữa, hoặc đăng nhập bằng mật khẩu.',
        en: 'Tap once more, or sign in with your password.',
      },
      cause,
    },
  );
}

/** What the browser is told of the person's passkeys that count. */
export const acceptedPasskeys = (
  { url }: ServiceContext['config'],
  account: Account | undefined,
  passkeys: readonly Passkey[],
  { education_id: educationId, name: displayName }: { readonly education_id: string; readonly name: string },
): AcceptedPasskeys['accepted'] => ({
  rpId: url.hostname,
  userId: account?.user_handle.toString('base64url') ?? '',
  allAcceptedCredentialIds: passkeys.map(({ credential_id: id }) => id),
  name: formatEducationId(educationId),
  displayName,
});
