import type { AppPicture, LauncherApp, LauncherProps, Seat } from '@edutrust/idp/pages';
import { crayonOf, Face } from '../design/face.tsx';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import type { IconName } from '../design/icons.ts';
import { formatClock, formatWeekday, t } from '../design/language.ts';
import { Ruled } from '../design/ruled.tsx';
import { you } from './address.ts';
import { IssuedDocuments } from './issued.tsx';
import { NotMe } from './sign-in.tsx';
import { WaitingDocuments } from './waiting.tsx';
import { Happened } from './when.tsx';

const pictures: Readonly<Record<AppPicture, IconName>> = {
  book: 'book-open',
  books: 'library',
  calculator: 'calculator',
  pencil: 'pencil',
  palette: 'palette',
  music: 'music',
  plant: 'sprout',
  languages: 'languages',
  globe: 'globe',
  message: 'message-circle',
  clipboard: 'clipboard-list',
  people: 'users',
  chart: 'chart-column',
  play: 'circle-play',
};

/** An app's picture in a crayon that is its own for ever; the first letters of one that has none. */
function Picture({ app: { name, picture } }: { readonly app: LauncherApp }) {
  const letters = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase())
    .join('');
  return (
    <span aria-hidden="true" class="picture">
      {picture ? <Icon name={pictures[picture]} /> : letters}
    </span>
  );
}

export function Launcher(props: LauncherProps) {
  return (
    <>
      <Hello {...props} />
      {props.offersPasskey && <PasskeyMade />}
      <div class="page page-bare sheet-page">
        {props.needsOwnWay && <OwnWay />}
        <Waiting {...props} />
        {props.left ? (
          <Left {...props.left} accountPath={props.accountPath} />
        ) : props.address.kind === 'pupil' ? (
          <Tiles {...props} />
        ) : (
          <Rows {...props} />
        )}
        {!props.left && <OwnPages {...props} />}
        <Lately {...props} />
      </div>
    </>
  );
}

/** Who is signed in, where one sees it first, and the way out for them and for who comes next. */
function Hello({ name, givenName, place, address, signOutAction, isShared, lesson }: LauncherProps) {
  const isPupil = address.kind === 'pupil';
  return (
    <section class="hello squared">
      <div class="on-margin">
        <Face name={name} isLarge />
        <div class="grow basis-56 min-w-0">
          <p class="text-sm text-quiet">{formatWeekday(Date.now())}</p>
          <h1>
            {isPupil
              ? t(`Chào ${givenName}!`, `Hello ${givenName}!`)
              : t(`Chào ${you(address)} ${givenName}`, `Hello ${givenName}`)}
          </h1>
          <p class="text-quiet">
            {name}
            {place && ` · ${place}`}
          </p>
          {lesson && <LessonUntil {...lesson} />}
          {isShared && (
            <NotMe
              action={signOutAction}
              label={isPupil ? t('Không phải em?', 'Not you?') : t(`Không phải ${you(address)}?`, 'Not you?')}
            />
          )}
        </div>
        <form method="post" action={signOutAction} class="max-sm:w-full grid" data-sign-out>
          <button type="submit" class={`button ${isShared ? 'button-primary button-big' : ''}`}>
            <Icon name="log-out" />
            {isShared ? t('Xong – đăng xuất', 'Done – sign out') : t('Đăng xuất', 'Sign out')}
          </button>
        </form>
      </div>
    </section>
  );
}

/** Says what the browser made by itself, once it has; without that nothing is shown. */
function PasskeyMade() {
  return (
    <p
      class="page page-bare font-semibold empty:hidden"
      role="status"
      data-offers-passkey
      data-path="/api/v1/account/passkeys"
    />
  );
}

/** Until when a child may work here; the script asks whether the lesson is still on. */
function LessonUntil({ kind, endsAt }: NonNullable<LauncherProps['lesson']>) {
  const until = formatClock(endsAt);
  return (
    <p class="font-semibold" data-lesson-ends={endsAt}>
      {kind === 'exam'
        ? t(`Đang giờ thi. Em chỉ mở được ứng dụng của bài thi.`, 'This is an exam. Only its own apps open.')
        : t(`Giờ ở phòng máy đến ${until}. Em nhớ lưu bài trước đó.`, `Lesson until ${until}. Save your work before.`)}
    </p>
  );
}

