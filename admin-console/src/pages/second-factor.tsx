import type { SecondFactorProps, SecondFactorSetupProps } from '@edutrust/idp/pages';
import { Banner, Field } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatDate, t } from '../design/language.ts';
import { Qr } from '../design/qr.tsx';
import { Stack } from './document.tsx';
import { errorOf, FormBanner, Why } from './sign-in.tsx';

function CodeField({ error, label }: { readonly error: string | undefined; readonly label: string }) {
  return <Field label={label} name="code" autocomplete="one-time-code" required maxLength={20} error={error} />;
}

/** The second step of a sign-in: a code of the app or a recovery code, or one that was mailed. */
export function SecondFactor({ action, backPath, isMailed, why, error }: SecondFactorProps) {
  return (
    <Stack>
      <h1>
        {isMailed
          ? t('Mã trong thư điện tử', 'Code in your mail')
          : t('Mã từ ứng dụng xác thực', 'Code of your authenticator app')}
      </h1>
      <p>
        {isMailed
          ? t(
              'Mật khẩu đúng. Một mã tám số vừa được gửi tới hộp thư của anh/chị, dùng trong năm phút.',
              'The password is right. A code of eight digits went to your mailbox, good for five minutes.',
            )
          : t(
              'Mở ứng dụng trên điện thoại, gõ mã đang hiện. Mất điện thoại thì gõ một mã dự phòng.',
              'Open the app on your phone and type the code it shows. If the phone is lost, type a recovery code.',
            )}
      </p>
      <Why why={why} />
      <FormBanner error={error} />
      <form method="post" action={action} class="grid gap-4">
        <CodeField
          label={
            isMailed
              ? t('Mã tám số', 'Eight-digit code')
              : t('Mã sáu số, hoặc mã dự phòng', 'Six-digit code, or recovery code')
          }
          error={errorOf(error, 'code')}
        />
        <button type="submit" class="button button-primary">
          {t('Đăng nhập', 'Sign in')}
        </button>
      </form>
      <a class="button button-quiet" href={backPath}>
        <Icon name="arrow-left" /> {t('Cách khác', 'Another way')}
      </a>
    </Stack>
  );
}

/** Adding, keeping and removing an authenticator app on one's own account. */
export function SecondFactorSetup(props: SecondFactorSetupProps) {
  return (
    <Stack>
      <FormBanner error={props.error} />
      <SetupStep {...props} />
      {props.step === 'codes' ? (
        <a class="button button-primary" href={props.accountPath}>
          {t('Đã cất mười mã, về tài khoản', 'I have kept them, to my account')}
        </a>
      ) : (
        <a href={props.accountPath}>{t('Về trang tài khoản', 'Back to your account')}</a>
      )}
    </Stack>
  );
}

function SetupStep(props: SecondFactorSetupProps) {
  switch (props.step) {
    case 'offer':
      return (
        <>
          <h1>{t('Thêm mã từ ứng dụng xác thực', 'Add an authenticator app')}</h1>
          <p>
            {t(
              'Quét mã này bằng ứng dụng xác thực trên điện thoại (Google Authenticator, Microsoft Authenticator, Aegis…), rồi gõ mã mà ứng dụng hiện.',
              'Scan this with an authenticator app on your phone (Google Authenticator, Microsoft Authenticator, Aegis …), then type the code it shows.',
            )}
          </p>
          <Qr
            text={props.address}
            label={t('Mã QR cho ứng dụng xác thực', 'QR code for the authenticator app')}
            class="w-56 max-w-full"
          />
          <p>
            {t('Không quét được? Gõ khoá:', 'Cannot scan? Type this key:')}{' '}
            <span class="code whitespace-normal wrap-anywhere">{props.secret}</span>
          </p>
          <form method="post" action={props.action} class="grid gap-4">
            <input type="hidden" name="ticket" value={props.ticket} />
            <CodeField label={t('Mã sáu số', 'Six-digit code')} error={errorOf(props.error, 'code')} />
            <button type="submit" class="button button-primary">
              {t('Bật mã xác nhận', 'Turn it on')}
            </button>
          </form>
        </>
      );
    case 'codes':
      return (
        <>
          <h1>{t('Giữ mười mã dự phòng này', 'Keep these ten recovery codes')}</h1>
          <Banner state="warn">
            {t(
              'Mỗi mã vào được một lần khi không có điện thoại. Chỉ hiện lần này: in ra hoặc chép lại, cất riêng.',
              'Each signs in once when the phone is not at hand. They are shown this once: print or copy them and keep them apart.',
            )}
          </Banner>
          <ul class="grid grid-cols-2 gap-2 code text-lg" data-recovery-codes>
            {props.codes.map((code) => (
              <li key={code}>{code}</li>
            ))}
          </ul>
          <button type="button" class="button" data-print hidden>
            <Icon name="printer" />
            {t('In mười mã', 'Print the ten codes')}
          </button>
        </>
      );
    case 'kept':
      return (
        <>
          <h1>{t('Mã xác nhận đang bật', 'Your authenticator app is on')}</h1>
          <p>
            {t(
              `Bật từ ${formatDate(props.addedAt)}, còn ${props.recoveryCodesLeft} mã dự phòng.`,
              `On since ${formatDate(props.addedAt)}; ${props.recoveryCodesLeft} recovery codes left.`,
            )}
          </p>
          <a class="button" href={props.renewAction}>
            {t('Đổi điện thoại, lấy mã mới', 'Change the phone, get new codes')}
          </a>
          <form method="post" action={props.removeAction}>
            <button type="submit" class="button button-bad">
              {t('Tắt mã xác nhận', 'Turn it off')}
            </button>
          </form>
        </>
      );
  }
}
