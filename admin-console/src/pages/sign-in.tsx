import type {
  AskingApp,
  FormError,
  LoggedOutProps,
  LogoutConfirmProps,
  SelectAccountProps,
  SignInProps,
  StepUpProps,
} from '@edutrust/idp/pages';
import { Face } from '../design/face.tsx';
import { Banner, Field } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';

/** The error of one field; of the whole form when none is named. */
export function errorOf(error: FormError | undefined, field?: string): string | undefined {
  if (!error || error.field !== field) return undefined;
  return error.remedy ? `${error.detail} ${error.remedy}` : error.detail;
}

export function FormBanner({ error }: { readonly error: FormError | undefined }) {
  const text = errorOf(error);
  return text ? <Banner state="bad">{text}</Banner> : null;
}

function Asking({ app }: { readonly app: AskingApp }) {
  if (app.isOwn) return null;
  return (
    <p class="flex items-center gap-3 text-sm text-quiet">
      <Face name={app.name} of="app" />
      <span>
        {t('để vào', 'to enter')} <strong class="text-ink">{app.name}</strong> ·{' '}
        {app.host ?? t('trên thiết bị khác', 'on another device')}
      </span>
    </p>
  );
}

/** Hidden until the script has found out that the browser knows passkeys. */
export function PasskeyButton({ isPrimary, label }: { readonly isPrimary?: boolean; readonly label?: string }) {
  return (
    <div hidden data-passkey-area class="grid gap-3">
      <button type="button" class={`button ${isPrimary ? 'button-primary button-big' : ''}`} data-passkey="get">
        <Icon name="fingerprint-pattern" />
        {label ?? t('Dùng vân tay, khuôn mặt', 'Use your fingerprint or face')}
      </button>
      <p role="alert" class="text-bad font-semibold empty:hidden" data-passkey-error />
    </div>
  );
}

function Cancel({ action }: { readonly action: string | undefined }) {
  if (!action) return null;
  return (
    <form method="post" action={action}>
      <button type="submit" class="button button-quiet -ml-4.5">
        {t('Quay lại, không đăng nhập', 'Back without signing in')}
      </button>
    </form>
  );
}

/** To the camera: first and largest on a school's computer, where the youngest type nothing. */
function BadgeLink({ path, isFirst = false }: { readonly path: string | undefined; readonly isFirst?: boolean }) {
  if (!path) return null;
  const name = t('Dùng thẻ học sinh', 'Use a pupil’s badge');
  if (!isFirst) {
    return (
      <a class="button" href={path}>
        <Icon name="qr-code" /> {name}
      </a>
    );
  }
  return (
    <>
      <a class="call call-first" href={path}>
        <span class="call-picture">
          <Icon name="qr-code" />
        </span>
        <span>
          <b class="block text-lg">{name}</b>
          <span class="block text-sm text-quiet">
            {t('Giơ thẻ của em trước máy ảnh', 'Hold it up in front of the camera')}
          </span>
        </span>
        <Icon name="arrow-right" />
      </a>
      <p class="or">{t('hoặc gõ mã', 'or type your ID')}</p>
    </>
  );
}

/** «Không phải em?»: ends the session that the last person left open. */
export function NotMe({ action, label }: { readonly action: string; readonly label: string }) {
  return (
    <form method="post" action={action}>
      <button type="submit" class="min-h-11 text-accent underline underline-offset-4 cursor-pointer text-left">
        {label}
      </button>
    </form>
  );
}

export function SignIn({
  action,
  app,
  identifier,
  error,
  cancelAction,
  activatePath,
  badgePath,
  isAtSchool,
  isShared,
  upstream = [],
}: SignInProps) {
  return (
    <>
      <h1>{t('Đăng nhập', 'Sign in')}</h1>
      <Asking app={app} />
      <FormBanner error={error} />
      {isAtSchool && <BadgeLink path={badgePath} isFirst />}
      <form method="post" action={action} class="grid gap-4">
        <Field
          label={t('Mã giáo dục', 'Education ID')}
          name="identifier"
          value={identifier}
          autocomplete="username webauthn"
          inputmode="numeric"
          required
          placeholder="790 123 456 8"
          error={errorOf(error, 'identifier')}
        />
        <Field
          label={t('Mật khẩu', 'Password')}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          error={errorOf(error, 'password')}
        />
        <SharedComputer isShared={isShared} />
        <button type="submit" class="button button-primary button-big">
          {t('Đăng nhập', 'Sign in')}
        </button>
      </form>
      {!isShared && <PasskeyButton />}
      {!isAtSchool && <BadgeLink path={badgePath} />}
      {upstream.map(({ name, path }) => (
        <a key={path} class="button" href={path}>
          <Icon name="log-in" /> {t(`Vào bằng ${name}`, `Sign in with ${name}`)}
        </a>
      ))}
      <div>
        {isShared && (
          // On a computer of the school a passkey is nobody's first way: the key of a phone or a stick may still be used.
          <details>
            <summary>{t('Cách khác để vào', 'Another way in')}</summary>
            <PasskeyButton />
          </details>
        )}
        <Forgotten activatePath={activatePath} />
        <a href={activatePath} class="inline-flex min-h-11 items-center font-semibold">
          {t('Lần đầu? Kích hoạt bằng phiếu', 'First time? Activate with your slip')}
        </a>
      </div>
      <Cancel action={cancelAction} />
    </>
  );
}

