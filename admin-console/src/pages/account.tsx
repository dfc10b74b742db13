import type { AccountProps, PasskeyAddProps } from '@edutrust/idp/pages';
import type { ComponentChildren } from 'preact';
import { Banner, Field } from '../design/form.tsx';
import { formatAgo, formatDate, formatEducationId, formatTime, t } from '../design/language.ts';
import { State } from '../design/mark.tsx';
import { DataList } from './consent.tsx';
import { Stack } from './document.tsx';
import { errorOf, FormBanner } from './sign-in.tsx';

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="grid gap-3">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A form of one button, with what it is about for screen readers. */
function Act({
  action,
  label,
  about,
  bad,
}: {
  readonly action: string;
  readonly label: string;
  readonly about?: string;
  readonly bad?: boolean;
}) {
  return (
    <form method="post" action={action}>
      <button
        type="submit"
        class={`button ${bad ? 'button-bad' : ''}`}
        aria-label={about ? `${label}: ${about}` : undefined}
      >
        {label}
      </button>
    </form>
  );
}

export function Account(props: AccountProps) {
  const { name, educationId, place, notice, error, sessions, apps, activity, isPupil } = props;
  return (
    <div class="grid gap-9">
      <div class="flex flex-wrap gap-4 justify-between items-start">
        <div>
          <h1>{name}</h1>
          <p class="text-quiet">
            <span class="number">{formatEducationId(educationId)}</span>
            {place && ` · ${place}`}
          </p>
        </div>
        <div class="flex gap-3">
          <a class="button" href={props.homePath}>
            {t('Ứng dụng', 'Apps')}
          </a>
          <Act action={props.signOutAction} label={t('Đăng xuất', 'Sign out')} />
        </div>
      </div>
      {notice && <Banner state="good">{notice}</Banner>}
      <FormBanner error={error} />
      <Notices {...props} />
      {!isPupil && <Passkeys {...props} />}
      <Password {...props} />
      {isPupil && <Passkeys {...props} />}
      <Section title={t('Đang đăng nhập ở', 'Signed in on')}>
        <ul class="grid gap-3">
          {sessions.map(({ id, device, isCurrent, method, signedInAt, lastSeenAt, apps: names, endAction }) => (
            <li key={id} class="card flex flex-wrap gap-3 items-center justify-between">
              <span>
                <span class="block font-semibold">
                  {device} {isCurrent && <State state="good">{t('Máy này', 'This one')}</State>}
                </span>
                <span class="block text-sm text-quiet">
                  {t('Từ', 'Since')} {formatTime(signedInAt)} ·{' '}
                  {method === 'passkey' ? 'passkey' : t('mật khẩu', 'password')} · {t('dùng', 'used')}{' '}
                  <time dateTime={lastSeenAt} title={formatTime(lastSeenAt)}>
                    {formatAgo(lastSeenAt)}
                  </time>
                  {names.length > 0 && ` · ${names.join(', ')}`}
                </span>
              </span>
              <Act
                action={endAction}
                label={
                  isCurrent
                    ? t('Đăng xuất', 'Sign out')
                    : isPupil
                      ? t('Không phải em', 'Not me')
                      : t('Không phải tôi', 'Not me')
                }
                about={device}
              />
            </li>
          ))}
        </ul>
        <Act action={props.endAllAction} label={t('Đăng xuất ở mọi nơi', 'Sign out everywhere')} bad />
      </Section>
      <Section
        title={
          isPupil
            ? t('Ứng dụng biết gì về em', 'What apps know about you')
            : t('Ứng dụng biết gì về bạn', 'What apps know about you')
        }
      >
        {apps.length === 0 && (
          <p class="text-quiet">{t('Chưa chia sẻ với ứng dụng nào.', 'Nothing is shared with any app yet.')}</p>
        )}
        <ul class="grid gap-3">
          {apps.map(({ name: app, since, data, withdrawAction }) => (
            <li key={app} class="card grid gap-3">
              <div class="flex flex-wrap justify-between gap-3 items-center">
                <span>
                  <span class="font-semibold">{app}</span>{' '}
                  <span class="text-sm text-quiet">
                    {t('từ', 'since')} {formatDate(since)}
                  </span>
                </span>
                {withdrawAction && <Act action={withdrawAction} label={t('Rút lại', 'Withdraw')} about={app} />}
              </div>
              <DataList data={data} />
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t('Hoạt động gần đây', 'Recent activity')}>
        <ul class="grid gap-2">
          {activity.map(({ at, sentence }) => (
            <li key={`${at}${sentence}`} class="grid sm:grid-cols-[10rem_1fr] gap-x-4">
              <time dateTime={at} class="text-quiet number">
                {formatTime(at)}
              </time>
              <span>{sentence}</span>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

function Notices({ notices, isPupil }: AccountProps) {
  if (notices.length === 0) return null;
  return (
    <Section title={isPupil ? t('Tin báo cho em', 'Notices for you') : t('Tin báo cho bạn', 'Notices for you')}>
      <ul class="grid gap-3">
        {notices.map(({ at, title, remedy }) => (
          <li key={`${at}${title}`} class="card grid gap-1">
            <time dateTime={at} class="text-sm text-quiet number">
              {formatTime(at)}
            </time>
            <span class="font-semibold">{title}</span>
            <span class="text-sm">{remedy}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Passkeys({ passkeys, addPasskeyPath }: AccountProps) {
  return (
    <Section title="Passkey">
      {passkeys.length === 0 && (
        <p class="text-quiet">
          {t(
            'Passkey mở bằng vân tay hoặc khuôn mặt, không cần nhớ mật khẩu.',
            'A passkey opens with your fingerprint or face; there is no password to remember.',
          )}
        </p>
      )}
      <ul class="grid gap-3">
        {passkeys.map(({ id, name, createdAt, lastUsedAt, isSynced, removeAction }) => (
          <li key={id} class="card flex flex-wrap gap-3 items-center justify-between">
            <span>
              <span class="block font-semibold">{name}</span>
              <span class="block text-sm text-quiet">
                {t('Thêm', 'Added')} {formatDate(createdAt)} ·{' '}
                {lastUsedAt ? `${t('dùng', 'used')} ${formatAgo(lastUsedAt)}` : t('chưa dùng', 'never used')}
                {isSynced && ` · ${t('đồng bộ giữa các thiết bị', 'synced between devices')}`}
              </span>
            </span>
            {removeAction && <Act action={removeAction} label={t('Gỡ', 'Remove')} about={name} />}
          </li>
        ))}
      </ul>
      <p>
        <a class="button" href={addPasskeyPath}>
          {t('Thêm passkey', 'Add a passkey')}
        </a>
      </p>
    </Section>
  );
}

function Password({ hasPassword, passwordChangedAt, passwordAction, minimumLength, error, educationId }: AccountProps) {
  const hasError = ['current', 'password', 'repeat'].includes(error?.field ?? '');
  return (
    <Section title={t('Mật khẩu', 'Password')}>
      <details class="card" open={hasError}>
        <summary class="cursor-pointer font-semibold min-h-8">
          {hasPassword ? t('Đổi mật khẩu', 'Change the password') : t('Đặt mật khẩu', 'Set a password')}
          {passwordChangedAt && (
            <span class="font-normal text-sm text-quiet">
              {' '}
              · {t('đổi lần cuối', 'last changed')} {formatDate(passwordChangedAt)}
            </span>
          )}
        </summary>
        <form method="post" action={passwordAction} class="grid gap-4 mt-4 max-w-md">
          <input type="hidden" autocomplete="username" value={educationId} />
          {hasPassword && (
            <Field
              label={t('Mật khẩu hiện nay', 'Current password')}
              name="current"
              type="password"
              autocomplete="current-password"
              required
              error={errorOf(error, 'current')}
            />
          )}
          <Field
            label={t('Mật khẩu mới', 'New password')}
            name="password"
            type="password"
            autocomplete="new-password"
            minlength={minimumLength}
            required
            hint={t(
              `Ít nhất ${minimumLength} ký tự; ba bốn từ dễ nhớ là đủ.`,
              `At least ${minimumLength} characters; three or four words will do.`,
            )}
            error={errorOf(error, 'password')}
          />
          <Field
            label={t('Gõ lại mật khẩu mới', 'The new password again')}
            name="repeat"
            type="password"
            autocomplete="new-password"
            required
            error={errorOf(error, 'repeat')}
          />
          <button type="submit" class="button button-primary">
            {t('Lưu mật khẩu', 'Save the password')}
          </button>
        </form>
      </details>
    </Section>
  );
}

export function PasskeyAdd({ name, deviceName, accountPath }: PasskeyAddProps) {
  return (
    <Stack>
      <h1>{t('Thêm passkey', 'Add a passkey')}</h1>
      <p>
        {t(
          `Máy này sẽ hỏi vân tay, khuôn mặt hoặc mã khoá màn hình của ${name}. Chỉ làm trên máy của riêng bạn.`,
          `This device will ask for the fingerprint, face or screen lock of ${name}. Do this only on a device of your own.`,
        )}
      </p>
      <noscript>{t('Việc này cần JavaScript.', 'This needs JavaScript.')}</noscript>
      <div hidden data-passkey-area class="grid gap-4">
        <Field
          label={t('Tên để nhận ra', 'A name to know it by')}
          name="passkey-name"
          maxlength={60}
          value={deviceName}
        />
        <button type="button" class="button button-primary" data-passkey="create">
          {t('Tạo passkey', 'Create the passkey')}
        </button>
        <p role="alert" class="text-bad font-semibold empty:hidden" data-passkey-error />
      </div>
      <a class="button" href={accountPath}>
        {t('Để sau', 'Not now')}
      </a>
    </Stack>
  );
}
