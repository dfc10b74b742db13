import { createHash } from 'node:crypto';
import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import { readBasicConstraints } from '../certificate/extensions.ts';
import { integer, sequence } from '../der/der.ts';
import { ck, type Handle, loadPkcs11, type Pkcs11, ulongValue } from './pkcs11.ts';

/** A school's own token on the school's own computer: what is on it, before anybody has typed a PIN. */
export interface SchoolToken {
  readonly label: string;
  /** Certificates of organisations and people, not of authorities; DER. */
  readonly certificates: readonly Buffer[];
  /** Of authorities, as far as they are on it and sign others; DER. */
  readonly issuers: readonly Buffer[];
  /**
   * Opens the key of a certificate. The PIN goes to the token and is kept nowhere.
   *
   * @throws InvalidInput `token/wrong-pin`; Unavailable `token/lost`
   */
  unlock(certificate: Buffer, pin: string): UnlockedKey;
}

/** A key on a token for as long as it is open. */
export interface UnlockedKey {
  /** DER `ECDSA-Sig-Value`, or the RSA signature (PKCS #1 v1.5); SHA-256. @throws Unavailable `token/lost` */
  sign(bytes: Uint8Array): Promise<Buffer>;
  /** The PIN is asked for again after this. */
  lock(): void;
}

/** A library is loaded once in a process; it is begun anew each time, since a token may have been pulled out. */
const loaded = new Map<string, Pkcs11>();

/**
 * The token of a label in the slots of a vendor's PKCS #11 library, or the one token that is there.
 *
 * @throws InvalidInput `token/which`; Unavailable `token/no-library`, `token/none`, `token/lost`
 */
export function openSchoolToken(library: string, label?: string): SchoolToken {
  const p11 = initialised(library);
  const tokens = orLost(() => p11.listTokens()).filter((token) => label === undefined || token.label === label);
  const [token, ...others] = tokens;
  if (!token) throw noToken(label);
  if (others.length > 0) throw whichToken(tokens.map((one) => one.label));
  const found = orLost(() => certificatesOn(p11, token.slot));
  return {
    label: token.label,
    certificates: found.filter(({ isAuthority }) => !isAuthority).map(({ der }) => der),
    issuers: found.filter(({ isAuthority, isRoot }) => isAuthority && !isRoot).map(({ der }) => der),
    unlock: (certificate, pin) => {
      const keyId = found.find(({ der }) => der.equals(certificate))?.keyId;
      return unlock(p11, token.slot, { keyId, certificate: parseCertificate(certificate), pin });
    },
  };
}

function initialised(library: string): Pkcs11 {
  const known = loaded.get(library);
  if (known) orLost(() => known.restart());
  const p11 = known ?? load(library);
  loaded.set(library, p11);
  return p11;
}

interface Found {
  readonly der: Buffer;
  readonly keyId: Buffer;
  readonly isAuthority: boolean;
  readonly isRoot: boolean;
}

function certificatesOn(p11: Pkcs11, slot: Handle): Found[] {
  const session = p11.openSession(slot);
  try {
    return p11.findObjects(session, [[ck.CKA_CLASS, ulongValue(ck.CKO_CERTIFICATE)]]).flatMap((object) => {
      const der = Buffer.from(p11.readAttribute(session, object, ck.CKA_VALUE));
      const keyId = Buffer.from(p11.readAttribute(session, object, ck.CKA_ID));
      const certificate = tryParse(der);
      if (!certificate) return []; // what we cannot read seals nothing
      const isAuthority = readBasicConstraints(certificate)?.isAuthority === true;
      return [{ der, keyId, isAuthority, isRoot: certificate.subject.canonical === certificate.issuer.canonical }];
    });
  } finally {
    p11.closeSession(session);
  }
}

function tryParse(der: Buffer): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}

