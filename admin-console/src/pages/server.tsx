import type { CertsPages } from '@edutrust/certs/pages';
import type { IdpPages } from '@edutrust/idp/pages';
import type { SigningPages } from '@edutrust/signing-service/pages';
import { t } from '../design/language.ts';
import { Account } from './account.tsx';
import { Activate } from './activate.tsx';
import { ApiDocs, type ApiDocument } from './api-docs.tsx';
import { Badge, BadgeOutside } from './badge/page.tsx';
import { BreakGlass } from './break-glass.tsx';
import { Children } from './children.tsx';
import { Consent } from './consent.tsx';
import { DataRequests } from './data-requests.tsx';
import { Device } from './device.tsx';
import { Diploma } from './diploma.tsx';
import { type PageView, renderPage } from './document.tsx';
import { ErrorPage } from './error.tsx';
import { Launcher } from './launcher.tsx';
import { Looks } from './looks.tsx';
import { NotMe } from './not-me.tsx';
import { PasskeyAdd } from './passkey-add.tsx';
import { Repository } from './repository.tsx';
import { Sandbox } from './sandbox.tsx';
import { SecondFactor, SecondFactorSetup } from './second-factor.tsx';
import { LoggedOut, LogoutConfirm, SelectAccount, SignIn, StepUp } from './sign-in.tsx';
import { SignInRequest } from './sign-in-request.tsx';
import { Upstream } from './upstream.tsx';
import { Verify, VerifyReport } from './verify.tsx';
import { VerifyCode } from './verify-code.tsx';

/** What the script needs for passkeys, as data in the page. */
const forScript = (mode: 'get' | 'create', passkey: object) => ({ passkey: { mode, ...passkey } });

