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

function Choose({ action, ticket, educationId, name, isPupil, minimumLength, advice, error }: Step<'choose'>) {
  return (
    <>
      <h1>{isPupil ? t(`Chào ${name}!`, `Hello ${name}!`) : t(`Chào ${name}`, `Hello ${name}`)}</h1>
      <p>
        {isPupil ? t('Mã giáo dục của em:', 'Your education ID:') : t('Mã giáo dục của anh chị:', 'Your education ID:')}
        <strong class="number block text-xl mt-1">{formatEducationId(educationId)}</strong>
      </p>
      <FormBanner error={error} />
      {!isPupil && <InsteadOfPassword />}
      <form method="post" action={action} class="grid gap-4">
        <input type="hidden" name="ticket" value={ticket} />
        <input type="hidden" autocomplete="username" value={educationId} />
        <NewPassword error={error} minimumLength={minimumLength} hint={advice} />
        <button type="submit" class="button button-primary button-big">
          {t('Xong', 'Done')}
        </button>
      </form>
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
      {isPupil && (
        <details class="more">
          <summary>{t('Dùng điện thoại của riêng em', 'Use a phone of your own')}</summary>
          <InsteadOfPassword />
        </details>
      )}
    </>
  );
}

function InsteadOfPassword() {
  return (
    <div hidden data-passkey-area class="grid gap-3">
      <button type="button" class="button" data-passkey="create">
        {t('Dùng passkey thay mật khẩu', 'Use a passkey instead of a password')}
      </button>
      <p role="alert" class="text-bad font-semibold empty:hidden" data-passkey-error />
    </div>
  );
}
