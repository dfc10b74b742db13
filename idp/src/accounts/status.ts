import type { ServiceContext } from '@edutrust/platform/context';
import type { Text } from '@edutrust/platform/messages';
import type { UndoableNotice } from '@edutrust/registry/notices';
import { addressOf, getPerson, hasLeft, type Person } from '@edutrust/registry/people';
import { needPasskey, recordedRolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { isLevelThree } from '../level-three/rules.ts';
import { passwordHashOf } from '../password/attestation.ts';
import { createRiskWatch } from '../risk/risk.ts';
import { listSessions } from '../sessions/sessions.ts';
import { obstacleOf } from '../signin/standing.ts';
import { isSchoolNetwork } from '../throttling/networks.ts';
import { createThrottle } from '../throttling/throttle.ts';
import { openChanges } from '../undo/changes.ts';
import { type Account, findAccount } from './account.ts';

/** One step of "why can this person not sign in?". */
export interface AccountCheck {
  readonly step:
    | 'person'
    | 'invited'
    | 'activated'
    | 'suspended'
    | 'credential'
    | 'activation-code'
    | 'throttle'
    | 'network'
    | 'place'
    | 'assurance'
    | 'app'
    | 'consent';
  readonly ok: boolean;
  readonly sentence: Text;
}

export interface AccountStatus {
  readonly status: 'none' | 'invited' | 'active' | 'suspended';
  readonly passkeys: number;
  readonly hasPassword: boolean;
  /** An authenticator app beside the password. */
  readonly hasSecondFactor: boolean;
  readonly lastSignInAt: Date | null;
  readonly sessions: number;
  /** Whether the right credential would be let in now, from where was asked about. */
  readonly opens: { readonly password: boolean; readonly passkey: boolean };
  readonly checks: AccountCheck[];
  /** What of the last 24 hours can be taken back, the newest first. */
  readonly undoable: readonly UndoableNotice[];
}

/** What the question is about, besides the person. */
export interface Asked {
  /** The network address that the person tries from, on a browser that does not know them. */
  readonly address?: string | undefined;
  /** The app that the person wants to enter. */
  readonly clientId?: string | undefined;
}

/**
 * Why a person can or cannot sign in: the very rules that a sign-in runs, asked without doing anything. Standing is
 * {@link obstacleOf}, waiting is the throttle's own answer, the app is read as the provider reads it.
 *
 * @throws NotFound
 */
export async function accountStatus(
  context: Pick<ServiceContext, 'config' | 'db' | 'clock' | 'store' | 'secrets'>,
  personId: string,
  asked: Asked = {},
): Promise<AccountStatus> {
  const { db, clock } = context;
  const person = await getPerson(db, personId);
  const account = await findAccount(db, personId);
  const sessions = await listSessions(db, personId);
  const { rows } = await sql<{ passkeys: number; has_app: boolean; code_until: Date | null }>`
    SELECT (SELECT count(*)::int FROM idp.passkey WHERE person_id = ${personId}) AS passkeys,
      EXISTS (SELECT FROM idp.second_factor WHERE person_id = ${personId}) AS has_app,
      (SELECT max(expires_at) FROM idp.activation
       WHERE person_id = ${personId} AND used_at IS NULL AND revoked_at IS NULL) AS code_until`.execute(db);
  const { passkeys = 0, has_app: hasSecondFactor = false, code_until: codeUntil = null } = rows[0] ?? {};
  const hasPassword = passwordHashOf(context.secrets, account) !== null;
  const obstacle = obstacleOf(person, account);
  const waitSeconds = await secondsToWait(context, personId, asked.address);
  const place = await placeCheck(context, personId, asked.address, { hasSecondFactor, passkeys });
  const checks: AccountCheck[] = [
    ...accountChecks(person.status, account, hasPassword || passkeys > 0),
    ...codeCheck(account, codeUntil, clock.now()),
    throttleCheck(waitSeconds),
    ...(await networkCheck(context, asked.address)),
    ...place,
    ...(await assuranceCheck(context, personId, passkeys)),
    ...(await appChecks(context, person, asked.clientId)),
  ];
  return {
    status: account?.status ?? 'none',
    passkeys,
    hasPassword,
    hasSecondFactor,
    lastSignInAt: account?.last_sign_in_at ?? null,
    sessions: sessions.length,
    opens: {
      password: obstacle === undefined && hasPassword && waitSeconds === 0 && place.every(({ ok }) => ok),
      passkey: obstacle === undefined && passkeys > 0, // a passkey is not guessed, so nothing slows it
    },
    checks,
    undoable: await openChanges(db, personId, clock.now()),
  };
}

function step(
  name: AccountCheck['step'],
  ok: boolean,
  { yes, no }: { readonly yes: Text; readonly no: Text },
): AccountCheck {
  return { step: name, ok, sentence: ok ? yes : no };
}

/** What has to hold of the person and the account, in the order in which it comes about. */
function accountChecks(status: Person['status'], account: Account | undefined, hasCredential: boolean): AccountCheck[] {
  const isActivated = account !== undefined && account.status !== 'invited' && account.activated_at !== null;
  return [
    step('person', status === 'active' || hasLeft({ status }), {
      yes: hasLeft({ status })
        ? {
            vi: 'Đã rời trường: mật khẩu và passkey chỉ mở giấy tờ, dữ liệu và tài khoản của chính mình.',
            en: 'The person has left: password and passkey open their own papers, data and account alone.',
          }
        : { vi: 'Đang học hoặc làm việc ở đây.', en: 'The person learns or works here.' },
      no: { vi: 'Hồ sơ đã được gộp hoặc đã xoá.', en: 'The record was merged or erased.' },
    }),
    step('invited', account !== undefined, {
      yes: { vi: 'Đã được cấp mã kích hoạt.', en: 'An activation code was given.' },
      no: { vi: 'Chưa được cấp mã kích hoạt: hãy cấp mã.', en: 'No activation code was given yet: give one.' },
    }),
    step('activated', isActivated, {
      yes: { vi: 'Đã kích hoạt tài khoản.', en: 'The account was activated.' },
      no: { vi: 'Chưa kích hoạt tài khoản bằng mã.', en: 'The account was not yet activated with a code.' },
    }),
    step('suspended', account?.status !== 'suspended', {
      yes: { vi: 'Tài khoản không bị tạm khoá.', en: 'The account is not suspended.' },
      no: { vi: 'Tài khoản đang bị tạm khoá: hãy mở lại.', en: 'The account is suspended: resume it.' },
    }),
    step('credential', hasCredential, {
      yes: { vi: 'Có mật khẩu hoặc passkey.', en: 'There is a password or a passkey.' },
      no: { vi: 'Chưa có mật khẩu hay passkey nào.', en: 'There is neither a password nor a passkey.' },
    }),
  ];
}

/** Only before the first activation: then nothing else opens the account. */
function codeCheck(account: Account | undefined, codeUntil: Date | null, now: Date): AccountCheck[] {
  if (!account || account.activated_at !== null) return [];
  return [
    step('activation-code', codeUntil !== null && codeUntil > now, {
      yes: { vi: 'Mã kích hoạt còn hạn.', en: 'The activation code still works.' },
      no: { vi: 'Mã kích hoạt đã hết hạn: hãy cấp mã mới.', en: 'The activation code has expired: give a new one.' },
    }),
  ];
}

function throttleCheck(waitSeconds: number): AccountCheck {
  return step('throttle', waitSeconds === 0, {
    yes: { vi: 'Không phải chờ vì thử sai nhiều lần.', en: 'No sign-in is being slowed by wrong tries.' },
    no: {
      vi: `Có người thử sai nhiều lần: nơi đó phải chờ ${waitSeconds} giây. Máy quen và mạng của trường vẫn vào được; quên mật khẩu thì cấp mã mới.`,
      en: `There were many wrong tries: from there a sign-in waits ${waitSeconds} seconds. Known devices and the school's network still work; for a forgotten password give a new code.`,
    },
  });
}

/** From the address, or the longest wait of any place that tried this account. */
async function secondsToWait(
  context: Pick<ServiceContext, 'db' | 'store' | 'secrets'>,
  personId: string,
  address: string | undefined,
): Promise<number> {
  if (address) {
    const throttle = createThrottle(context);
    const origin = { ip: address, isBehindUndeclaredProxy: false, deviceCookie: undefined };
    return throttle.secondsToWait(await throttle.guesserOf(origin, personId, personId));
  }
  const { rows } = await sql<{ seconds: number | null }>`
    SELECT ceil(extract(epoch FROM max(blocked_until) - now()))::int AS seconds FROM idp.throttle
    WHERE person_id = ${personId} AND blocked_until > now()`.execute(context.db);
  return rows[0]?.seconds ?? 0;
}

async function networkCheck({ db }: Pick<ServiceContext, 'db'>, address: string | undefined): Promise<AccountCheck[]> {
  if (!address) return [];
  const sentence = (await isSchoolNetwork(db, address))
    ? {
        vi: 'Địa chỉ này thuộc mạng đã khai báo của một trường: máy ở đó là máy dùng chung.',
        en: 'This address is in the registered network of a school: its computers are shared.',
      }
    : {
        vi: 'Địa chỉ này không thuộc mạng đã khai báo của trường nào.',
        en: 'This address is in no registered network of a school.',
      };
  return [{ step: 'network', ok: true, sentence }];
}

/** Whether a password from there is asked for more (ADR 0370), and whether there is anything to ask for. */
async function placeCheck(
  context: Pick<ServiceContext, 'config' | 'db' | 'clock' | 'store' | 'secrets'>,
  personId: string,
  address: string | undefined,
  { hasSecondFactor, passkeys }: { readonly hasSecondFactor: boolean; readonly passkeys: number },
): Promise<AccountCheck[]> {
  if (!address) return [];
  const { devices } = createThrottle(context);
  const origin = { ip: address, isBehindUndeclaredProxy: false, deviceCookie: undefined };
  if ((await createRiskWatch(context, devices).ofSignIn(origin, personId)).length === 0) return [];
  const hasMail = passkeys === 0 && !isLevelThree(context) && (await addressOf(context.db, personId)) !== null;
  return [
    step('place', hasSecondFactor || hasMail, {
      yes: {
        vi: 'Nơi này lạ với người đó: sau mật khẩu sẽ hỏi thêm một mã.',
        en: 'The person was never here: after the password a code is asked for.',
      },
      no: {
        vi: 'Nơi này lạ với người đó, mật khẩu một mình không đủ: dùng passkey, máy quen hay mạng của trường; hoặc thêm mã xác thực hay địa chỉ thư.',
        en: 'The person was never here, and a password alone is not enough: use a passkey, a known device or the school’s network; or add an authenticator app or a mail address.',
      },
    }),
  ];
}

/** Roles that a password alone does not open. */
async function assuranceCheck(
  { db }: Pick<ServiceContext, 'db'>,
  personId: string,
  passkeys: number,
): Promise<AccountCheck[]> {
  if (!needPasskey(await recordedRolesOf(db, personId))) return [];
  return [
    step('assurance', passkeys > 0, {
      yes: { vi: 'Vai trò này cần passkey, và đã có passkey.', en: 'The role needs a passkey, and there is one.' },
      no: {
        vi: 'Vai trò này cần passkey: mật khẩu vào được nhưng chưa làm được việc quản trị; hãy thêm passkey ở trang tài khoản.',
        en: 'The role needs a passkey: a password signs in but opens no administration; add a passkey on the account page.',
      },
    }),
  ];
}

/** Whether the app would let the person on, and what it asks first. */
async function appChecks(
  { db }: Pick<ServiceContext, 'db'>,
  { id: personId, status }: Pick<Person, 'id' | 'status'>,
  clientId: string | undefined,
): Promise<AccountCheck[]> {
  if (!clientId) return [];
  const { rows } = await sql<{ ended: boolean; approved: boolean; agreed: boolean }>`
    SELECT a.ended_at IS NOT NULL AS ended, a.is_approved AS approved,
      EXISTS (SELECT FROM idp.consent AS c WHERE c.client_id = a.client_id AND c.person_id = ${personId}) AS agreed
    FROM idp.app AS a WHERE a.client_id = ${clientId}`.execute(db);
  const app = rows[0];
  const isOpen = app !== undefined && !app.ended && !hasLeft({ status });
  const check = step('app', isOpen, {
    yes: { vi: 'Ứng dụng đang hoạt động.', en: 'The app is in use.' },
    no: hasLeft({ status })
      ? { vi: 'Người đã rời trường không vào ứng dụng nào nữa.', en: 'Who has left enters no app any longer.' }
      : { vi: 'Ứng dụng không có hoặc đã ngừng.', en: 'There is no such app, or it has ended.' },
  });
  if (!isOpen) return [check];
  const asks = !app.approved && !app.agreed;
  const sentence = asks
    ? {
        vi: 'Lần đầu vào ứng dụng này, người đó sẽ được hỏi có đồng ý chia sẻ dữ liệu không.',
        en: 'At the first visit the person is asked whether to share data with the app.',
      }
    : { vi: 'Không cần hỏi lại về chia sẻ dữ liệu.', en: 'Nothing more is asked about sharing data.' };
  return [check, { step: 'consent', ok: true, sentence }];
}