export const idpPages: IdpPages = {
  signIn: (props, view) =>
    renderPage(view, () => ({
      title: t('Đăng nhập', 'Sign in'),
      body: <SignIn {...props} />,
      layout: 'cover',
      ...(props.passkey ? { data: forScript('get', props.passkey) } : {}),
    })),
  stepUp: (props, view) =>
    renderPage(view, () => ({
      title: t('Xác nhận danh tính', 'Confirm who you are'),
      body: <StepUp {...props} />,
      layout: 'cover',
      ...(props.passkey ? { data: forScript('get', props.passkey) } : {}),
    })),
  selectAccount: (props, view) =>
    renderPage(view, () => ({
      title: t('Chọn tài khoản', 'Choose an account'),
      body: <SelectAccount {...props} />,
      layout: 'cover',
    })),
  secondFactor: (props, view) =>
    renderPage(view, () => ({
      title: t('Mã xác nhận', 'Confirmation code'),
      body: <SecondFactor {...props} />,
      layout: 'cover',
    })),
  secondFactorSetup: (props, view) =>
    renderPage(view, () => ({
      title: t('Mã xác nhận', 'Confirmation code'),
      body: <SecondFactorSetup {...props} />,
      layout: 'narrow',
    })),
  badge: (props, view) =>
    renderPage(view, () => ({
      title: t('Đăng nhập bằng thẻ', 'Sign in with a badge'),
      body: <Badge {...props} />,
      layout: 'sheet',
      data: { badge: props.badge },
    })),
  badgeOutside: (props, view) =>
    renderPage(view, () => ({
      title: t('Thẻ học sinh', 'Pupil’s badge'),
      body: <BadgeOutside {...props} />,
      layout: 'narrow',
    })),
  activate: (props, view) =>
    renderPage(view, () => ({
      title: t('Kích hoạt tài khoản', 'Activate your account'),
      body: <Activate {...props} />,
      layout: 'cover',
      ...(props.step === 'choose' ? { data: forScript('create', props.passkey) } : {}),
    })),
  consent: (props, view) =>
    renderPage(view, () => ({
      title: t('Chia sẻ dữ liệu', 'Share data'),
      body: <Consent {...props} />,
      layout: 'narrow',
    })),
  sandbox: (props, view) =>
    renderPage(view, () => ({
      title: t('Thử nghiệm', 'Sandbox'),
      body: <Sandbox {...props} />,
      layout: 'narrow',
    })),
  device: (props, view) =>
    renderPage(view, () => ({
      title: t('Đăng nhập trên thiết bị', 'Sign in on a device'),
      body: <Device {...props} />,
      layout: 'cover',
    })),
  signInRequest: (props, view) =>
    renderPage(view, () => ({
      title: t('Yêu cầu đăng nhập', 'Sign-in requests'),
      body: <SignInRequest {...props} />,
      layout: 'narrow',
      ...(props.step === 'ask' && props.passkey ? { data: forScript('get', props.passkey) } : {}),
    })),
  logoutConfirm: (props, view) =>
    renderPage(view, () => ({
      title: t('Đăng xuất', 'Sign out'),
      body: <LogoutConfirm {...props} />,
      layout: 'cover',
    })),
  loggedOut: (props, view) =>
    renderPage(view, () => ({
      title: t('Đã đăng xuất', 'Signed out'),
      body: <LoggedOut {...props} />,
      layout: 'cover',
    })),
  launcher: (props, view) =>
    renderPage(view, () => ({
      title: t('Ứng dụng', 'Apps'),
      body: <Launcher {...props} />,
      layout: 'open',
      ...(props.accepted ? { data: { accepted: props.accepted } } : {}),
    })),
  account: (props, view) =>
    renderPage(view, () => ({
      title: t('Tài khoản', 'Account'),
      body: <Account {...props} />,
      layout: 'sheet',
      data: { accepted: props.accepted },
    })),
  children: (props, view) =>
    renderPage(view, () => ({
      title: t('Con của tôi', 'My children'),
      body: <Children {...props} />,
      layout: 'sheet',
    })),
  looks: (props, view) =>
    renderPage(view, () => ({
      title: t('Ai đã xem hồ sơ', 'Who looked'),
      body: <Looks {...props} />,
      layout: 'sheet',
    })),
  upstream: (props, view) =>
    renderPage(view, () => ({
      title: t('Tài khoản của nơi khác', 'Accounts of other houses'),
      body: <Upstream {...props} />,
      layout: 'sheet',
    })),
  dataRequests: (props, view) =>
    renderPage(view, () => ({
      title: t('Yêu cầu về dữ liệu', 'Requests about data'),
      body: <DataRequests {...props} />,
      layout: 'sheet',
    })),
  notMe: (props, view) =>
    renderPage(view, () => ({
      title: t('Không phải tôi', 'Not me'),
      body: <NotMe {...props} />,
      layout: 'narrow',
    })),
  breakGlass: (props, view) =>
    renderPage(view, () => ({
      title: t('Truy cập khẩn cấp', 'Break-glass access'),
      body: <BreakGlass {...props} />,
      layout: 'narrow',
    })),
  passkeyAdd: (props, view) =>
    renderPage(view, () => ({
      title: t('Thêm passkey', 'Add a passkey'),
      body: <PasskeyAdd {...props} />,
      layout: 'narrow',
      data: forScript('create', props.passkey),
    })),
  error: (props, view) =>
    renderPage(view, () => ({ title: props.problem.title, body: <ErrorPage {...props} />, layout: 'narrow' })),
};

/** `/api/docs`. */
export const apiDocs = (
  { document, origin }: { readonly document: ApiDocument; readonly origin: string },
  view: PageView,
): string =>
  renderPage(view, () => ({
    title: t('API cho nhà phát triển', 'API for developers'),
    body: <ApiDocs document={document} origin={origin} />,
    layout: 'sheet',
  }));

export const certsPages: CertsPages = {
  repository: (props, view) =>
    renderPage(view, () => ({
      title: t('Kho chứng thư công khai', 'Public certificate repository'),
      body: <Repository {...props} />,
      layout: 'sheet',
    })),
};

export const signingPages: SigningPages = {
  verify: (props, view) =>
    renderPage(view, () => ({
      title: t('Kiểm tra chữ ký', 'Check a signature'),
      body: <Verify {...props} />,
      layout: 'sheet',
    })),
  verifyReport: (props, view) =>
    renderPage(view, () => ({
      title: t('Kết quả kiểm tra', 'Result of the check'),
      body: <VerifyReport {...props} />,
      layout: 'sheet',
    })),
  verifyCode: (props, view) =>
    renderPage(view, () => ({ title: props.document.title, body: <VerifyCode {...props} />, layout: 'sheet' })),
  diploma: (props, view) =>
    renderPage(view, () => ({
      title: t('Tra bằng tốt nghiệp THPT', 'Look up a diploma'),
      body: <Diploma {...props} />,
      layout: 'sheet',
    })),
};
