import { type PublicKeyCredentialCreationOptionsJSON, startRegistration } from '@simplewebauthn/browser';

/** WebAuthn L3 §5.1.8: not in every browser yet. */
interface Capabilities {
  getClientCapabilities?(): Promise<Record<string, boolean>>;
}

const asJson = { 'content-type': 'application/json', accept: 'application/json' };

/**
 * After a typed password the browser may make a passkey without a question where its password manager has just filled that
 * password in (WebAuthn L3 §5.1.3, conditional mediation). It says so itself; so does the page.
 */
export async function makePasskeyByItself(place: HTMLElement, pick: (vi: string, en: string) => string): Promise<void> {
  const { getClientCapabilities } = PublicKeyCredential as Capabilities;
  const capabilities = await getClientCapabilities?.call(PublicKeyCredential);
  if (!capabilities?.conditionalCreate) return;
  const path = place.dataset.path ?? '';
  const post = (to: string, body: object) =>
    fetch(to, { method: 'POST', headers: asJson, body: JSON.stringify({ ...body, conditional: true }) });
  const asked = await post(`${path}/options`, {});
  if (!asked.ok) return;
  const { options } = (await asked.json()) as { options: PublicKeyCredentialCreationOptionsJSON };
  const credential = await startRegistration({ optionsJSON: options, useAutoRegister: true });
  const made = await post(path, { credential });
  if (!made.ok) return;
  place.textContent = pick(
    'Trình duyệt vừa tạo một passkey: lần sau vào không cần gõ mật khẩu. Xem ở trang tài khoản.',
    'Your browser has made a passkey: next time you need not type the password. You find it on your account page.',
  );
}
