import type { PasskeyAddProps } from '@edutrust/idp/pages';
import { Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { Stack } from './document.tsx';

/** `/account/passkey` */
export function PasskeyAdd({ name, deviceName, accountPath }: PasskeyAddProps) {
  return (
    <Stack>
      <h1>{t('Vào bằng vân tay, khuôn mặt', 'Sign in with your fingerprint or face')}</h1>
      <p>
        {t(
          `Máy này sẽ hỏi vân tay, khuôn mặt hoặc mã khoá màn hình của ${name}. Chỉ làm trên máy của riêng mình.`,
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
