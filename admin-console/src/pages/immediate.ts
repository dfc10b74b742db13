import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';

/** WebAuthn L3 §5.1.8 and its immediate interface: not in every browser yet. */
interface Capabilities {
  getClientCapabilities?(): Promise<Record<string, boolean>>;
  parseRequestOptionsFromJSON?(options: object): PublicKeyCredentialRequestOptions;
}

/** Whether the browser can say at once that it has no passkey for this place, in place of asking for another device. */
export async function knowsImmediate(): Promise<boolean> {
  const { getClientCapabilities } = PublicKeyCredential as Capabilities;
  return (await getClientCapabilities?.call(PublicKeyCredential))?.immediateGet === true;
}

/**
 * Asks for a passkey of this device and no other; after a tap. Rejects at once where there is none, as where the person
 * does not want to.
 */
export async function askImmediately(optionsJSON: PublicKeyCredentialRequestOptionsJSON): Promise<unknown> {
  const { parseRequestOptionsFromJSON: parse } = PublicKeyCredential as Capabilities;
  const publicKey = parse?.call(PublicKeyCredential, optionsJSON);
  const asked = { publicKey, uiMode: 'immediate' } as CredentialRequestOptions; // not in TypeScript's types yet
  const credential = (await navigator.credentials.get(asked)) as PublicKeyCredential;
  return credential.toJSON();
}
