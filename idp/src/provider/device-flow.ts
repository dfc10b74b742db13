import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { getPerson } from '@edutrust/registry/people';
import Provider, { type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import type { DeviceProps, FormError, IdpPages, View } from '../pages.ts';
import { keptOrigin } from '../throttling/origin.ts';
import type { Throttle } from '../throttling/throttle.ts';
import { errorPage, viewOf } from './pages.ts';

/** Where people type the code of a device: short, because they type it as well. */
export const devicePath = '/device';

interface Parts {
  readonly context: Pick<ServiceContext, 'db'>;
  readonly apps: AppDirectory;
  readonly pages: IdpPages;
}

/** The pages of the device flow (RFC 8628 §3.3). Nothing of the device is kept but its code and what its app asks for. */
export function deviceFlow({
  context,
  apps,
  pages,
}: Parts): NonNullable<NonNullable<Configuration['features']>['deviceFlow']> {
  const show = (ctx: KoaContextWithOIDC, props: DeviceProps) => {
    ctx.type = 'html';
    ctx.body = pages.device(props, deviceView(ctx));
  };
  const xsrfOf = (ctx: KoaContextWithOIDC) => String(ctx.oidc.session?.state?.secret ?? '');
  return {
    enabled: true,
    charset: 'base-20',
    mask: '****-****',
    deviceInfo: () => ({}),
    userCodeInputSource: async (ctx, _form, out, error) => {
      if (error && isUnsaved(ctx)) return beginAnew(ctx);
      if (error && !(error instanceof EduTrustError) && ctx.status >= 500)
        return errorPage(pages, ctx, { error: String(out?.error) }, error);
      if (error?.name === 'AbortedError') return show(ctx, { step: 'done', isAllowed: false, app: null });
      const typed = String(
        ctx.oidc.params?.user_code ?? new URLSearchParams(ctx.originalUrl.split('?')[1]).get('user_code') ?? '',
      );
      const shown = error && errorOf(error, ctx);
      const fields = { xsrf: xsrfOf(ctx) };
      show(ctx, {
        step: 'code',
        action: devicePath,
        fields,
        code: typed.slice(0, 40),
        ...(shown ? { error: shown } : {}),
      });
    },
    userCodeConfirmSource: async (ctx, _form, client, _info, code) => {
      const app = await apps.app(client.clientId);
      const personId = ctx.oidc.session?.accountId;
      show(ctx, {
        step: 'confirm',
        action: devicePath,
        fields: { xsrf: xsrfOf(ctx), user_code: code },
        code,
        app: { name: app?.name ?? client.clientId, purpose: app?.purpose[deviceView(ctx).locale] ?? '' },
        name: personId ? (await getPerson(context.db, personId)).fullName : null,
      });
    },
    successSource: async (ctx) => {
      const app = await apps.app(ctx.oidc.client?.clientId ?? '');
      show(ctx, { step: 'done', isAllowed: true, app: app ? { name: app.name } : null });
    },
  };
}

/** A stale address, or a form without its cookie: the session that the library made is not kept, nor can it be any more. */
const isUnsaved = ({ oidc }: KoaContextWithOIDC) => typeof oidc.session?.exp !== 'number';

/** Asks for the code where a session is kept with the form. */
function beginAnew(ctx: KoaContextWithOIDC): void {
  Object.assign(ctx.oidc.session ?? {}, { touched: false }); // the library would save it
  ctx.status = 303;
  ctx.redirect(devicePath);
}

/** The page in another language is asked for where it can be: answers to a form have no address of their own. */
function deviceView(ctx: KoaContextWithOIDC): View {
  return { ...viewOf(ctx), path: ctx.method === 'GET' && ctx.path === devicePath ? ctx.originalUrl : devicePath };
}

const sentences: Readonly<Record<string, Text>> = {
  NoCodeError: { vi: 'Gõ mã đang hiện trên thiết bị.', en: 'Type the code that the device shows.' },
  NotFoundError: {
    vi: 'Không có mã này. Xem lại từng chữ trên màn hình của thiết bị.',
    en: 'There is no such code. Compare it with the screen of the device.',
  },
  ExpiredError: {
    vi: 'Mã này đã hết hạn. Lấy mã mới trên thiết bị.',
    en: 'This code has expired. Ask the device for a new one.',
  },
  AlreadyUsedError: {
    vi: 'Mã này đã được dùng. Lấy mã mới trên thiết bị.',
    en: 'This code was used already. Ask the device for a new one.',
  },
};
const general: Text = {
  vi: 'Trang này đã cũ. Gõ lại mã trên thiết bị.',
  en: 'This page was too old. Type the code of the device again.',
};

function errorOf(error: Error, ctx: KoaContextWithOIDC): FormError {
  const { locale } = deviceView(ctx);
  if (!(error instanceof EduTrustError))
    return { field: 'user_code', detail: (sentences[error.name] ?? general)[locale] };
  ctx.status = error.status;
  if (error.retryAfterSeconds !== undefined) ctx.set('retry-after', String(error.retryAfterSeconds));
  return { detail: error.detail[locale], ...(error.remedy ? { remedy: error.remedy[locale] } : {}) };
}

interface DeviceCodes {
  findByUserCode(code: string, options?: object): Promise<object | undefined>;
}

/** Codes are guessed as slowly as those of activation (RFC 8628 §5.1), and a code in an address is confirmed like a typed one (§3.3.1). */
export function ownDeviceFlow(provider: Provider, throttle: Throttle): void {
  const codes = provider.DeviceCode as unknown as DeviceCodes; // the type leaves out what the library calls
  const { findByUserCode } = codes;
  codes.findByUserCode = async function (this: DeviceCodes, code, options) {
    const origin = keptOrigin(Provider.ctx?.req);
    await throttle.beginCode(origin);
    const found = await findByUserCode.call(this, code, options);
    if (!found) await throttle.codeFailed(origin);
    return found;
  };
  // The library would send the form by script at once; the page shows the code, and the person sends it.
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => {
    if (ctx.path === devicePath && ctx.method === 'GET') ctx.query = {};
    await next();
  });
}
