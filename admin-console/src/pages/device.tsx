import type { DeviceProps } from '@edutrust/idp/pages';
import { Face } from '../design/face.tsx';
import { Banner, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { errorOf, FormBanner } from './sign-in.tsx';

/** `/device`: signing in to a screen without a keyboard, on this one. */
export function Device(props: DeviceProps) {
  if (props.step === 'code') return <Code {...props} />;
  return props.step === 'confirm' ? <Confirm {...props} /> : <Done {...props} />;
}

type Step<Name extends DeviceProps['step']> = Extract<DeviceProps, { step: Name }>;

function Hidden({ fields }: Pick<Step<'code'>, 'fields'>) {
  return Object.entries(fields).map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />);
}

function Code({ action, fields, code, error }: Step<'code'>) {
  return (
    <>
      <h1>{t('Đăng nhập trên thiết bị khác', 'Sign in on another device')}</h1>
      <p>{t('Gõ mã tám chữ đang hiện trên thiết bị.', 'Type the code of eight letters that the device shows.')}</p>
      <FormBanner error={error} />
      <form method="post" action={action} class="grid gap-4">
        <Hidden fields={fields} />
        <Field
          label={t('Mã trên thiết bị', 'Code on the device')}
          name="user_code"
          value={code}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          required
          placeholder="BCDF-GHJK"
          error={errorOf(error, 'user_code')}
        />
        <button type="submit" class="button button-primary button-big">
          {t('Tiếp tục', 'Continue')}
        </button>
      </form>
    </>
  );
}

function Confirm({ action, fields, code, app, name }: Step<'confirm'>) {
  return (
    <>
      <h1>{t(`Cho thiết bị vào ${app.name}?`, `Let the device enter ${app.name}?`)}</h1>
      <p class="flex items-center gap-3">
        <Face name={app.name} of="app" />
        <span>{app.purpose}</span>
      </p>
      <section class="card grid gap-2" aria-labelledby="code">
        <p id="code">
          {t('Màn hình của thiết bị phải hiện đúng mã này:', 'The screen of the device has to show this code:')}
        </p>
        <p class="code text-2xl font-semibold tracking-widest">{code}</p>
      </section>
      <Banner state="warn">
        {t(
          'Chỉ đồng ý khi thiết bị ở ngay trước mắt. Ai gửi mã hay đường dẫn này tới là đang tìm cách vào bằng tài khoản của mình.',
          'Agree only if the device is right in front of you. Whoever sent you this code or link is trying to get in with your account.',
        )}
      </Banner>
      <p>
        {name
          ? t(`Thiết bị sẽ vào bằng tài khoản của ${name}.`, `The device will be signed in as ${name}.`)
          : t('Bước sau là đăng nhập.', 'You sign in next.')}
      </p>
      <form method="post" action={action} class="grid gap-3">
        <Hidden fields={fields} />
        <button type="submit" name="confirm" value="yes" class="button button-primary button-big">
          {t('Đúng mã, cho vào', 'Same code, let it in')}
        </button>
        <button type="submit" name="abort" value="yes" class="button">
          {t('Không phải thiết bị của tôi', 'It is not my device')}
        </button>
      </form>
    </>
  );
}

function Done({ isAllowed, app }: Step<'done'>) {
  if (!isAllowed)
    return (
      <>
        <h1>{t('Đã từ chối', 'Refused')}</h1>
        <p class="text-lg">
          {t('Thiết bị ấy không vào được bằng tài khoản này.', 'The device did not get in with your account.')}
        </p>
        <p>
          {t(
            'Mã do người khác gửi tới? Báo cho thầy cô hoặc quản trị viên của trường.',
            'Did somebody send you the code? Tell a teacher or the administrator of the school.',
          )}
        </p>
      </>
    );
  return (
    <>
      <h1>{t('Xong', 'Done')}</h1>
      <p class="text-lg">
        {app
          ? t(
              `Thiết bị đã vào ${app.name}. Quay lại thiết bị để dùng.`,
              `The device has entered ${app.name}. Go on there.`,
            )
          : t('Quay lại thiết bị để dùng.', 'Go on at the device.')}
      </p>
      <p>
        {t('Muốn cho thiết bị thoát: vào ', 'To sign the device out: go to ')}
        <a href="/account">{t('trang tài khoản', 'your account page')}</a>.
      </p>
    </>
  );
}
