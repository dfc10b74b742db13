import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { ActButton } from '../../design/dialog.tsx';
import { formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import type { MadeCode } from '../activation.ts';
import { givenName, inWords, sentence } from '../call.ts';
import { CodeCard } from '../code-card.tsx';
import { mayDo } from '../may.ts';
import { useProposed } from '../proposed.ts';
import type { PersonView } from './views.ts';

type Account = paths['/api/v1/people/{id}/account']['get']['responses']['200']['content']['application/json'];

/** «Why can this person not sign in?», answered as a ladder whose broken step holds its remedy. */
export function SignIn({ person }: { readonly person: PersonView }) {
  const may = mayDo(person);
  if (!may('accounts.read')) return null;
  return <Ladder person={person} />;
}

function Ladder({ person }: { readonly person: PersonView }) {
  const [account, reload] = useLoad(`account ${person.id}`, () =>
    must(api.GET('/api/v1/people/{id}/account', { params: { path: { id: person.id } } })),
  );
  const [made, setMade] = useState<MadeCode>();
  const given = givenName(person.fullName);
  return (
    <section class="grid gap-4" aria-labelledby="sign-in">
      <Show loaded={account}>
        {(data) => {
          const broken = data.checks.find(({ ok }) => !ok)?.step;
          const acts = (
            <Acts person={person} account={data} isBroken={broken !== undefined} onDone={reload} onCode={setMade} />
          );
          return (
            <>
              <h2 id="sign-in">
                {broken === undefined
                  ? t(`${given} đăng nhập được`, `${given} can sign in`)
                  : t(`Vì sao ${given} chưa vào được?`, `Why can ${given} not sign in?`)}
              </h2>
              {broken === undefined ? (
                <>
                  <p class="text-quiet">{known(data)}</p>
                  {acts}
                  <details class="grid gap-2">
                    <summary>
                      {t(
                        `${sentence(inWords(data.checks.length))} điều cần có, đều đủ`,
                        `${sentence(inWords(data.checks.length))} things are needed, all are there`,
                      )}
                    </summary>
                    <Checks checks={data.checks} />
                  </details>
                </>
              ) : (
                <>
                  <Checks checks={data.checks} broken={broken}>
                    <div class="mt-3 p-4 rounded-card bg-warn-soft">{acts}</div>
                  </Checks>
                  <p class="text-sm text-quiet">{known(data)}</p>
                </>
              )}
            </>
          );
        }}
      </Show>
      {made && <CodeCard made={made} onClose={() => setMade(undefined)} />}
    </section>
  );
}

/** The steps to a sign-in, in their order; below the broken one what helps. */
function Checks({
  checks,
  broken,
  children,
}: {
  readonly checks: Account['checks'];
  readonly broken?: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <Ruled onMargin isTight isOrdered>
      {checks.map(({ step, ok, sentence: said }) => (
        <Row
          key={step}
          mark={ok ? 'good' : step === broken ? 'warn' : 'later'}
          said={ok ? t('Được', 'Yes') : t('Chưa', 'No')}
          title={<span class={ok ? 'font-normal' : ''}>{said}</span>}
        >
          {step === broken && children}
        </Row>
      ))}
    </Ruled>
  );
}

const known = ({ passkeys, sessions, lastSignInAt, hasSecondFactor }: Account): string =>
  [
    t(`${passkeys} passkey`, `${passkeys} passkeys`),
    hasSecondFactor && t('có ứng dụng mã', 'an authenticator app'),
    t(`${sessions} nơi đang đăng nhập`, `${sessions} sessions`),
    lastSignInAt && `${t('vào lần cuối', 'last in')} ${formatTime(lastSignInAt)}`,
  ]
    .filter(Boolean)
    .join(' · ');

interface ActsProps {
  readonly person: PersonView;
  readonly account: Account;
  readonly onDone: () => void;
}

/** What can be done about it, the quickest way first; only what this person may do to that one. */
function Acts({
  isBroken,
  onCode,
  ...of
}: ActsProps & { readonly isBroken: boolean; readonly onCode: (made: MadeCode) => void }) {
  const may = mayDo(of.person);
  const { status, sessions, mayRemoveSecondFactor, undoable } = of.account;
  const offered = [
    may('accounts.suspend') && status === 'suspended' && <Resume key="resume" {...of} />,
    may('accounts.invite') && status !== 'suspended' && <Code key="code" {...of} isFirst={isBroken} onCode={onCode} />,
    may('accounts.invite') && status === 'active' && undoable.length > 0 && <TakeBack key="back" {...of} />,
    mayRemoveSecondFactor && <RemoveApp key="app" {...of} />,
    may('accounts.suspend') && sessions > 0 && <EndSessions key="end" {...of} />,
    may('accounts.suspend') && status === 'active' && <Suspend key="suspend" {...of} />,
  ].filter(Boolean);
  if (offered.length === 0) {
    return isBroken ? (
      <p>
        {t(
          'Người giúp được là quản trị nơi người này làm việc hay học tập.',
          'The administrator where this person works or learns can help.',
        )}
      </p>
    ) : null;
  }
  return <div class="flex flex-wrap gap-2">{offered}</div>;
}

function Code({
  person,
  account: { status },
  isFirst,
  onDone,
  onCode,
}: ActsProps & { readonly isFirst: boolean; readonly onCode: (made: MadeCode) => void }) {
  const proposed = useProposed();
  const given = givenName(person.fullName);
  const isActive = status === 'active';
  return (
    <ActButton
      primary={isFirst}
      label={
        isActive
          ? t('Quên mật khẩu, cấp mã mới', 'Forgotten: a new code')
          : t('Cấp mã kích hoạt', 'Issue an activation code')
      }
      question={
        isActive
          ? t(`Cấp mã để ${given} đặt lại mật khẩu?`, `A code for ${given} to choose a new password?`)
          : t(`Cấp mã kích hoạt cho ${given}?`, `An activation code for ${given}?`)
      }
      confirm={t('Cấp mã', 'Issue the code')}
      onConfirm={async () => {
        const params = { path: { id: person.id } };
        const answer = await must(api.POST('/api/v1/people/{id}/activation-code', { params }));
        if (proposed(answer)) return;
        if ('code' in answer) onCode({ ...answer, person });
        onDone();
      }}
    >
      <p>
        {t(
          'Ai cầm mã thì đặt được mật khẩu, nên chỉ đưa cho đúng người. Mã cấp trước đó thôi dùng được. Việc này được ghi lại.',
          'Anyone who holds the code can choose the password: give it to the person alone. An earlier code stops working. This is recorded.',
        )}
      </p>
    </ActButton>
  );
}

/** For who lost the phone with the app, and the recovery codes as well. */
function RemoveApp({ person, onDone }: ActsProps) {
  const given = givenName(person.fullName);
  return (
    <ActButton
      label={t('Mất ứng dụng mã', 'Lost the code app')}
      question={t(`Gỡ ứng dụng mã của ${given}?`, `Remove the authenticator app of ${given}?`)}
      confirm={t('Gỡ ứng dụng mã', 'Remove it')}
      onConfirm={async () => {
        await must(api.DELETE('/api/v1/people/{id}/second-factor', { params: { path: { id: person.id } } }));
        onDone();
      }}
    >
      <p>
        {t(
          `Từ lúc đó mật khẩu một mình mở được tài khoản, và mã dự phòng thôi dùng được. Chỉ gỡ khi chính ${given} nhờ. ${given} được báo, và việc này được ghi lại.`,
          `From then on the password alone opens the account, and recovery codes stop working. Do it only when ${given} asks in person. ${given} is told, and it is recorded.`,
        )}
      </p>
    </ActButton>
  );
}

/** For who finds their sign-in changed by somebody else: as it was before the change that is chosen. */
function TakeBack({ person, account: { undoable }, onDone }: ActsProps) {
  const given = givenName(person.fullName);
  const [chosen, choose] = useState(undoable[0]?.id ?? '');
  return (
    <ActButton
      label={t('Lấy lại cách đăng nhập', 'Put the sign-in back')}
      question={t(`Lấy lại cách đăng nhập của ${given}?`, `Put the sign-in of ${given} back?`)}
      confirm={t('Lấy lại', 'Take it back')}
      onConfirm={async () => {
        const params = { path: { id: person.id, changeId: chosen } };
        await must(api.POST('/api/v1/people/{id}/changes/{changeId}/take-back', { params }));
        onDone();
      }}
    >
      <fieldset class="ticks">
        <legend>{t('Từ thay đổi nào trong 24 giờ qua?', 'From which change of the last 24 hours on?')}</legend>
        {undoable.map(({ id, at, title }) => (
          <Tick
            key={id}
            type="radio"
            name="change"
            checked={id === chosen}
            onChange={() => choose(id)}
            note={formatTime(at)}
          >
            {title}
          </Tick>
        ))}
      </fieldset>
      <p>
        {t(
          `Những gì đổi từ lúc đó được lấy lại, ${given} bị đăng xuất khỏi mọi nơi và mật khẩu thôi dùng: cấp mã mới ngay sau đó. Việc này được ghi lại.`,
          `What changed from then on is taken back, ${given} is signed out everywhere and the password stops working: issue a new code right after. This is recorded.`,
        )}
      </p>
    </ActButton>
  );
}

function EndSessions({ person, onDone }: ActsProps) {
  const given = givenName(person.fullName);
  return (
    <ActButton
      label={t('Đăng xuất khỏi mọi nơi', 'Sign out everywhere')}
      question={t(`Đăng xuất ${given} khỏi mọi nơi?`, `Sign ${given} out everywhere?`)}
      confirm={t('Đăng xuất khỏi mọi nơi', 'Sign out everywhere')}
      onConfirm={async () => {
        await must(api.POST('/api/v1/people/{id}/sessions/end', { params: { path: { id: person.id } } }));
        onDone();
      }}
    >
      <p>
        {t(
          'Mọi máy và ứng dụng đang mở sẽ hỏi đăng nhập lại. Mật khẩu không đổi.',
          'Every open device and app asks to sign in again. The password stays.',
        )}
      </p>
    </ActButton>
  );
}

function Suspend({ person, onDone }: ActsProps) {
  const given = givenName(person.fullName);
  return (
    <ActButton
      bad
      label={t('Khoá tài khoản', 'Suspend')}
      question={t(`Khoá tài khoản của ${person.fullName}?`, `Suspend the account of ${person.fullName}?`)}
      confirm={t('Khoá tài khoản', 'Suspend')}
      onConfirm={async () => {
        await must(api.POST('/api/v1/people/{id}/suspend', { params: { path: { id: person.id } } }));
        onDone();
      }}
    >
      <p>
        {t(
          `${given} bị đăng xuất khỏi mọi nơi ngay và không vào được cho tới khi mở lại. Hồ sơ, điểm và giấy tờ không đổi.`,
          `${given} is signed out everywhere at once and cannot sign in until it is resumed. Records, marks and documents stay.`,
        )}
      </p>
    </ActButton>
  );
}

function Resume({ person, onDone }: ActsProps) {
  return (
    <ActButton
      primary
      label={t('Mở lại tài khoản', 'Resume')}
      question={t(`Mở lại tài khoản của ${person.fullName}?`, `Resume the account of ${person.fullName}?`)}
      confirm={t('Mở lại tài khoản', 'Resume')}
      onConfirm={async () => {
        await must(api.POST('/api/v1/people/{id}/resume', { params: { path: { id: person.id } } }));
        onDone();
      }}
    >
      <p>{t('Mật khẩu và passkey cũ lại dùng được.', 'The old password and passkeys work again.')}</p>
    </ActButton>
  );
}
