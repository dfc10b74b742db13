import type { SignInRequestProps } from '@edutrust/idp/pages';
import { Face } from '../design/face.tsx';
import { Banner } from '../design/form.tsx';
import { formatClock, t } from '../design/language.ts';
import { PasskeyButton } from './sign-in.tsx';

/** `/sign-in-requests`: an app waits for a sign-in, and this phone says yes or no. */
export function SignInRequest(props: SignInRequestProps) {
  return props.step === 'ask' ? <Ask {...props} /> : <Answered {...props} />;
}

type Asked = Extract<SignInRequestProps, { step: 'ask' }>;

function Ask(props: Asked) {
  const { app, message, data, name, expiresAt, refuseAction, more } = props;
  return (
    <>
      <h1>{t(`Cho ${app.name} đăng nhập?`, `Let ${app.name} sign you in?`)}</h1>
      <p class="flex items-center gap-3">
        <Face name={app.name} of="app" />
        <span>{app.purpose}</span>
      </p>
      {message !== null && (
        <section class="card grid gap-2" aria-labelledby="message">
          <p id="message">{t('Ứng dụng phải đang hiện đúng dòng này:', 'The app has to show this line right now:')}</p>
          <p class="text-2xl font-semibold wrap-anywhere">{message}</p>
        </section>
      )}
      <Banner state="warn">
        {t(
          'Chỉ cho vào khi chính mình vừa mở ứng dụng ấy hoặc đang nói chuyện với họ. Không chắc thì từ chối: không mất gì cả.',
          'Allow it only if you just opened that app or are talking to them yourself. If in doubt, refuse: nothing is lost.',
        )}
      </Banner>
      <dl class="facts">
        <dt>{t('Bằng tài khoản của', 'With the account of')}</dt>
        <dd>{name}</dd>
        {data
          .filter(({ claim }) => claim !== 'name')
          .map(({ claim, label, value }) => (
            <>
              <dt key={claim}>{label}</dt>
              <dd>{value}</dd>
            </>
          ))}
        <dt>{t('Trả lời trước', 'Answer before')}</dt>
        <dd>{formatClock(expiresAt)}</dd>
      </dl>
      <Allow {...props} />
      <form method="post" action={refuseAction} class="grid">
        <button type="submit" class="button">
          {t('Từ chối', 'Refuse')}
        </button>
      </form>
      <More count={more} />
    </>
  );
}

function Allow({ passkey, allowAction }: Asked) {
  if (passkey) return <PasskeyButton isPrimary label={t('Cho vào bằng passkey', 'Allow with your passkey')} />;
  return (
    <form method="post" action={allowAction} class="grid">
      <button type="submit" class="button button-primary button-big">
        {t('Cho vào', 'Allow')}
      </button>
    </form>
  );
}

const more = (count: number) =>
  t(`Còn ${count} yêu cầu nữa đang chờ`, `${count} more ${count === 1 ? 'request waits' : 'requests wait'}`);

function More({ count }: { readonly count: number }) {
  return count > 0 ? <p class="text-quiet">{more(count)}</p> : null;
}

function Answered({ step, more: count }: Exclude<SignInRequestProps, Asked>) {
  return (
    <>
      <h1>{headings[step]()}</h1>
      <p class="text-lg">{sentences[step]()}</p>
      {count > 0 ? (
        <a class="button button-primary" href="/sign-in-requests">
          {more(count)}
        </a>
      ) : (
        <a class="button" href="/">
          {t('Về trang đầu', 'To the first page')}
        </a>
      )}
    </>
  );
}

const headings = {
  allowed: () => t('Xong', 'Done'),
  refused: () => t('Đã từ chối', 'Refused'),
  none: () => t('Không có yêu cầu nào', 'Nothing waits'),
};

const sentences = {
  allowed: () =>
    t(
      'Ứng dụng đã vào được. Muốn cho thoát: đăng xuất ở đây, hoặc ở trang tài khoản.',
      'The app is in. To sign it out: sign out here, or on your account page.',
    ),
  refused: () =>
    t(
      'Ứng dụng không vào được. Cứ bị hỏi mãi mà mình không làm gì? Báo cho nhà trường.',
      'The app did not get in. Are you asked again and again without doing anything? Tell your school.',
    ),
  none: () =>
    t(
      'Khi một ứng dụng của trường chờ cho vào bằng điện thoại này, yêu cầu sẽ hiện ở đây.',
      'When an app of your school waits to be let in by this phone, the request appears here.',
    ),
};
