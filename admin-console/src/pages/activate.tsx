import type { ActivateProps } from '@edutrust/idp/pages';
import { Field } from '../design/form.tsx';
import { formatEducationId, t } from '../design/language.ts';
import { Lotus } from '../design/lotus.tsx';
import { NewPassword } from './new-password.tsx';
import { errorOf, FormBanner } from './sign-in.tsx';

const steps = ['code', 'confirm', 'choose'] as const;

function Steps({ step }: { readonly step: ActivateProps['step'] }) {
  const reached = steps.indexOf(step);
  return (
    <div class="flex items-center gap-3 text-sm text-quiet">
      <Lotus size={72} open={1 + 2 * reached} />
      {t(`Bước ${reached + 1} trên 3`, `Step ${reached + 1} of 3`)}
    </div>
  );
}

export function Activate(props: ActivateProps) {
  return (
    <>
      <Steps step={props.step} />
      {props.step === 'code' && <Code {...props} />}
      {props.step === 'confirm' && <Confirm {...props} />}
      {props.step === 'choose' && <Choose {...props} />}
    </>
  );
}

type Step<Name extends ActivateProps['step']> = Extract<ActivateProps, { step: Name }>;

function Code({ action, code, error }: Step<'code'>) {
  return (
    <>
      <h1>{t('Kích hoạt tài khoản', 'Activate your account')}</h1>
      <p>
        {t(
          'Gõ mã in trên phiếu, hoặc quét mã QR của phiếu bằng điện thoại.',
          'Type the code printed on your slip, or scan its QR code with a phone.',
        )}
      </p>
      <FormBanner error={error} />
      <form method="post" action={action} class="grid gap-4">
        <Field
          label={t('Mã kích hoạt', 'Activation code')}
          name="code"
          value={code}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          required
          error={errorOf(error, 'code')}
        />
        <button type="submit" class="button button-primary button-big">
          {t('Tiếp tục', 'Continue')}
        </button>
      </form>
    </>
  );
}

function Confirm({ action, ticket, maskedName, place, isPupil }: Step<'confirm'>) {
  return (
    <>
      <h1>{isPupil ? t('Có phải em không?', 'Is this you?') : t('Có phải anh chị không?', 'Is this you?')}</h1>
      <p class="card text-lg squared">
        <strong>{maskedName}</strong>
        {place && <span class="block text-base text-quiet">{place}</span>}
      </p>
      <form method="post" action={action} class="grid gap-3">
        <input type="hidden" name="ticket" value={ticket} />
        <button type="submit" name="answer" value="yes" class="button button-primary button-big">
          {t('Đúng', 'Yes')}
        </button>
        <button type="submit" name="answer" value="no" class="button button-big">
          {t('Không phải', 'No')}
        </button>
      </form>
    </>
  );
}

function Choose(props: Step<'choose'>) {
  const { educationId, name, isPupil, needsPasskey, error } = props;
  return (
    <>
      <h1>{isPupil ? t(`Chào ${name}!`, `Hello ${name}!`) : t(`Chào ${name}`, `Hello ${name}`)}</h1>
      <p>
        {isPupil ? t('Mã giáo dục của em:', 'Your education ID:') : t('Mã giáo dục của anh chị:', 'Your education ID:')}
        <strong class="number block text-xl mt-1">{formatEducationId(educationId)}</strong>
      </p>
      <FormBanner error={error} />
      {needsPasskey ? (
        <>
          <p>
            {t(
              'Việc của anh chị được mở bằng vân tay, khuôn mặt hoặc mã khoá của máy này, thay cho mật khẩu.',
              'Your work is opened with the fingerprint, face or screen lock of this device instead of a password.',
            )}
          </p>
          <InsteadOfPassword isFirst />
          <details open={error !== undefined}>
            <summary>{t('Máy này không làm được', 'This device cannot do that')}</summary>
            <p>
              {t(
                'Đặt mật khẩu, rồi cài ngay ứng dụng xác thực ở bước sau: thiếu nó thì vai trò chưa dùng được.',
                'Choose a password, then set up an authenticator app in the next step: without it your role does not work yet.',
              )}
            </p>
            <PasswordForm {...props} />
          </details>
        </>
      ) : (
        <>
          {!isPupil && <InsteadOfPassword />}
          <PasswordForm {...props} />
          <p class="text-sm text-quiet">
            {isPupil
              ? t(
                  'Bấm «Xong» là em vào luôn. Lần sau em đăng nhập bằng mã giáo dục và mật khẩu này.',
                  '“Done” signs you in. Next time use your education ID and this password.',
                )
              : t(
                  'Bấm «Xong» là đăng nhập luôn. Lần sau dùng mã giáo dục và mật khẩu này.',
                  '“Done” signs you in. Next time use your education ID and this password.',
                )}
          </p>
        </>
      )}
      {isPupil && (
        <details>
          <summary>{t('Dùng điện thoại của riêng em', 'Use a phone of your own')}</summary>
          <InsteadOfPassword />
        </details>
      )}
    </>
  );
}

function PasswordForm({ action, ticket, educationId, minimumLength, advice, needsPasskey, error }: Step<'choose'>) {
  return (
    <form method="post" action={action} class="grid gap-4">
      <input type="hidden" name="ticket" value={ticket} />
      <input type="hidden" autocomplete="username" value={educationId} />
      <NewPassword error={error} minimumLength={minimumLength} hint={advice} />
      <button type="submit" class={needsPasskey ? 'button button-big' : 'button button-primary button-big'}>
        {needsPasskey ? t('Đặt mật khẩu, sang bước sau', 'Set the password and go on') : t('Xong', 'Done')}
      </button>
    </form>
  );
}

function InsteadOfPassword({ isFirst = false }: { readonly isFirst?: boolean }) {
  return (
    <div hidden data-passkey-area class="grid gap-3">
      <button type="button" class={isFirst ? 'button button-primary button-big' : 'button'} data-passkey="create">
        {isFirst
          ? t('Bật vân tay, khuôn mặt (passkey)', 'Turn on fingerprint or face (passkey)')
          : t('Dùng vân tay, khuôn mặt thay mật khẩu (passkey)', 'Use fingerprint or face instead (passkey)')}
      </button>
      <p role="alert" class="text-bad font-semibold empty:hidden" data-passkey-error />
    </div>
  );
}
