import type { FastifyError, FastifyRequest } from 'fastify';
import { EduTrustError, Forbidden, InvalidInput, NotFound, TooLarge, Unauthenticated, Unavailable } from '../errors.ts';
import { type Locale, negotiateLocale, type Text } from '../messages/messages.ts';

/** Problem details (RFC 9457 §3.1) with our members: `code` is stable, `detail` and `remedy` are for the person. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly remedy?: string;
  readonly fields?: readonly { readonly pointer: string; readonly detail: string }[];
  /** With `session/step-up-required`: sign in with this, a plain confirmation is not enough. */
  readonly acr?: 'passkey';
  readonly requestId: string;
}

const titles: Readonly<Record<number, Text>> = {
  400: { vi: 'Dữ liệu gửi lên chưa đúng', en: 'The request is not right' },
  401: { vi: 'Cần đăng nhập', en: 'Sign-in needed' },
  403: { vi: 'Không được phép', en: 'Not allowed' },
  404: { vi: 'Không tìm thấy', en: 'Not found' },
  409: { vi: 'Trạng thái hiện tại không cho phép', en: 'Not possible now' },
  413: { vi: 'Dữ liệu quá lớn', en: 'Too large' },
  429: { vi: 'Quá nhiều lần thử', en: 'Too many tries' },
  500: { vi: 'Lỗi của hệ thống', en: 'Our error' },
  503: { vi: 'Tạm thời chưa phục vụ được', en: 'Not available for the moment' },
};

/** The language a request is answered in: `?lang=`, else the cookie `lang`, else `Accept-Language`. */
export function localeOf(request: FastifyRequest): Locale {
  const asked = (request.query as { lang?: unknown } | undefined)?.lang;
  if (asked === 'vi' || asked === 'en') return asked;
  const remembered = /(?:^|;\s*)lang=(vi|en)(?:;|$)/.exec(request.headers.cookie ?? '')?.[1];
  return (remembered as Locale | undefined) ?? negotiateLocale(request.headers['accept-language']);
}

export function problemOf(error: EduTrustError, locale: Locale, requestId: string): Problem {
  const title = titles[error.status] ?? titles[500];
  return {
    type: `https://edutrust.example/problems/${error.code}`,
    title: title?.[locale] ?? '',
    status: error.status,
    code: error.code,
    detail: error.detail[locale],
    ...(error.remedy ? { remedy: error.remedy[locale] } : {}),
    ...(error.fields.length > 0
      ? { fields: error.fields.map(({ pointer, detail }) => ({ pointer, detail: detail[locale] })) }
      : {}),
    ...(error.acr ? { acr: error.acr } : {}),
    requestId,
  };
}

/** Something of ours broke; the cause is in the log under the request id, never in the answer. */
class InternalError extends EduTrustError {
  readonly status = 500;
  readonly exitCode = 3;
}

/** SQLSTATE classes (PostgreSQL appendix A) that mean «try again later», not «we have a bug». */
const passingSqlStates = /^(08|53|57P|40001|40P01)/;

/** What pg and its pool say without a code when a connection cannot be had in time, or was lost. */
const lostConnection =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|Cannot use a pool after)/;
/** No room or no right to write: of the system, and of PostgreSQL's machine (53100 is above). */
const diskCodes = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/** Text that PostgreSQL cannot store (NUL, E14) and dates that do not exist: the input is wrong, not we. */
const unstorableSqlStates = /^(22021|22P05|22007|22008)$/;

/** Gives every error that reaches the HTTP base its kind. */
export function kindOf(error: unknown): EduTrustError {
  if (error instanceof EduTrustError) return error;
  return (
    refusedByFramework(error as Partial<FastifyError>) ?? // every field is looked at before it is used
    failedBelow(error) ??
    new InternalError(
      'internal',
      {
        vi: 'Có lỗi phía hệ thống; chưa có gì được thay đổi.',
        en: 'Something broke on our side; nothing was changed.',
      },
      { cause: error },
    )
  );
}

