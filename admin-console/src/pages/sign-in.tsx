import type {
  AskingApp,
  FormError,
  LoggedOutProps,
  LogoutConfirmProps,
  SignInProps,
  StepUpProps,
} from '@edutrust/idp/pages';
import { Banner, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { Stack } from './document.tsx';

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
    <p class="card py-3 text-sm">
      {t('Bạn đang đăng nhập để vào', 'You are signing in to')} <strong>{app.name}</strong>{' '}
      <span class="text-quiet">({app.host})</span>
    </p>
  );
}

/** Hidden until the script has found out that the browser knows passkeys. */
function PasskeyButton() {
  return (
    <div hidden data-passkey-area class="grid gap-3">
      <button type="button" class="button" data-passkey="get">
        {t('Dùng passkey (vân tay, khuôn mặt)', 'Use a passkey (fingerprint, face)')}
      </button>
      <p role="alert" class="text-bad font-semibold empty:hidden" data-passkey-error />
    </div>
  );
}

function Cancel({ action }: { readonly action: string | undefined }) {
  if (!action) return null;
  return (
    <form method="post" action={action}>
      <button type="submit" class="button button-quiet w-full">
        {t('Quay lại, không đăng nhập', 'Back without signing in')}
      </button>
    </form>
  );
}

/** «Không phải em?»: ends the session that the last person left open. */
export function NotMe({ action, label }: { readonly action: string; readonly label: string }) {
  return (
    <form method="post" action={action}>
      <button type="submit" class="button button-quiet w-full">
        {label}
      </button>
    </form>
  );
}

export function SignIn({ action, app, identifier, error, cancelAction, activatePath, isShared }: SignInProps) {
  return (
    <Stack>
      <h1>{t('Đăng nhập', 'Sign in')}</h1>
      <Asking app={app} />
      <FormBanner error={error} />
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
        <label class="flex gap-3 items-start min-h-8">
          <input type="checkbox" name="shared" value="yes" checked={isShared} class="size-5 mt-0.5 shrink-0" />
          <span>
            {t('Máy dùng chung', 'Shared computer')}
            <span class="block text-sm text-quiet">
              {t(
                'Tự đăng xuất khi đóng trình duyệt hoặc sau 15 phút không dùng.',
                'Signs out when the browser closes, or after 15 minutes unused.',
              )}
            </span>
          </span>
        </label>
        <button type="submit" class="button button-primary">
          {t('Đăng nhập', 'Sign in')}
        </button>
      </form>
      <PasskeyButton />
      <p>
        {t('Lần đầu vào?', 'First time here?')}{' '}
        <a href={activatePath}>{t('Kích hoạt bằng mã trên phiếu', 'Activate with the code on your sheet')}</a>
      </p>
      <details>
        <summary class="cursor-pointer min-h-8">{t('Quên mật khẩu?', 'Forgot your password?')}</summary>
        <p class="mt-2">
          {t(
            'Học sinh hỏi giáo viên chủ nhiệm; giáo viên, cán bộ và phụ huynh hỏi quản trị viên của trường để lấy mã kích hoạt mới. Có mã rồi thì',
            'Pupils ask their class teacher; teachers, staff and parents ask the school administrator for a new activation code. With the code,',
          )}{' '}
          <a href={activatePath}>{t('đặt mật khẩu mới ở đây', 'set a new password here')}</a>.
        </p>
      </details>
      <Cancel action={cancelAction} />
    </Stack>
  );
}

export function StepUp({ action, app, name, hasPassword, error, cancelAction, someoneElseAction }: StepUpProps) {
  return (
    <Stack>
      <h1>{t('Xác nhận lại là bạn', 'Confirm that it is you')}</h1>
      <Asking app={app} />
      <p>
        {t('Việc sắp làm cần xác nhận lại danh tính của', 'What you are about to do needs a fresh confirmation by')}{' '}
        <strong>{name}</strong>.
      </p>
      <FormBanner error={error} />
      <PasskeyButton />
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
    </Stack>
  );
}

export function LogoutConfirm({ action, fields, app, alsoEnds }: LogoutConfirmProps) {
  return (
    <Stack>
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
    </Stack>
  );
}

export function LoggedOut({ app, signInPath }: LoggedOutProps) {
  return (
    <Stack>
      <h1>{t('Bạn đã đăng xuất', 'You are signed out')}</h1>
      <p>
        {app
          ? t(`Bạn đã thoát khỏi ${app.name} và các ứng dụng khác.`, `You left ${app.name} and the other apps.`)
          : t('Máy này không còn giữ phiên đăng nhập của bạn.', 'This computer no longer keeps your session.')}
      </p>
      <a class="button button-primary" href={signInPath}>
        {t('Đăng nhập lại', 'Sign in again')}
      </a>
    </Stack>
  );
}