/** What cannot wait: documents to sign; then a teacher's class, a guardian's children. */
function Waiting({ waiting, classes, children, address, signInRequests }: LauncherProps) {
  if (!waiting && !children && classes.length === 0 && !signInRequests) return null;
  return (
    <div class="pressing">
      {signInRequests && <SignInRequests {...signInRequests} />}
      {waiting && <WaitingDocuments waiting={waiting} address={address} />}
      {children && (
        <section class="card grid gap-3 content-between" aria-labelledby="children">
          <div>
            <h2 id="children">{children.givenNames.join(', ')}</h2>
            <p class="text-quiet">
              {t(
                'Học bạ, ứng dụng nào biết gì, việc mới ở tài khoản của con.',
                'School reports, what apps know, what is new in the account.',
              )}
            </p>
          </div>
          <a
            class={`button justify-self-start ${waiting || signInRequests ? '' : 'button-primary'}`}
            href={children.href}
          >
            {t('Con của tôi', 'My children')}
            <Icon name="arrow-right" />
          </a>
        </section>
      )}
      {classes.map((one) => (
        <OwnClass key={one.href} {...one} />
      ))}
    </div>
  );
}

/** It waits for minutes only, so it comes first. */
function SignInRequests({ apps, href }: NonNullable<LauncherProps['signInRequests']>) {
  return (
    <section class="call self-start" aria-labelledby="sign-in-requests">
      <div>
        <h2 id="sign-in-requests">{t('Yêu cầu đăng nhập', 'Sign-in requests')}</h2>
        <p>{t(`${apps.join(', ')} đang chờ trả lời.`, `${apps.join(', ')} waits for an answer.`)}</p>
      </div>
      <a class="button button-primary justify-self-start" href={href}>
        {t('Xem và trả lời', 'Look and answer')}
        <Icon name="arrow-right" />
      </a>
    </section>
  );
}

/** A class this morning: a square for each learner, and the same in a sentence. */
function OwnClass({ code, seats, href }: LauncherProps['classes'][number]) {
  const count = (seat: Seat) => seats.filter((one) => one === seat).length;
  const idle = count('none');
  return (
    <section class="card grid gap-3 content-between" aria-labelledby={`class-${code}`}>
      <div>
        <h2 id={`class-${code}`}>
          {t(
            `Lớp ${code}: ${count('in')} trên ${seats.length} em đã vào`,
            `Class ${code}: ${count('in')} of ${seats.length} signed in`,
          )}
        </h2>
        <p class="text-quiet">
          {idle > 0
            ? t(`Hôm nay. ${idle} em chưa kích hoạt.`, `Today. ${idle} have not activated yet.`)
            : t('Hôm nay.', 'Today.')}
        </p>
      </div>
      <p class="squares" aria-hidden="true">
        {seats.map((seat, index) => (
          <span key={index} class={`square square-${seat}`} />
        ))}
      </p>
      <a class="button justify-self-start" href={href}>
        {t('Mở lớp của tôi', 'Open my class')}
        <Icon name="arrow-right" />
      </a>
    </section>
  );
}

function NoApps({ address }: Pick<LauncherProps, 'address'>) {
  return (
    <p class="text-quiet">
      {t(
        `Chưa có ứng dụng nào cho ${you(address)}. Có ứng dụng thì hiện ở đây.`,
        'There is no app for you yet. Apps appear here.',
      )}
    </p>
  );
}

