import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { StateShape } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import type { MadeCode } from '../activation.ts';
import { CodeCard } from '../code-card.tsx';
import { useMayDo } from '../may.ts';
import { useProposed } from '../proposed.ts';
import type { PersonView } from './person.tsx';

/** «Why can this person not sign in?», answered as a ladder; and what to do about it. */
export function SignIn({ person }: { readonly person: PersonView }) {
  const may = useMayDo(person);
  if (!may('accounts.read')) return null;
  return <Ladder person={person} may={may} />;
}

function Ladder({ person, may }: { readonly person: PersonView; readonly may: (action: string) => boolean }) {
  const path = { params: { path: { id: person.id } } };
  const [account, reload] = useLoad(`account ${person.id}`, () => must(api.GET('/api/v1/people/{id}/account', path)));
  const [made, setMade] = useState<MadeCode>();
  const proposed = useProposed();
  const given = person.fullName.split(' ').at(-1) ?? '';
  const then = (act: () => Promise<unknown>) => async () => {
    await act();
    reload();
  };
  return (
    <section class="grid gap-3" aria-labelledby="sign-in">
      <Show loaded={account}>
        {(data) => {
          const isIn = data.checks.every(({ ok }) => ok);
          return (
            <>
              <h2 id="sign-in">
                {isIn
                  ? t(`${given} đăng nhập được`, `${given} can sign in`)
                  : t(`Vì sao ${given} chưa vào được?`, `Why can ${given} not sign in?`)}
              </h2>
              <ol class="ruled">
                {data.checks.map(({ step, ok, sentence }) => (
                  <li key={step} class="py-2!">
                    <span class={`mark ${ok ? 'mark-good' : 'mark-warn'} top-2!`}>
                      <span class="sr-only">{ok ? t('Được', 'Yes') : t('Chưa', 'No')}</span>
                      <StateShape state={ok ? 'good' : 'warn'} />
                    </span>
                    <span class={ok ? '' : 'font-semibold'}>{sentence}</span>
                  </li>
                ))}
              </ol>
              <p class="text-sm text-quiet">
                {t(`${data.passkeys} khoá truy cập`, `${data.passkeys} passkeys`)} ·{' '}
                {t(`${data.sessions} nơi đang đăng nhập`, `${data.sessions} sessions`)}
                {data.lastSignInAt && ` · ${t('lần cuối', 'last')} ${formatTime(data.lastSignInAt)}`}
              </p>
              <div class="flex flex-wrap gap-2">
                {may('accounts.invite') && (
                  <ActButton
                    label={
                      data.status === 'active'
                        ? t('Quên mật khẩu, cấp mã mới', 'Forgotten: a new code')
                        : t('Cấp mã kích hoạt', 'Issue an activation code')
                    }
                    question={
                      data.status === 'active'
                        ? t(`Cấp mã để ${given} đặt lại mật khẩu?`, `A code for ${given} to choose a new password?`)
                        : t(`Cấp mã kích hoạt cho ${given}?`, `An activation code for ${given}?`)
                    }
                    confirm={t('Cấp mã', 'Issue the code')}
                    onConfirm={then(async () => {
                      const answer = await must(api.POST('/api/v1/people/{id}/activation-code', path));
                      if (!proposed(answer) && 'code' in answer) setMade({ ...answer, person });
                    })}
                  >
                    <p>
                      {t(
                        'Ai cầm mã thì đặt được mật khẩu, nên chỉ đưa cho đúng người. Mã cấp trước đó thôi dùng được. Việc này được ghi lại.',
                        'Whoever holds the code can choose the password: give it to the person alone. An earlier code stops working. This is recorded.',
                      )}
                    </p>
                  </ActButton>
                )}
                {may('accounts.suspend') && data.sessions > 0 && (
                  <ActButton
                    label={t('Đăng xuất khỏi mọi nơi', 'Sign out everywhere')}
                    question={t(`Đăng xuất ${given} khỏi mọi nơi?`, `Sign ${given} out everywhere?`)}
                    confirm={t('Đăng xuất khỏi mọi nơi', 'Sign out everywhere')}
                    onConfirm={then(() => must(api.POST('/api/v1/people/{id}/sessions/end', path)))}
                  >
                    <p>
                      {t(
                        'Mọi máy và ứng dụng đang mở sẽ hỏi đăng nhập lại. Mật khẩu không đổi.',
                        'Every open device and app asks to sign in again. The password stays.',
                      )}
                    </p>
                  </ActButton>
                )}
                {may('accounts.suspend') && data.status === 'active' && (
                  <ActButton
                    bad
                    label={t('Khoá tài khoản', 'Suspend')}
                    question={t(`Khoá tài khoản của ${person.fullName}?`, `Suspend the account of ${person.fullName}?`)}
                    confirm={t('Khoá tài khoản', 'Suspend')}
                    onConfirm={then(() => must(api.POST('/api/v1/people/{id}/suspend', path)))}
                  >
                    <p>
                      {t(
                        `${given} bị đăng xuất khỏi mọi nơi ngay và không vào được cho tới khi mở lại. Hồ sơ, điểm và giấy tờ không đổi.`,
                        `${given} is signed out everywhere at once and cannot sign in until it is resumed. Records, marks and documents stay.`,
                      )}
                    </p>
                  </ActButton>
                )}
                {may('accounts.suspend') && data.status === 'suspended' && (
                  <ActButton
                    label={t('Mở lại tài khoản', 'Resume')}
                    question={t(
                      `Mở lại tài khoản của ${person.fullName}?`,
                      `Resume the account of ${person.fullName}?`,
                    )}
                    confirm={t('Mở lại tài khoản', 'Resume')}
                    onConfirm={then(() => must(api.POST('/api/v1/people/{id}/resume', path)))}
                  >
                    <p>
                      {t('Mật khẩu và khoá truy cập cũ lại dùng được.', 'The old password and passkeys work again.')}
                    </p>
                  </ActButton>
                )}
              </div>
            </>
          );
        }}
      </Show>
      {made && <CodeCard made={made} onClose={() => setMade(undefined)} />}
    </section>
  );
}
