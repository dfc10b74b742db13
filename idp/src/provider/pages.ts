import type { ServiceContext } from '@edutrust/platform/context';
import { kindOf } from '@edutrust/platform/http';
import { type Locale, negotiateLocale, type Text } from '@edutrust/platform/messages';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import type { IdpPages, View } from '../pages.ts';
import { ownClientId } from './first-party.ts';

export function viewOf(ctx: KoaContextWithOIDC): View {
  const remembered = /(?:^|;\s*)lang=(vi|en)(?:;|$)/.exec(ctx.get('cookie'))?.[1];
  // The parameter `ui_locales` (OpenID Connect Core §3.1.2.1) is the app's wish; the person's own comes first.
  const wished = String(ctx.oidc?.params?.ui_locales ?? '').trim() || undefined;
  const locale = (remembered as Locale | undefined) ?? negotiateLocale(wished ?? ctx.get('accept-language'));
  return { locale, path: ctx.url };
}

/** The confirmation before everything ends (P11): a link or an image on another site cannot sign anybody out. */
export async function logoutPage(
  _context: ServiceContext,
  apps: AppDirectory,
  pages: IdpPages,
  ctx: KoaContextWithOIDC,
  form: string,
): Promise<void> {
  const xsrf = /name="xsrf" value="([0-9a-f]+)"/.exec(form)?.[1] ?? '';
  const entered = Object.keys(ctx.oidc.session?.authorizations ?? {}).filter((clientId) => clientId !== ownClientId);
  const names = await Promise.all(entered.map(async (clientId) => (await apps.app(clientId))?.name));
  const { client } = ctx.oidc;
  ctx.type = 'html';
  ctx.body = pages.logoutConfirm(
    {
      action: new URL(ctx.oidc.urlFor('end_session_confirm')).pathname,
      fields: { xsrf },
      app: client && client.clientId !== ownClientId ? { name: client.clientName ?? client.clientId } : null,
      alsoEnds: names.filter((name) => name !== undefined),
    },
    viewOf(ctx),
  );
}

export function loggedOutPage(pages: IdpPages, ctx: KoaContextWithOIDC): void {
  const { client } = ctx.oidc;
  ctx.type = 'html';
  ctx.body = pages.loggedOut(
    {
      app: client && client.clientId !== ownClientId ? { name: client.clientName ?? client.clientId } : null,
      signInPath: '/signin?return_to=%2F',
    },
    viewOf(ctx),
  );
}

const sentences: Record<string, Text> = {
  invalid_redirect_uri: {
    vi: 'Ứng dụng muốn quay về một địa chỉ chưa được đăng ký, nên trang này dừng lại cho an toàn.',
    en: 'The app wants to return to an address that is not registered, so we stopped to protect you.',
  },
  invalid_client: {
    vi: 'Ứng dụng này không có trong hệ thống hoặc đã ngừng hoạt động.',
    en: 'This app is not known here or has ended.',
  },
  session_not_found: {
    vi: 'Lượt đăng nhập này đã hết hạn hoặc được mở ở trình duyệt khác.',
    en: 'This sign-in has expired or belongs to another browser.',
  },
  temporarily_unavailable: {
    vi: 'Hệ thống đang tạm thời quá tải hoặc bảo trì; chưa có gì được thay đổi.',
    en: 'We are busy or under maintenance for the moment; nothing was changed.',
  },
  server_error: {
    vi: 'Có lỗi phía hệ thống; chưa có gì được thay đổi.',
    en: 'Something broke on our side; nothing was changed.',
  },
};

const general: Text = {
  vi: 'Yêu cầu đăng nhập của ứng dụng không đúng chuẩn nên không thể tiếp tục.',
  en: "The app's sign-in request is invalid, so we cannot continue.",
};

/** Protocol errors that may not go back to the app end on our own page, which repeats nothing of the request (P1, P13). */
export function errorPage(pages: IdpPages, ctx: KoaContextWithOIDC, out: { error: string }, error: Error): void {
  const view = viewOf(ctx);
  const kind = ctx.status >= 500 ? kindOf(error) : undefined;
  if (kind) {
    ctx.status = kind.status;
    if (kind.retryAfterSeconds !== undefined) ctx.set('retry-after', String(kind.retryAfterSeconds));
  }
  const code =
    kind && kind.status !== 500
      ? kind.status === 503
        ? 'temporarily_unavailable'
        : 'invalid_request'
      : /redirect_uri/.test(String((error as { error_description?: string }).error_description ?? error.message))
        ? 'invalid_redirect_uri'
        : error.name === 'SessionNotFound'
          ? 'session_not_found'
          : out.error;
  ctx.type = 'html';
  ctx.set('cache-control', 'no-store');
  ctx.body = pages.error(
    {
      problem: {
        type: `https://edutrust.example/problems/oidc/${code.replaceAll(/[^a-z_]/g, '')}`,
        title: view.locale === 'vi' ? 'Không đăng nhập được' : 'Could not sign in',
        status: ctx.status,
        code: `oidc/${code.replaceAll(/[^a-z_]/g, '')}`,
        detail: (sentences[code] ?? general)[view.locale],
        remedy:
          view.locale === 'vi'
            ? 'Quay lại ứng dụng và bấm đăng nhập lần nữa; nếu vẫn vậy, báo cho người quản lý ứng dụng.'
            : 'Go back to the app and sign in again; if that does not help, tell the people who run the app.',
        requestId: ctx.response.get('x-request-id') || '-',
      },
    },
    view,
  );
}