/** What the framework refused before a route saw it, or stopped waiting for. */
function refusedByFramework(error: Partial<FastifyError>): EduTrustError | undefined {
  const { code, statusCode = 500, validation, message = '' } = error;
  if (validation) return invalid(validation);
  if (statusCode === 413) {
    return new TooLarge('request/too-large', {
      vi: 'Nội dung gửi lên lớn hơn mức cho phép.',
      en: 'The body is larger than this address accepts.',
    });
  }
  if (statusCode === 404) return notFound();
  if (statusCode >= 400 && statusCode < 500)
    return new InvalidInput('request/malformed', { vi: `Không đọc được yêu cầu: ${message}`, en: message });
  if (code !== 'FST_ERR_HANDLER_TIMEOUT') return undefined;
  return new Unavailable(
    'request/deadline',
    {
      vi: 'Hệ thống trả lời quá chậm nên yêu cầu đã dừng chờ.',
      en: 'The answer took too long, so the request no longer waits for it.',
    },
    { retryAfterSeconds: 5, remedy: { vi: 'Thử lại sau vài giây.', en: 'Try again in a few seconds.' } },
  );
}

function invalid(validation: NonNullable<FastifyError['validation']>): InvalidInput {
  return new InvalidInput(
    'request/invalid',
    { vi: 'Yêu cầu có trường chưa đúng.', en: 'A field of the request is not right.' },
    {
      fields: validation.map(({ instancePath, message = '', params }) => {
        const extra = (params as { additionalProperty?: string }).additionalProperty;
        const text = extra ? `${message}: ${extra.slice(0, 60)}` : message;
        return { pointer: instancePath || '/', detail: { vi: text, en: text } };
      }),
    },
  );
}

/** What the disk or the database could not do, where that is no mistake of ours. */
function failedBelow(error: unknown): EduTrustError | undefined {
  const { code = '' } = error as { code?: string };
  if (diskCodes.has(code)) {
    return new Unavailable(
      'disk/full',
      { vi: 'Máy chủ hết chỗ ghi.', en: 'The server has no room left to write.' },
      { retryAfterSeconds: 60, cause: error },
    );
  }
  if (unstorableSqlStates.test(code)) {
    return new InvalidInput(
      'request/unstorable',
      {
        vi: 'Yêu cầu có ký tự hoặc ngày tháng không hợp lệ.',
        en: 'The request holds a character or a date that is not valid.',
      },
      { cause: error },
    );
  }
  const isLost = error instanceof Error && lostConnection.test(error.message);
  if (!isLost && !passingSqlStates.test(code) && code !== 'ECONNREFUSED' && code !== 'ECONNRESET') return undefined;
  return new Unavailable(
    'database/unavailable',
    { vi: 'Cơ sở dữ liệu tạm thời không trả lời.', en: 'The database does not answer for the moment.' },
    { retryAfterSeconds: 5, cause: error },
  );
}

export function notFound(): NotFound {
  return new NotFound('not-found', { vi: 'Không có trang hoặc mục này.', en: 'There is no such page or item.' });
}

export function signInNeeded(): Unauthenticated {
  return new Unauthenticated('session/none', { vi: 'Bạn chưa đăng nhập.', en: 'You are not signed in.' });
}

export function stepUpNeeded(): Unauthenticated {
  return new Unauthenticated('session/step-up-required', {
    vi: 'Việc này cần xác nhận lại danh tính vừa mới đây.',
    en: 'This needs a recent confirmation of who you are.',
  });
}

/** The roles would allow it, but not to a password alone (W5). */
export function passkeyNeeded(): Unauthenticated {
  return new Unauthenticated(
    'session/step-up-required',
    { vi: 'Việc này cần đăng nhập bằng passkey.', en: 'This needs a sign-in with a passkey.' },
    {
      acr: 'passkey',
      remedy: {
        vi: 'Đăng nhập bằng passkey; chưa có thì thêm ở trang Tài khoản.',
        en: 'Sign in with your passkey; without one, add it on your account page.',
      },
    },
  );
}

export function notAllowed(): Forbidden {
  return new Forbidden('access/forbidden', {
    vi: 'Vai trò này không cho phép việc này ở đơn vị này.',
    en: 'Your roles do not allow this here.',
  });
}

export function crossSite(): Forbidden {
  return new Forbidden('access/cross-site', {
    vi: 'Yêu cầu đến từ một trang khác nên bị từ chối.',
    en: 'The request comes from another site and is refused.',
  });
}
