import { createHash } from 'node:crypto';
import type { Config } from '@edutrust/platform/config';
import { InvalidInput } from '@edutrust/platform/errors';
import type Type from 'typebox';
import type { Assertion, Attestation } from './schemas.ts';

export type AttestationJson = Type.Static<typeof Attestation>;
export type AssertionJson = Type.Static<typeof Assertion>;

/** COSE algorithms that we take: ES256 and RS256 (RFC 9053). Every phone has one of them. */
export const passkeyAlgorithms = [-7, -257];

/** WebAuthn level 3 §7.1 step 25: longer ones are refused. */
const longestCredentialIdBytes = 1023;

/** A passkey that was registered here, apart from those for signing in. */
export interface Passkey {
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly counter: number;
  /** The user handle that was given at registration, base64url. */
  readonly userHandle: string;
}

export interface RegisteredPasskey {
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly isSynced: boolean;
  readonly transports: string[];
  readonly attestationObject: Buffer;
}

/** What a refused ceremony is answered with; the exact rule goes into `cause` and so into the log, not to the phone. */
function passkeyRefused(cause: unknown): InvalidInput {
  return new InvalidInput(
    'signing/passkey-refused',
    { vi: 'Khoá truy cập trên điện thoại không được chấp nhận.', en: "The phone's passkey was not accepted." },
    {
      remedy: {
        vi: 'Bấm xác nhận lại một lần nữa trên chính điện thoại đã đăng ký.',
        en: 'Tap once more, on the phone that was enrolled.',
      },
      cause,
    },
  );
}

/**
 * Checks the answer to creation options (WebAuthn level 3 §7.1): our challenge, origin and relying party, user verified.
 *
 * @throws InvalidInput `signing/passkey-refused`
 */
export async function verifyRegistration(
  config: Pick<Config, 'url'>,
  attestation: AttestationJson,
  challenge: string,
): Promise<RegisteredPasskey> {
  try {
    refuseCrossOrigin(attestation.response.clientDataJSON);
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: attestation as Parameters<typeof verifyRegistrationResponse>[0]['response'], // validated by its schema
      expectedChallenge: challenge,
      expectedOrigin: config.url.origin,
      expectedRPID: config.url.hostname,
      requireUserVerification: true,
      supportedAlgorithmIDs: passkeyAlgorithms,
    });
    if (!verified) throw new Error('attestation not verified');
    const { credential, credentialDeviceType, attestationObject } = registrationInfo;
    if (Buffer.from(credential.id, 'base64url').length > longestCredentialIdBytes) {
      throw new Error('credential id longer than 1023 bytes');
    }
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      isSynced: credentialDeviceType === 'multiDevice',
      transports: (attestation.response.transports ?? []).filter((name) => /^[a-z-]{1,20}$/.test(name)),
      attestationObject: Buffer.from(attestationObject),
    };
  } catch (error) {
    throw passkeyRefused(error);
  }
}

export interface VerifiedAssertion {
  readonly counter: number;
  /** The signature counter did not grow although it is in use: perhaps two copies of one authenticator (§6.1.1). */
  readonly counterWentBack: boolean;
}

/**
 * Checks an assertion (WebAuthn level 3 §7.2) of exactly this passkey over exactly this challenge, user verified.
 *
 * @throws InvalidInput `signing/passkey-refused`
 */
export async function verifyAssertion(
  config: Pick<Config, 'url'>,
  assertion: AssertionJson,
  passkey: Passkey,
  challenge: string,
): Promise<VerifiedAssertion> {
  try {
    if (assertion.id !== passkey.credentialId) throw new Error('the credential is not the one that was asked for');
    const { userHandle } = assertion.response;
    if (userHandle !== undefined && userHandle !== passkey.userHandle) throw new Error("somebody else's user handle");
    refuseCrossOrigin(assertion.response.clientDataJSON);
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: assertion as Parameters<typeof verifyAuthenticationResponse>[0]['response'], // validated by its schema
      expectedChallenge: challenge,
      expectedOrigin: config.url.origin,
      expectedRPID: config.url.hostname,
      requireUserVerification: true,
      // Counter 0: the library would refuse with the same error as a bad signature; W3 wants to know (below).
      credential: { id: passkey.credentialId, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
    });
    if (!verified) throw new Error('the signature does not match');
    const counter = authenticationInfo.newCounter;
    return { counter, counterWentBack: (counter > 0 || passkey.counter > 0) && counter <= passkey.counter };
  } catch (error) {
    throw passkeyRefused(error);
  }
}

/** We are never framed by another site (WebAuthn level 3 §5.8.1). */
function refuseCrossOrigin(clientDataJson: string): void {
  const data: unknown = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'));
  const { crossOrigin, topOrigin } = (data ?? {}) as { crossOrigin?: unknown; topOrigin?: unknown };
  if (crossOrigin === true || topOrigin !== undefined) throw new Error('the ceremony ran inside another site');
}

/** SHA-256 of what the authenticator signed and its signature: names one assertion for ever. */
export function hashAssertion({ id, response }: AssertionJson): Buffer {
  const hash = createHash('sha256');
  for (const part of [id, response.clientDataJSON, response.authenticatorData, response.signature]) {
    hash.update(`${part}\n`);
  }
  return hash.digest();
}

/** The text that a new signing key signs to show that the phone has it. */
export function possessionText(challenge: string, credentialId: string): string {
  return `EduTrust signing key\n${challenge}\n${credentialId}`;
}