/** What the box does, beside the box: nobody reads it elsewhere. */
function SharedComputer({ isShared }: { readonly isShared: boolean }) {
  return (
    <label class="flex gap-3.5 items-start px-4 py-3.5 rounded-card bg-sunken has-checked:bg-warn-soft cursor-pointer">
      <input type="checkbox" name="shared" value="yes" checked={isShared} class="switch mt-0.5" />
      <span>
        <span class="font-semibold">{t('Máy dùng chung', 'Shared computer')}</span>
        <span class="block text-sm">
          {t(
            'Tự đăng xuất khi đóng trình duyệt hoặc sau 15 phút không dùng.',
            'Signs out when the browser closes or after 15 minutes unused.',
          )}
        </span>
      </span>
    </label>
  );
}

/** Whom to ask, by who one is; on the first screen, before the first wrong try. */
function Forgotten({ activatePath }: { readonly activatePath: string }) {
  return (
    <details>
      <summary>{t('Quên mật khẩu?', 'Forgot your password?')}</summary>
      <dl class="facts mt-1">
        <dt>{t('Em là học sinh', 'A pupil')}</dt>
        <dd>
          {t('Hỏi thầy cô chủ nhiệm: có mã mới ngay tại lớp.', 'Ask your class teacher: a new code is there at once.')}
        </dd>
        <dt>{t('Thầy cô, cán bộ, phụ huynh', 'Teachers, staff, parents')}</dt>
        <dd>
          {t(
            'Đã thêm vân tay, khuôn mặt thì vào bằng cách ấy. Chưa thì hỏi quản trị viên của trường.',
            'Use your fingerprint or face if you added it. Otherwise ask the administrator of the school.',
          )}
        </dd>
      </dl>
      <p class="mt-2">
        <a href={activatePath}>{t('Có mã mới rồi: đặt mật khẩu', 'I have a new code: set a password')}</a>
      </p>
    </details>
  );
}

/** What is unusual about where this comes from; the same words stand in the person's log. */
export function Why({ why }: { readonly why: string }) {
  if (!why) return null;
  return (
    <Banner state="warn">
      {t('Hỏi thêm vì:', 'Asked because:')} {why}.
    </Banner>
  );
}

export function StepUp({ action, app, name, why, hasPassword, error, cancelAction, someoneElseAction }: StepUpProps) {
  return (
    <>
      <h1>{t(`Đúng là ${name}?`, `Is it ${name}?`)}</h1>
      <Asking app={app} />
      <p>
        {t(
          'Việc sắp làm cần chắc là đúng người, nên xác nhận lại một lần nữa.',
          'What comes next must be you for certain, so please confirm once more.',
        )}
      </p>
      <Why why={why} />
      <FormBanner error={error} />
      <PasskeyButton isPrimary={!hasPassword} />
      {hasPassword && (
        <form method="post" action={action} class="grid gap-4">
          <Field
            label={t('Mật khẩu', 'Password')}
            name="password"
            type="password"
            autocomplete="current-password"
            required
            error={errorOf(error, 'password')}
          />
          <button type="submit" class="button button-primary">
            {t('Xác nhận', 'Confirm')}
          </button>
        </form>
      )}
      <NotMe
        action={someoneElseAction}
        label={t(`Không phải ${name}? Đăng nhập người khác`, `Not ${name}? Sign in as somebody else`)}
      />
      <Cancel action={cancelAction} />
    </>
  );
}

export function SelectAccount({ action, app, name, someoneElseAction }: SelectAccountProps) {
  return (
    <>
      <h1>{t('Vào bằng tài khoản nào?', 'Which account?')}</h1>
      <Asking app={app} />
      <form method="post" action={action}>
        <button type="submit" class="button button-primary button-big w-full">
          {t(`Tiếp tục: ${name}`, `Continue as ${name}`)}
        </button>
      </form>
      <NotMe action={someoneElseAction} label={t('Người khác', 'Somebody else')} />
    </>
  );
}

export function LogoutConfirm({ action, fields, app, alsoEnds }: LogoutConfirmProps) {
  return (
    <>
      <h1>{t('Đăng xuất?', 'Sign out?')}</h1>
      {app && (
        <p>
          <strong>{app.name}</strong> {t('đề nghị đăng xuất.', 'asks to sign you out.')}
        </p>
      )}
      {alsoEnds.length > 0 && (
        <p>
          {t('Các ứng dụng này cũng sẽ thoát:', 'These apps will be signed out too:')} {alsoEnds.join(', ')}.
        </p>
      )}
      <form method="post" action={action} class="grid gap-3">
        {Object.entries(fields).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <button type="submit" name="logout" value="yes" class="button button-primary">
          {t('Đăng xuất khỏi mọi ứng dụng', 'Sign out of every app')}
        </button>
        <button type="submit" class="button">
          {t('Ở lại', 'Stay signed in')}
        </button>
      </form>
    </>
  );
}

/** The end of a session, which is also the beginning for the next child. */
export function LoggedOut({ app, signInPath }: LoggedOutProps) {
  return (
    <div data-signed-out class="grid gap-5">
      <h1>{t('Đã đăng xuất', 'Signed out')}</h1>
      <p class="text-lg">
        {app
          ? t(`Đã thoát khỏi ${app.name} và các ứng dụng khác.`, `You left ${app.name} and the other apps.`)
          : t('Máy này không còn nhớ ai. Mời người tiếp theo.', 'No session is left on this computer. Next, please.')}
      </p>
      <a class="button button-primary button-big" href={signInPath}>
        {t('Đăng nhập', 'Sign in')}
      </a>
    </div>
  );
}
