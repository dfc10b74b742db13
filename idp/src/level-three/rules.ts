import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { recordedRolesOf } from '@edutrust/registry/permissions';
import { isStaff } from '../accounts/staff.ts';
import type { Proof } from '../signin/proof.ts';

/** Days without a sign-in after which the account of staff is suspended (TCVN 14423:2026 §5.6). */
export const inactiveDays = 45;
/** Months between reviews of accounts (QCVN 12:2026/BCA: each quarter). */
export const reviewMonths = 3;
/** Months that the log of sign-ins is kept: a year and its last month. */
export const signInLogMonths = 13;

/** Roles whose holders administer: the kind «quản trị» of accounts. */
export const administration: ReadonlySet<string> = new Set([
  'department-administrator',
  'security-officer',
  'auditor',
  'school-administrator',
]);

/** Whether this installation runs at security level 3: the one switch, `EDUTRUST_SECURITY_LEVEL=3` (ADR 0239). */
export const isLevelThree = ({ config }: Pick<ServiceContext, 'config'>): boolean => config.securityLevel === 3;

/** What the switch turns on, as the officers' page lists it, each with the norm that asks for it. */
export const measures: readonly { readonly code: string; readonly what: Text; readonly source: string }[] = [
  {
    code: 'second-factor',
    what: {
      vi: 'Cán bộ vào từ ngoài mạng của trường, và mọi quản trị viên, cần passkey hoặc mã xác nhận bên cạnh mật khẩu',
      en: 'Staff from outside a school network, and every administrator, need a passkey or a code beside the password',
    },
    source: 'TCVN 14423:2026 §5.6.2.4; QCVN 12:2026/BCA §3.7.2.8.3',
  },
  {
    code: 'idle',
    what: {
      vi: 'Phiên của cán bộ dừng sau 15 phút không dùng, và khi đóng trình duyệt',
      en: 'Sessions of staff end after 15 minutes unused, and with the browser',
    },
    source: 'TCVN 14423:2026 §5.6',
  },
  {
    code: 'inactive',
    what: {
      vi: `Tài khoản cán bộ ${inactiveDays} ngày không dùng bị tạm khoá; học sinh thì không, vì có nghỉ hè`,
      en: `Accounts of staff unused for ${inactiveDays} days are suspended; pupils’ are not: there are summers`,
    },
    source: 'TCVN 14423:2026 §5.6',
  },
  {
    code: 'review',
    what: {
      vi: 'Mỗi quý mỗi đơn vị rà soát tài khoản; danh sách đã xem được lưu dấu vân tay làm bằng chứng',
      en: 'Each organisation reviews its accounts every quarter; the digest of the list that was seen is the evidence',
    },
    source: 'QCVN 12:2026/BCA',
  },
  {
    code: 'log',
    what: {
      vi: `Mỗi lần đăng nhập, đúng hay sai, được ghi cùng địa chỉ và cổng nguồn, giữ ${signInLogMonths} tháng; ai đọc cũng được ghi`,
      en: `Each sign-in, right or wrong, is kept with address and source port for ${signInLogMonths} months; so is who read it`,
    },
    source: 'QCVN 12:2026/BCA §3.9.2.1.9; 333/2026/NĐ-CP §16.6',
  },
];

/**
 * What level 3 asks beyond the app: a second factor of staff from outside a school's network, and of who administers from
 * anywhere. Children and guardians get in as before (R1–R8). Gives whether the session is one of staff.
 *
 * @throws InvalidInput `sign-in/second-factor-needed`
 */
export async function mustSuitLevelThree(
  context: Pick<ServiceContext, 'config' | 'db'>,
  { personId, acr, isPupil }: Proof,
  { isInside, isActivation }: { readonly isInside: boolean; readonly isActivation: boolean },
): Promise<boolean> {
  if (!isLevelThree(context) || isPupil || !(await isStaff(context.db, personId))) return false;
  if (acr === 'passkey' || acr === 'mfa' || isActivation) return true;
  const administers = (await recordedRolesOf(context.db, personId)).some(({ role }) => administration.has(role));
  if (isInside && !administers) return true;
  throw secondFactorNeeded();
}

function secondFactorNeeded(): InvalidInput {
  return new InvalidInput(
    'sign-in/second-factor-needed',
    {
      vi: 'Mật khẩu đúng, nhưng ở đây cần thêm passkey hoặc mã xác nhận.',
      en: 'The password is right, but here a passkey or a code is needed too.',
    },
    {
      remedy: {
        vi: 'Vào bằng passkey. Chưa có thì đăng nhập ở mạng của trường rồi thêm passkey, hoặc xin quản trị viên một mã kích hoạt mới.',
        en: 'Sign in with a passkey. Without one, sign in on the school’s network and add it, or ask your administrator for a new activation code.',
      },
    },
  );
}
