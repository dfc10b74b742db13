import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { findSigners, type SigningRole } from '@edutrust/registry/permissions';
import { type EnrolmentRow, lockEnrolment, userHandleOf } from '../enrolment/enrolment.ts';
import { type AssertionJson, verifyAssertion } from '../enrolment/passkey.ts';
import { signingOf } from '../tables.ts';

/** W2: a challenge lives at most five minutes. */
export const sessionSeconds = 300;

/** What a person's phone is to confirm. */
interface ToConfirm {
  readonly enrolmentId: string;
  readonly purpose: 'sign' | 'seal';
  readonly challenge: Buffer;
}

/**
 * The phone that answers this challenge with its own passkey, the person being verified, while it is enrolled and its person
 * holds the role; the use is counted. Locked until the transaction ends.
 *
 * @throws InvalidInput `signing/not-enrolled`, `signing/role-ended`, `signing/passkey-refused`, `signing/counter-decreased`
 */
export async function provedByPhone(
  context: ServiceContext,
  transaction: Transaction,
  { enrolmentId, purpose, challenge }: ToConfirm,
  assertion: AssertionJson,
  { personId }: PersonActor,
): Promise<EnrolmentRow> {
  const enrolment = await lockEnrolment(transaction, enrolmentId);
  if (enrolment.state !== 'enrolled') throw notEnrolledAnyMore();
  // the role may have ended between opening and confirming
  const roles: readonly SigningRole[] = [purpose === 'seal' ? 'clerk' : 'signer'];
  const tools = { db: transaction, secrets: context.secrets };
  const [holder] = await findSigners(tools, { personId, organisationId: enrolment.organisation_id, roles });
  if (!holder) throw roleEnded();
  const passkey = {
    credentialId: enrolment.credential_id,
    publicKey: enrolment.credential_public_key,
    counter: enrolment.credential_counter,
    userHandle: userHandleOf(enrolment.id),
  };
  const proved = await verifyAssertion(context.config, assertion, passkey, challenge.toString('base64url'));
  if (proved.counterWentBack) throw counterDecreased();
  await signingOf(transaction)
    .updateTable('signing.enrolment')
    .set({ credential_counter: proved.counter, last_used_at: context.clock.now() })
    .where('id', '=', enrolment.id)
    .execute();
  return enrolment;
}

/** What the phone's passkey is asked with, and the key that it opens where the phone holds it. */
export function askOfPhone(
  { url }: ServiceContext['config'],
  enrolment: Pick<EnrolmentRow, 'credential_id' | 'transports' | 'prf_salt' | 'wrapped_private_key'>,
  challenge: Buffer,
  custody: 'device' | 'hsm',
) {
  return {
    assertionOptions: {
      challenge: challenge.toString('base64url'),
      rpId: url.hostname,
      timeout: sessionSeconds * 1000,
      userVerification: 'required' as const,
      allowCredentials: [
        {
          id: enrolment.credential_id,
          type: 'public-key' as const,
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

/** The assertion as it is kept for evidence: PRF results are nobody's but the phone's. */
export function evidenceOf({ clientExtensionResults: _never, ...evidence }: AssertionJson): string {
  return JSON.stringify(evidence);
}

export function certificateRevoked(): Conflict {
  return new Conflict('signing/certificate-revoked', {
    vi: 'Chứng thư ký số đã bị thu hồi hoặc hết hạn. Chưa có văn bản nào được ký.',
    en: 'Your signing certificate is revoked or expired. Nothing was signed.',
  });
}

function notEnrolledAnyMore(): InvalidInput {
  return new InvalidInput('signing/not-enrolled', {
    vi: 'Đăng ký ký số của điện thoại này đã bị thu hồi.',
    en: "This phone's enrolment was revoked.",
  });
}

function roleEnded(): InvalidInput {
  return new InvalidInput('signing/role-ended', {
    vi: 'Anh/chị không còn vai trò ký hoặc đóng dấu ở đơn vị này. Chưa có văn bản nào được ký.',
    en: 'You no longer hold the role to sign or seal here. Nothing was signed.',
  });
}

/** W3: perhaps two copies of one authenticator; the session is refused and the event says so. */
function counterDecreased(): InvalidInput {
  return new InvalidInput(
    'signing/counter-decreased',
    {
      vi: 'Bộ đếm của khoá truy cập đi lùi: có thể khoá đã bị sao chép. Chưa có văn bản nào được ký.',
      en: "The passkey's counter went back: it may have been copied. Nothing was signed.",
    },
    {
      remedy: {
        vi: 'Thu hồi đăng ký ký số và báo cán bộ an toàn thông tin.',
        en: 'Revoke the enrolment and tell the security officer.',
      },
    },
  );
}
