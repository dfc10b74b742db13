import { createHash, createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { readSayable, sayable, uuidv7 } from '@edutrust/platform/ids';
import { type ProposedApproval, propose } from '@edutrust/registry/approvals';
import type Type from 'typebox';
import { record } from '../events.ts';
import { signingOf } from '../tables.ts';
import { pairMachineKind } from './approval.ts';
import { describeMachine } from './approved.ts';
import { certificateView, mustBeOwn, mustBeTrusted, readTokenCertificate } from './certificate.ts';
import { tokenHash } from './machine.ts';
import { pairingText } from './proof.ts';
import type { PairingAsked, PairingBody, TokenView } from './schemas.ts';

/** A code is typed within this time; nothing of a machine is kept before somebody typed it. */
const codeSeconds = 600;
/** Eight characters of Crockford's base 32: 40 random bits for ten minutes. */
const codeLength = 8;
const pairingKey = (code: string) => `sealing:pairing:${code}`;

/** A machine that shows a code, and waits for its clerk; base64url. */
interface Pairing extends Type.Static<typeof PairingBody> {
  readonly tokenSha256: string;
}

/**
 * A machine asks to be paired: it has a key, and the school's token has signed for that key and this origin. It gets a
 * code to show, and a credential that is worth nothing before somebody of the school has typed the code and a second
 * person has agreed.
 *
 * @throws InvalidInput `sealing/no-possession`, `sealing/unusable-certificate`
 */
export async function askToPair(
  { config, store, clock }: Pick<ServiceContext, 'config' | 'store' | 'clock'>,
  body: Type.Static<typeof PairingBody>,
): Promise<Type.Static<typeof PairingAsked>> {
  const key = Buffer.from(body.publicKey, 'base64url');
  const certificate = Buffer.from(body.certificate, 'base64url');
  readTokenCertificate(certificate);
  const text = Buffer.from(pairingText(config.url.origin, createHash('sha256').update(key).digest('hex')), 'utf8');
  const isSigned = verify(
    'sha256',
    text,
    new X509Certificate(certificate).publicKey,
    Buffer.from(body.possession, 'base64url'),
  );
  if (!isP256(key) || !isSigned) throw noPossession();
  const code = sayable(codeLength);
  const token = randomBytes(32).toString('base64url');
  const pairing: Pairing = { ...body, tokenSha256: tokenHash(token).toString('base64url') };
  await store.put(pairingKey(code), pairing, codeSeconds);
  const expiresAt = new Date(clock.now().getTime() + codeSeconds * 1000).toISOString();
  return { code: code.replace(/(.{4})(?=.)/, '$1-'), token, expiresAt };
}

function isP256(spki: Buffer): boolean {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

/**
 * What the machine of a code has in its token, for the clerk to compare with the token in their hand.
 *
 * @throws InvalidInput `sealing/no-code`, `sealing/not-trusted`; Conflict `sealing/others-certificate`
 */
export async function lookAtPairing(
  context: ServiceContext,
  { code, organisationId }: { readonly code: string; readonly organisationId: string },
): Promise<Type.Static<typeof TokenView>> {
  const pairing = await context.store.get<Pairing>(pairingKey(readSayable(code)));
  if (!pairing) throw noCode();
  const { certificate } = await mustBeAcceptable(context, pairing, organisationId);
  return { machineName: pairing.machineName, certificate: certificateView(readTokenCertificate(certificate)) };
}

/**
 * The clerk takes the machine for the school: the code is used up, and a second person is asked whether this certificate is
 * the school's.
 *
 * @throws what {@link lookAtPairing} throws
 */
export async function claimPairing(
  context: ServiceContext,
  { code, organisationId }: { readonly code: string; readonly organisationId: string },
  actor: PersonActor,
): Promise<ProposedApproval> {
  const pairing = await context.store.take<Pairing>(pairingKey(readSayable(code)));
  if (!pairing) throw noCode();
  const { certificate, issuers } = await mustBeAcceptable(context, pairing, organisationId);
  const row = {
    id: uuidv7(),
    organisation_id: organisationId,
    person_id: actor.personId,
    name: pairing.machineName.normalize('NFC'),
    public_key: Buffer.from(pairing.publicKey, 'base64url'),
    certificate,
  };
  return context.db.transaction().execute(async (transaction) => {
    const content = await describeMachine(transaction, row);
    const proposed = await propose(transaction, context, pairMachineKind, { content, organisationId }, actor);
    await signingOf(transaction)
      .insertInto('signing.sealing_machine')
      .values({
        ...row,
        state: 'awaiting-approval',
        token_sha256: Buffer.from(pairing.tokenSha256, 'base64url'),
        issuers,
        certificate_until: readTokenCertificate(certificate).notAfter,
        crls: [],
        ocsp_responses: [],
        approval_id: proposed.approval.id,
        created_at: context.clock.now(),
        paired_at: null,
        expires_at: null,
        ended_at: null,
        last_used_at: null,
      })
      .execute();
    await record(transaction, {
      type: 'sealing-machine.claimed',
      actor,
      subject: { kind: 'sealing-machine', id: row.id },
      organisationId,
      data: { certificateSha256: content.certificateSha256, keySha256: content.keySha256 },
    });
    return proposed;
  });
}

async function mustBeAcceptable(context: ServiceContext, pairing: Pairing, organisationId: string) {
  const certificate = Buffer.from(pairing.certificate, 'base64url');
  const issuers = pairing.issuers.map((der) => Buffer.from(der, 'base64url'));
  await mustBeTrusted(context, { certificate, issuers, crls: [], ocspResponses: [] });
  await mustBeOwn(context.db, { certificate, organisationId });
  return { certificate, issuers };
}

function noCode(): InvalidInput {
  return new InvalidInput(
    'sealing/no-code',
    { vi: 'Không có máy nào đang hiện mã này.', en: 'No machine is showing this code.' },
    {
      remedy: {
        vi: 'Mã dùng được một lần trong 10 phút. Chạy lại «edutrust sign» trên máy của trường để có mã mới.',
        en: 'A code works once, for 10 minutes. Run “edutrust sign” again on the school’s computer for a new one.',
      },
    },
  );
}

function noPossession(): InvalidInput {
  return new InvalidInput('sealing/no-possession', {
    vi: 'Thiết bị không chứng minh được rằng nó giữ khoá của chứng thư, cho đúng địa chỉ này.',
    en: 'The token did not prove that it holds the certificate’s key, for this very origin.',
  });
}
