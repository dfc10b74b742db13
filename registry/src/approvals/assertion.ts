import { createHash } from 'node:crypto';
import type { Config } from '@edutrust/platform/config';
import { InvalidInput } from '@edutrust/platform/errors';
import Type from 'typebox';
import { canonicalText } from './envelope.ts';
import type { ApprovalPasskey } from './passkey.ts';

const Base64Url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength });
const Id = Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 1_400 });

/** `PublicKeyCredential.toJSON()` after `get`, as far as it is evidence. */
export const AssertionBody = Type.Object({
  id: Id,
  rawId: Id,
  type: Type.Literal('public-key'),
  response: Type.Object({
    clientDataJSON: Base64Url(8_000),
    authenticatorData: Base64Url(8_000),
    signature: Base64Url(4_000),
    userHandle: Type.Optional(Base64Url(200)),
  }),
});
export type Assertion = Type.Static<typeof AssertionBody>;

/** What is kept of an assertion: nothing but what verifies it. */
export function evidenceOf({ id, response }: Assertion): Assertion {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  return {
    id,
    rawId: id,
    type: 'public-key',
    response: { clientDataJSON, authenticatorData, signature, ...(userHandle === undefined ? {} : { userHandle }) },
  };
}

/** SHA-256 of the evidence as canonical JSON: what the ledger keeps of an act. */
export function hashAssertion(assertion: Assertion): Buffer {
  return createHash('sha256')
    .update(canonicalText(evidenceOf(assertion)), 'utf8')
    .digest();
}

/**
 * Checks an assertion (WebAuthn level 3 §7.2) by the passkey's public key and the challenge: user present and verified,
 * our origin, not from inside another site. The one check for a fresh act and for evidence of years ago.
 *
 * @throws InvalidInput `approvals/passkey-refused`: always the same sentence; the exact rule is its `cause`.
 */
export async function checkAssertion(
  config: Pick<Config, 'url'>,
  assertion: Assertion,
  passkey: ApprovalPasskey,
  challenge: string,
): Promise<{ readonly counter: number }> {
  try {
    const clientData: unknown = JSON.parse(
      Buffer.from(assertion.response.clientDataJSON, 'base64url').toString('utf8'),
    );
    const { crossOrigin, topOrigin } = (clientData ?? {}) as Record<string, unknown>;
    if (crossOrigin === true || topOrigin !== undefined) throw new Error('the ceremony ran inside another site');
    const { userHandle } = assertion.response;
    if (userHandle !== undefined && passkey.userHandle !== undefined && userHandle !== passkey.userHandle) {
      throw new Error("somebody else's user handle");
    }
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...assertion, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: config.url.origin,
      expectedRPID: config.url.hostname,
      requireUserVerification: true,
      // Counter 0 here: whose passkey it is also keeps its counter, and says so when it went back.
      credential: { id: passkey.credentialId, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
    });
    if (!verified) throw new Error('the signature does not match');
    return { counter: authenticationInfo.newCounter };
  } catch (error) {
    throw passkeyRefused(error);
  }
}

export function passkeyRefused(cause: unknown): InvalidInput {
  return new InvalidInput(
    'approvals/passkey-refused',
    { vi: 'Khoá truy cập (passkey) không được chấp nhận cho việc này.', en: 'The passkey was not accepted for this.' },
    {
      remedy: {
        vi: 'Mở lại trang này rồi bấm xác nhận một lần nữa.',
        en: 'Open this page again and confirm once more.',
      },
      cause,
    },
  );
}
