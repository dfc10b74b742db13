import { Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { errorOf } from './sign-in.tsx';

/** A new password and the same once more, as browsers and password managers know the two. */
export function NewPassword({
  error,
  minimumLength,
  hint,
}: {
  readonly error: Parameters<typeof errorOf>[0];
  readonly minimumLength: number;
  readonly hint: string;
}) {
  return (
    <>
      <Field
        label={t('Mật khẩu mới', 'New password')}
        name="password"
        type="password"
        autocomplete="new-password"
        minlength={minimumLength}
        required
        hint={hint}
        error={errorOf(error, 'password')}
      />
      <Field
        label={t('Gõ lại mật khẩu', 'The password again')}
        name="repeat"
        type="password"
        autocomplete="new-password"
        required
        error={errorOf(error, 'repeat')}
      />
    </>
  );
}
