import type { ServiceContext } from '@edutrust/platform/context';
import type { Text } from '@edutrust/platform/messages';
import { getPerson } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { listSessions } from '../sessions/sessions.ts';
import { findAccount } from './account.ts';

/** One step of "why can this person not sign in?". */
export interface AccountCheck {
  readonly step: 'person' | 'invited' | 'activated' | 'suspended' | 'credential' | 'activation-code';
  readonly ok: boolean;
  readonly sentence: Text;
}

export interface AccountStatus {
  readonly status: 'none' | 'invited' | 'active' | 'suspended';
  readonly passkeys: number;
  readonly hasPassword: boolean;
  readonly lastSignInAt: Date | null;
  readonly sessions: number;
  readonly checks: AccountCheck[];
}

/** What an administrator or teacher sees of an account: its state, and where signing in stops. @throws NotFound */
export async function accountStatus(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  personId: string,
): Promise<AccountStatus> {
  const person = await getPerson(db, personId);
  const account = await findAccount(db, personId);
  const sessions = await listSessions(db, personId);
  const { rows } = await sql<{ passkeys: number; code_until: Date | null }>`
    SELECT (SELECT count(*)::int FROM idp.passkey WHERE person_id = ${personId}) AS passkeys,
      (SELECT max(expires_at) FROM idp.activation
       WHERE person_id = ${personId} AND used_at IS NULL AND revoked_at IS NULL) AS code_until`.execute(db);
  const { passkeys = 0, code_until: codeUntil = null } = rows[0] ?? {};
  const hasPassword = account?.password_hash != null;
  const codeWorks = codeUntil !== null && codeUntil > clock.now();
  const checks: AccountCheck[] = [
    {
      step: 'person',
      ok: person.status === 'active',
      sentence:
        person.status === 'active'
          ? { vi: 'Người này đang ở trường.', en: 'The person is at a school.' }
          : {
              vi: 'Người này đã rời trường hoặc hồ sơ đã được gộp.',
              en: 'The person has left, or the record was merged.',
            },
    },
    {
      step: 'invited',
      ok: account !== undefined,
      sentence: account
        ? { vi: 'Đã được cấp mã kích hoạt.', en: 'An activation code was given.' }
        : { vi: 'Chưa được cấp mã kích hoạt: hãy cấp mã.', en: 'No activation code was given yet: give one.' },
    },
    {
      step: 'activated',
      ok: account?.activated_at != null,
      sentence:
        account?.activated_at != null
          ? { vi: 'Đã kích hoạt tài khoản.', en: 'The account was activated.' }
          : { vi: 'Chưa kích hoạt tài khoản bằng mã.', en: 'The account was not yet activated with a code.' },
    },
    {
      step: 'suspended',
      ok: account?.status !== 'suspended',
      sentence:
        account?.status === 'suspended'
          ? { vi: 'Tài khoản đang bị tạm khoá: hãy mở lại.', en: 'The account is suspended: resume it.' }
          : { vi: 'Tài khoản không bị tạm khoá.', en: 'The account is not suspended.' },
    },
    {
      step: 'credential',
      ok: hasPassword || passkeys > 0,
      sentence:
        hasPassword || passkeys > 0
          ? { vi: 'Có mật khẩu hoặc passkey.', en: 'There is a password or a passkey.' }
          : { vi: 'Chưa có mật khẩu hay passkey nào.', en: 'There is neither a password nor a passkey.' },
    },
  ];
  if (account && account.activated_at === null) {
    checks.push({
      step: 'activation-code',
      ok: codeWorks,
      sentence: codeWorks
        ? { vi: 'Mã kích hoạt còn hạn.', en: 'The activation code still works.' }
        : { vi: 'Mã kích hoạt đã hết hạn: hãy cấp mã mới.', en: 'The activation code has expired: give a new one.' },
    });
  }
  return {
    status: account?.status ?? 'none',
    passkeys,
    hasPassword,
    lastSignInAt: account?.last_sign_in_at ?? null,
    sessions: sessions.length,
    checks,
  };
}
