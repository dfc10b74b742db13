import { t } from '../design/language.ts';

/** What the person was doing when the browser's passkey window ended. */
type Doing = 'enrol' | 'sign';

/**
 * The outcome of the browser's passkey window as a sentence with what to do next. Browsers tell little apart on purpose:
 * closed, refused, timed out and "no such passkey here" are one error (WebAuthn level 3 §5.1.4).
 */
export function passkeySentence(error: unknown, doing: Doing): string {
  const nothing =
    doing === 'sign' ? t('Chưa ký gì.', 'Nothing was signed.') : t('Chưa đăng ký gì.', 'Nothing was enrolled.');
  return `${nothing} ${reason(nameOf(error), doing)}`;
}

function reason(name: string, doing: Doing): string {
  switch (name) {
    case 'NotAllowedError':
    case 'AbortError':
      return doing === 'sign'
        ? t(
            'Hộp vân tay đã đóng hoặc chờ quá lâu. Bấm nút để thử lại, trên chính điện thoại đã đăng ký.',
            'The fingerprint window was closed or timed out. Tap again, on the phone that was enrolled.',
          )
        : t(
            'Hộp tạo passkey đã đóng hoặc chờ quá lâu. Bấm nút để thử lại.',
            'The passkey window was closed or timed out. Tap to try again.',
          );
    case 'InvalidStateError':
      return t(
        'Điện thoại này đã có passkey ký. Xoá passkey cũ trong cài đặt máy rồi thử lại.',
        'This phone has a signing passkey already. Remove it in the phone’s settings, then try again.',
      );
    case 'ConstraintError':
      return t(
        'Máy chưa bật khoá màn hình, vân tay hoặc khuôn mặt. Bật trong cài đặt máy rồi thử lại.',
        'The phone has no screen lock, fingerprint or face set up. Turn it on in the settings, then try again.',
      );
    case 'NotSupportedError':
      return t(
        'Trình duyệt này không dùng được passkey. Mở bằng Chrome hoặc Safari mới nhất.',
        'This browser cannot use passkeys. Open the page in a current Chrome or Safari.',
      );
    case 'SecurityError':
      return t(
        'Địa chỉ trang không đúng nên trình duyệt từ chối passkey. Mở lại từ trang của Sở.',
        'The browser refuses passkeys on this address. Open the page from your department’s site.',
      );
    default:
      return t('Passkey không dùng được lúc này. Bấm nút để thử lại.', 'The passkey did not work. Tap to try again.');
  }
}

/** The browser's own name of the error; the library puts it into `cause`. */
function nameOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  if (cause instanceof Error) return cause.name;
  return error instanceof Error ? error.name : '';
}

/** A refusal of the passkey window whose message is for the person. */
export class PasskeyEnded extends Error {}

/** Runs the browser's passkey window; its errors become sentences. */
export async function withWords<Result>(doing: Doing, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw new PasskeyEnded(passkeySentence(error, doing), { cause: error });
  }
}
