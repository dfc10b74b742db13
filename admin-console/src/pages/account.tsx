import type { AccountProps } from '@edutrust/idp/pages';
import type { ComponentChildren } from 'preact';
import { Face } from '../design/face.tsx';
import { Banner, Field } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatAgo, formatDate, formatEducationId, formatTime, formatWhen, t } from '../design/language.ts';
import { State } from '../design/mark.tsx';
import { ReleasedTo } from '../design/released.tsx';
import { Row, Ruled } from '../design/ruled.tsx';
import { AppsThatKnow } from './apps-that-know.tsx';
import { AskedFor } from './asked-for.tsx';
import { NewPassword } from './new-password.tsx';
import { errorOf, FormBanner } from './sign-in.tsx';
import { Happened, When } from './when.tsx';

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
  isSignOut,
}: {
  readonly action: string;
  readonly label: string;
  readonly about?: string;
  readonly bad?: boolean;
  /** The form that ends the session by itself when nobody is there. */
  readonly isSignOut?: boolean;
}) {
  return (
    <form method="post" action={action} data-sign-out={isSignOut}>
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
  const { name, educationId, place, notice, error, isPupil } = props;
  return (
    <>
      <div class="flex flex-wrap gap-4 justify-between items-start">
        <div class="flex gap-4 items-center min-w-0">
          <Face name={name} isLarge />
          <div class="min-w-0">
            <h1>{name}</h1>
            <p class="text-quiet">
              <span class="number">{formatEducationId(educationId)}</span>
              {place && ` · ${place}`}
            </p>
          </div>
        </div>
        <div class="flex flex-wrap gap-3">
          <a class="button" href={props.homePath}>
            <Icon name="layout-grid" />
            {t('Ứng dụng', 'Apps')}
          </a>
          <Act action={props.signOutAction} label={t('Đăng xuất', 'Sign out')} isSignOut />
        </div>
      </div>
      {notice && <Banner state="good">{notice}</Banner>}
      <FormBanner error={error} />
      <Notices {...props} />
      <div class="split">
        <div class="grid gap-8 grid-cols-[minmax(0,1fr)]">
          {!isPupil && <Passkeys {...props} />}
          <Password {...props} />
          {isPupil && <Passkeys {...props} />}
          <Sessions {...props} />
          <Activity {...props} />
        </div>
        <div class="grid gap-8 grid-cols-[minmax(0,1fr)]">
          <Sharing {...props} />
          <Elsewhere {...props} />
          <OwnData {...props} />
        </div>
      </div>
    </>
  );
}

/** The record itself: who looked at it, and a copy of all of it. */
function OwnData({ looksPath, dataPath, upstreamPath, isPupil, ministryId, lifelongCode }: AccountProps) {
  return (
    <Section title={isPupil ? t('Hồ sơ của em', 'My record') : t('Hồ sơ của tôi', 'My record')}>
      {(ministryId || lifelongCode) && (
        <dl class="facts">
          {ministryId && (
            <>
              <dt>{t('Mã định danh Bộ GD&ĐT', 'Ministry’s identifier')}</dt>
              <dd class="code">{ministryId}</dd>
            </>
          )}
          {lifelongCode && (
            <>
              <dt>{t('Mã học tập suốt đời', 'Lifelong learning code')}</dt>
              <dd class="code">{lifelongCode}</dd>
            </>
          )}
        </dl>
      )}
      <p class="grid gap-3">
        <a class="button" href={looksPath}>
          <Icon name="eye" />
          {t('Ai đã xem hồ sơ', 'Who looked at it')}
        </a>
        {dataPath && (
          <a class="button" href={dataPath}>
            <Icon name="download" />
            {t('Tải bản sao dữ liệu', 'Download a copy')}
          </a>
        )}
        {upstreamPath && (
          <a class="button" href={upstreamPath}>
            <Icon name="link" />
            {t('Tài khoản của nơi khác', 'Accounts of other houses')}
          </a>
        )}
        {dataPath && (
          <a class="button" href="/account/data-requests">
            <Icon name="shield-check" />
            {t('Yêu cầu về dữ liệu', 'Requests about data')}
          </a>
        )}
      </p>
    </Section>
  );
}

function methodName(method: AccountProps['sessions'][number]['method']): string {
  switch (method) {
    case 'passkey':
      return t('vân tay, khuôn mặt', 'fingerprint or face');
    case 'badge':
      return t('thẻ', 'badge');
    case 'code':
      return t('mật khẩu và mã', 'password and code');
    case 'password':
      return t('mật khẩu', 'password');
  }
}

function Sessions({ sessions, isPupil, endAllAction }: AccountProps) {
  const notMe = isPupil ? t('Không phải em', 'Not me') : t('Không phải tôi', 'Not me');
  return (
    <Section title={t('Đang đăng nhập ở', 'Signed in on')}>
      <Ruled onMargin>
        {sessions.map(({ id, device, isCurrent, method, signedInAt, lastSeenAt, apps: names, endAction }) => (
          <Row
            key={id}
            mark={isCurrent ? 'now' : 'dot'}
            title={
              <>
                {device} {isCurrent && <State state="now">{t('Máy này', 'This one')}</State>}
              </>
            }
            note={
              <>
                {t('Vào', 'Since')} <time dateTime={signedInAt}>{formatWhen(signedInAt).toLowerCase()}</time> ·{' '}
                {methodName(method)} · {t('dùng', 'used')}{' '}
                <time dateTime={lastSeenAt} title={formatTime(lastSeenAt)}>
                  {formatAgo(lastSeenAt)}
                </time>
                {names.length > 0 && ` · ${names.join(', ')}`}
              </>
            }
            act={<Act action={endAction} label={isCurrent ? t('Đăng xuất', 'Sign out') : notMe} about={device} />}
          />
        ))}
      </Ruled>
      <Act action={endAllAction} label={t('Đăng xuất ở mọi nơi', 'Sign out everywhere')} bad />
    </Section>
  );
}

function Sharing({ apps, asked, isPupil }: AccountProps) {
  return (
    <Section
      title={
        isPupil
          ? t('Ứng dụng biết gì về em', 'What apps know about you')
          : t('Ứng dụng biết gì về tôi', 'What apps know about me')
      }
    >
      <AskedFor asked={asked} />
      {(asked.length === 0 || apps.length > 0) && <AppsThatKnow apps={apps} />}
    </Section>
  );
}

/** Systems that the school brings people to by itself; they are told apart from apps that somebody opens. */
function Elsewhere({ releases, isPupil }: AccountProps) {
  if (releases.length === 0) return null;
  return (
    <Section
      title={
        isPupil
          ? t('Hệ thống của trường biết gì về em', 'What your school’s systems know about you')
          : t('Hệ thống của trường, Sở biết gì về tôi', 'What systems of school and department know about me')
      }
    >
      <ReleasedTo releases={releases} />
    </Section>
  );
}

/** What came last is in sight; what came before it does not push the page's other parts away. */
function Latest<T>({
  all,
  shown,
  before,
  children,
}: {
  readonly all: readonly T[];
  readonly shown: number;
  readonly before: string;
  readonly children: (some: readonly T[]) => ComponentChildren;
}) {
  return (
    <>
      {children(all.slice(0, shown))}
      {all.length > shown && (
        <details class="grid gap-2">
          <summary>
            {before} ({all.length - shown})
          </summary>
          {children(all.slice(shown))}
        </details>
      )}
    </>
  );
}

function Activity({ activity }: AccountProps) {
  return (
    <Section title={t('Hoạt động gần đây', 'Recent activity')}>
      <Latest all={activity} shown={8} before={t('Trước đó', 'Before that')}>
        {(some) => (
          <Ruled onMargin isTight isOrdered>
            {some.map(({ at, sentence }) => (
              <Happened key={`${at}${sentence}`} at={at} sentence={sentence} />
            ))}
          </Ruled>
        )}
      </Latest>
    </Section>
  );
}

function Notices({ notices, isPupil }: AccountProps) {
  if (notices.length === 0) return null;
  return (
    <Section title={isPupil ? t('Tin báo cho em', 'Notices for you') : t('Tin báo cho tôi', 'Notices for me')}>
      <Latest all={notices} shown={3} before={t('Tin báo trước đó', 'Earlier notices')}>
        {(some) => (
          <Ruled onMargin>
            {some.map(({ at, title, remedy, notMePath }) => (
              <Row
                key={`${at}${title}`}
                mark="warn"
                title={title}
                note={remedy}
                act={
                  <span class="flex flex-wrap items-center gap-3">
                    {notMePath && (
                      <a
                        class="button button-small"
                        href={notMePath}
                        aria-label={`${t('Không phải tôi', 'Not me')}: ${title}`}
                      >
                        {t('Không phải tôi', 'Not me')}
                      </a>
                    )}
                    <When at={at} />
                  </span>
                }
              />
            ))}
          </Ruled>
        )}
      </Latest>
    </Section>
  );
}

function Passkeys({ passkeys, addPasskeyPath }: AccountProps) {
  return (
    <Section title={t('Vào bằng vân tay, khuôn mặt (passkey)', 'Sign in with your fingerprint or face (passkey)')}>
      {passkeys.length === 0 && (
        <p class="text-quiet">
          {t(
            'Mở bằng vân tay hoặc khuôn mặt của chính máy này, không cần nhớ mật khẩu.',
            'It opens with your fingerprint or face on this device; there is no password to remember.',
          )}
        </p>
      )}
      {passkeys.length > 0 && (
        <Ruled onMargin>
          {passkeys.map(({ id, name, createdAt, lastUsedAt, isSynced, removeAction }) => (
            <Row
              key={id}
              mark="good"
              title={name}
              note={
                <>
                  {t('Thêm', 'Added')} {formatDate(createdAt)} ·{' '}
                  {lastUsedAt ? `${t('dùng', 'used')} ${formatAgo(lastUsedAt)}` : t('chưa dùng', 'never used')}
                  {isSynced && ` · ${t('đồng bộ giữa các thiết bị', 'synced between devices')}`}
                </>
              }
              act={removeAction && <Act action={removeAction} label={t('Gỡ', 'Remove')} about={name} />}
            />
          ))}
        </Ruled>
      )}
      <p>
        <a class="button" href={addPasskeyPath}>
          {t('Thêm passkey', 'Add a passkey')}
        </a>
      </p>
    </Section>
  );
}

function Password({
  hasPassword,
  passwordChangedAt,
  passwordAction,
  minimumLength,
  error,
  educationId,
  secondFactor,
}: AccountProps) {
  const hasError = ['current', 'password', 'repeat'].includes(error?.field ?? '');
  return (
    <Section title={t('Mật khẩu', 'Password')}>
      <details class="card" open={hasError}>
        <summary>
          <span>
            {hasPassword ? t('Đổi mật khẩu', 'Change the password') : t('Đặt mật khẩu', 'Set a password')}
            {passwordChangedAt && (
              <span class="block font-normal text-sm text-quiet">
                {t('Đổi lần cuối', 'Last changed')} {formatDate(passwordChangedAt)}
              </span>
            )}
          </span>
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
          <NewPassword
            error={error}
            minimumLength={minimumLength}
            hint={t(
              `Ít nhất ${minimumLength} ký tự; ba bốn từ dễ nhớ là đủ.`,
              `At least ${minimumLength} characters; three or four words will do.`,
            )}
          />
          <button type="submit" class="button button-primary">
            {t('Lưu mật khẩu', 'Save the password')}
          </button>
        </form>
      </details>
      {secondFactor && (
        <p>
          <a class="button" href={secondFactor.path}>
            <Icon name="smartphone" />
            {secondFactor.isOn
              ? t('Mã từ ứng dụng xác thực: đang bật', 'Authenticator app: on')
              : t('Thêm mã từ ứng dụng xác thực', 'Add an authenticator app')}
          </a>
        </p>
      )}
    </Section>
  );
}