function unlock(
  p11: Pkcs11,
  slot: Handle,
  {
    keyId,
    certificate,
    pin,
  }: { readonly keyId: Buffer | undefined; readonly certificate: Certificate; readonly pin: string },
): UnlockedKey {
  const session = orLost(() => p11.openSession(slot));
  try {
    p11.login(session, pin);
  } catch (error) {
    closeQuietly(p11, session); // a token has few of them, and a PIN is typed wrong more than once
    throw pinProblem(error);
  }
  const keys = orLost(() =>
    p11.findObjects(session, [
      [ck.CKA_CLASS, ulongValue(ck.CKO_PRIVATE_KEY)],
      ...(keyId && keyId.length > 0 ? [[ck.CKA_ID, keyId] as const] : []),
    ]),
  );
  const [key] = keys;
  if (key === undefined) throw tokenLost('no key of this certificate');
  const isRsa = certificate.publicKey().asymmetricKeyType === 'rsa';
  return {
    sign: async (bytes) => {
      // CKM_ECDSA takes the digest and gives r‖s; CKM_SHA256_RSA_PKCS takes everything
      const mechanism = isRsa ? ck.CKM_SHA256_RSA_PKCS : ck.CKM_ECDSA;
      const input = isRsa ? Buffer.from(bytes) : createHash('sha256').update(bytes).digest();
      const signature = await p11.sign(session, mechanism, key, input).catch((error) => {
        throw tokenLost(messageOf(error));
      });
      if (isRsa) return signature;
      const half = signature.length / 2;
      return sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)));
    },
    lock: () => {
      try {
        p11.logout(session);
      } catch {
        // a token that was pulled out has locked itself
      }
      closeQuietly(p11, session);
    },
  };
}

function closeQuietly(p11: Pkcs11, session: Handle): void {
  try {
    p11.closeSession(session);
  } catch {
    // it went with the token
  }
}

function load(library: string): Pkcs11 {
  try {
    return loadPkcs11(library);
  } catch (cause) {
    throw new Unavailable(
      'token/no-library',
      {
        vi: `Không mở được thư viện PKCS#11 “${library}”: ${messageOf(cause)}.`,
        en: `The PKCS#11 library “${library}” cannot be opened: ${messageOf(cause)}.`,
      },
      {
        remedy: {
          vi: 'Cài trình điều khiển của USB token, rồi chỉ tệp .dll hoặc .so của nó bằng --pkcs11.',
          en: 'Install the token’s driver and name its .dll or .so file with --pkcs11.',
        },
        cause,
      },
    );
  }
}

function orLost<Value>(use: () => Value): Value {
  try {
    return use();
  } catch (error) {
    throw tokenLost(messageOf(error), error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function tokenLost(why: string, cause?: unknown): Unavailable {
  return new Unavailable(
    'token/lost',
    { vi: `Thiết bị không trả lời: ${why}.`, en: `The token does not answer: ${why}.` },
    { remedy: { vi: 'Cắm lại thiết bị rồi chạy lại.', en: 'Plug the token in again, then try again.' }, cause },
  );
}

function noToken(label: string | undefined): Unavailable {
  return new Unavailable(
    'token/none',
    label === undefined
      ? { vi: 'Không thấy thiết bị nào.', en: 'There is no token.' }
      : { vi: `Không thấy thiết bị có tên “${label}”.`, en: `There is no token named “${label}”.` },
    { remedy: { vi: 'Cắm thiết bị rồi chạy lại.', en: 'Plug the token in, then try again.' } },
  );
}

function whichToken(labels: readonly string[]): InvalidInput {
  return new InvalidInput('token/which', {
    vi: `Có nhiều thiết bị; chọn một bằng --token: ${labels.join(', ')}.`,
    en: `There are several tokens; choose one with --token: ${labels.join(', ')}.`,
  });
}

function pinProblem(error: unknown): InvalidInput | Unavailable {
  const message = messageOf(error);
  if (message.includes('PIN_LOCKED')) {
    return new InvalidInput('token/pin-locked', {
      vi: 'Thiết bị đã khoá vì nhập sai PIN nhiều lần. Liên hệ nơi cấp thiết bị để mở khoá.',
      en: 'The token is locked after too many wrong PINs. Its issuer can unlock it.',
    });
  }
  if (!message.includes('PIN')) return tokenLost(message, error);
  return new InvalidInput(
    'token/wrong-pin',
    { vi: 'PIN không đúng.', en: 'The PIN is wrong.' },
    {
      remedy: {
        vi: 'Nhập lại cẩn thận: sai nhiều lần thì thiết bị tự khoá.',
        en: 'Type it again with care: the token locks itself after several wrong ones.',
      },
    },
  );
}