/** For a child: a picture, a word, and the word read aloud where the computer has a Vietnamese voice. */
function Tiles({ apps, address }: LauncherProps) {
  if (apps.length === 0) return <NoApps address={address} />;
  return (
    <ul class="tiles">
      {apps.map((app) => (
        <li key={app.clientId} class={`relative crayon-${crayonOf(app.clientId)}`}>
          <a class="tile" href={app.href}>
            <Picture app={app} />
            <span class="tile-words">
              <b class="block text-[1.125rem] leading-snug">{app.name}</b>
              <span class="block text-sm text-quiet max-sm:hidden">{app.purpose}</span>
            </span>
          </a>
          <button
            type="button"
            hidden
            class="icon-button absolute right-2 bottom-2"
            data-read-aloud={`${app.name}. ${app.purpose}`}
            aria-label={`${t('Nghe', 'Listen')}: ${app.name}`}
          >
            <Icon name="volume-2" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Rows({ apps, address, children }: LauncherProps) {
  if (apps.length === 0 && children) return null; // a parent came for the children
  return (
    <section class="grid gap-3" aria-labelledby="apps">
      <h2 id="apps">{t('Ứng dụng', 'Apps')}</h2>
      {apps.length === 0 && <NoApps address={address} />}
      <ul class="grid gap-1 sm:grid-cols-2 lg:grid-cols-3">
        {apps.map((app) => (
          <li key={app.clientId} class={`crayon-${crayonOf(app.clientId)}`}>
            <a class="app-row" href={app.href}>
              <Picture app={app} />
              <span>
                <span class="block font-semibold">{app.name}</span>
                <span class="block text-sm text-quiet">{app.purpose}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** To a pupil of the last grade whose badge is all that they have. */
function OwnWay() {
  return (
    <Banner state="warn">
      {t(
        'Em sắp ra trường, và thẻ dừng từ ngày đó. Em xin thầy cô một phiếu để đặt mật khẩu của riêng em: mã giáo dục, học bạ và giấy tờ là của em suốt đời.',
        'You leave the school soon, and the badge ends on that day. Ask your teacher for a sheet and choose a password of your own: your education ID, transcripts and papers are yours for life.',
      )}
    </Banner>
  );
}

/** Who belongs nowhere any longer: their papers first, then the record that is theirs for life. */
function Left({
  documents,
  looksPath,
  requestsPath,
  accountPath,
}: NonNullable<LauncherProps['left']> & Pick<LauncherProps, 'accountPath'>) {
  return (
    <>
      <section class="grid gap-3" aria-labelledby="documents">
        <h2 id="documents">{t('Giấy tờ của tôi', 'My documents')}</h2>
        <IssuedDocuments documents={documents} />
      </section>
      <section class="grid gap-3" aria-labelledby="record">
        <h2 id="record">{t('Hồ sơ của tôi', 'My record')}</h2>
        <p class="text-quiet max-w-[65ch]">
          {t(
            'Mã giáo dục là của mình suốt đời. Thẻ, lớp và ứng dụng của trường thì đã dừng từ ngày rời trường.',
            'The education ID is yours for life. Badge, class and apps of the school ended on the day you left.',
          )}
        </p>
        <p class="flex flex-wrap gap-3">
          <a class="button" href={accountPath}>
            <Icon name="user" />
            {t('Tài khoản của tôi', 'My account')}
          </a>
          <a class="button" href={looksPath}>
            <Icon name="eye" />
            {t('Ai đã xem hồ sơ', 'Who looked at it')}
          </a>
          <a class="button" href={requestsPath}>
            <Icon name="shield-check" />
            {t('Sửa, xoá, lấy bản sao dữ liệu', 'Correct, erase or copy my data')}
          </a>
        </p>
      </section>
    </>
  );
}

/** What happened to the account, so that what was not oneself is seen without looking for it. */
function Lately({ activity, accountPath }: LauncherProps) {
  if (activity.length === 0) return null;
  return (
    <section class="grid gap-3" aria-labelledby="lately">
      <h2 id="lately">{t('Mới đây', 'Lately')}</h2>
      <Ruled onMargin isTight isOrdered>
        {activity.map(({ at, sentence }) => (
          <Happened key={`${at}${sentence}`} at={at} sentence={sentence} />
        ))}
      </Ruled>
      <p class="text-sm text-quiet">
        {t('Không phải mình làm?', 'Not you?')}{' '}
        <a href={accountPath}>{t('Xem tài khoản, đăng xuất ở mọi nơi', 'Open the account, sign out everywhere')}</a>
      </p>
    </section>
  );
}

/** The rest of the own pages: what has its card above is not offered twice. */
function OwnPages({ ownPages, waiting, classes, accountPath, address }: LauncherProps) {
  const rest = ownPages.filter(({ href }) => href !== waiting?.href && (href !== '/teach' || classes.length === 0));
  return (
    <nav aria-label={t('Trang của mình', 'Your pages')} class="flex flex-wrap gap-3">
      {rest.map(({ label, href }) => (
        <a key={href} class="button" href={href}>
          {label}
        </a>
      ))}
      <a class="button" href={accountPath}>
        <Icon name="user" />
        {address.kind === 'pupil' ? t('Tài khoản của em', 'My account') : t('Tài khoản của tôi', 'My account')}
      </a>
    </nav>
  );
}
