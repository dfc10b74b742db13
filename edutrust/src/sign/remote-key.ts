import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { integer, sequence } from '@edutrust/certs/der';
import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import type { Fetch } from './client.ts';
import type { SchoolKey, UnlockedKey } from './machine.ts';
import { badAnswer, callsOf, type RemoteCalls, type RemoteProvider } from './remote-provider.ts';

const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  rsa: '1.2.840.113549.1.1.1',
} as const;

/** A person who is asked elsewhere gets so long. */
const mostLooks = 150;

interface RemoteCredential {
  /** DER. */
  readonly certificate: Buffer;
  readonly issuers: readonly Buffer[];
  readonly signAlgo: string;
  readonly multisign: number;
  /** What the provider wants typed, in its order; empty: it asks a person elsewhere, or nobody. */
  readonly typed: readonly { readonly id: string; readonly label: string }[];
  readonly elsewhere: readonly { readonly id: string }[];
}

/** Between two looks whether somebody has confirmed elsewhere. */
type Pause = () => Promise<void>;

/**
 * The school's key at a licensed provider of remote signing (CSC API v2): it is authorised by what the clerk types, for exactly
 * the hashes of one list, and each signature is checked with the certificate before anybody gets it.
 *
 * @throws Unavailable `remote/no-answer`; InvalidInput `remote/refused`, `remote/bad-answer`, `remote/by-browser`
 */
export async function openRemoteKey(provider: RemoteProvider, fetch: Fetch, pause: Pause): Promise<SchoolKey> {
  const opened = await credentialOf(callsOf(provider, fetch), provider);
  const { certificate, issuers } = opened;
  return {
    certificate,
    issuers,
    unlock: (typed) => unlockedBy(provider, fetch, pause, { certificate, typed }),
  };
}

interface Unlocking {
  readonly certificate: Buffer;
  readonly typed: string;
}

function unlockedBy(
  provider: RemoteProvider,
  fetch: Fetch,
  pause: Pause,
  { certificate, typed }: Unlocking,
): UnlockedKey {
  const signAll = async (all: readonly Uint8Array[]): Promise<Buffer[]> => {
    const calls = callsOf(provider, fetch); // a token of its own: one of hours ago has ended
    const credential = await credentialOf(calls, provider);
    if (!credential.certificate.equals(certificate)) throw otherCertificate();
    const signatures: Buffer[] = [];
    // What the provider authorises at once is less than a list, of some.
    for (let at = 0; at < all.length; at += credential.multisign) {
      signatures.push(
        ...(await signPart(calls, provider, credential, typed, all.slice(at, at + credential.multisign), pause)),
      );
    }
    return signatures;
  };
  return {
    signAll,
    sign: async (bytes) => {
      const [signature] = await signAll([bytes]);
      if (!signature) throw badAnswer('signatures/signHash');
      return signature;
    },
    lock: () => undefined, // what was authorised was for these hashes alone
  };
}

async function signPart(
  calls: RemoteCalls,
  { credentialId: credentialID }: RemoteProvider,
  credential: RemoteCredential,
  typed: string,
  part: readonly Uint8Array[],
  pause: Pause,
): Promise<Buffer[]> {
  const hashes = part.map((bytes) => createHash('sha256').update(bytes).digest('base64'));
  const bound = { credentialID, hashes, hashAlgorithmOID: oids.sha256 };
  const authorised = await calls.call('credentials/authorize', {
    ...bound,
    numSignatures: hashes.length,
    authData: authDataOf(credential, typed),
  });
  const SAD = await activationData(calls, authorised, pause);
  const { json } = await calls.call('signatures/signHash', { ...bound, SAD, signAlgo: credential.signAlgo });
  const { signatures } = json;
  if (!Array.isArray(signatures) || signatures.length !== part.length) throw badAnswer('signatures/signHash');
  const { publicKey } = new X509Certificate(credential.certificate);
  return part.map((bytes, index) => mustBeOf(publicKey, bytes, signatures[index]));
}

/** What the clerk typed, for each thing that the provider wants; several have spaces between them. */
function authDataOf({ typed: wanted, elsewhere }: RemoteCredential, typed: string): object[] {
  const values = wanted.length === 1 ? [typed] : typed.trim().split(/\s+/);
  if (wanted.length > 0 && values.length !== wanted.length) throw typeAll(wanted.map(({ label }) => label));
  return [...wanted.map(({ id }, index) => ({ id, value: values[index] })), ...elsewhere];
}

/** Waits while somebody confirms elsewhere (HTTP 202). @throws Unavailable `remote/not-confirmed` */
async function activationData(
  calls: RemoteCalls,
  first: Awaited<ReturnType<RemoteCalls['call']>>,
  pause: Pause,
): Promise<string> {
  let answer = first;
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const { SAD, handle } = answer.json;
    if (answer.status === 200 && typeof SAD === 'string') return SAD;
    if (answer.status !== 202 || typeof handle !== 'string') throw badAnswer('credentials/authorize');
    await pause();
    answer = await calls.call('credentials/authorizeCheck', { handle });
  }
  throw new Unavailable('remote/not-confirmed', {
    vi: 'Chưa ai xác nhận ở nhà cung cấp ký số từ xa. Chưa có gì được ký.',
    en: 'Nobody has confirmed at the remote-signing provider. Nothing was signed.',
  });
}

async function credentialOf(calls: RemoteCalls, { credentialId }: RemoteProvider): Promise<RemoteCredential> {
  const { json } = await calls.call('credentials/info', {
    credentialID: credentialId,
    certificates: 'chain',
    authInfo: true,
  });
  const { key, cert, auth, multisign } = json as Record<string, Record<string, unknown> | undefined> & {
    multisign?: unknown;
  };
  const [own, ...above] = certificatesIn(cert?.certificates);
  if (!own) throw badAnswer('credentials/info');
  if (key?.status !== 'enabled' || (cert?.status !== undefined && cert.status !== 'valid')) throw notUsable();
  if (auth?.mode !== 'explicit') throw byBrowser();
  const objects = Array.isArray(auth.objects) ? (auth.objects as Record<string, unknown>[]) : [];
  const named = objects.map(({ id, type, label }) => {
    if (typeof id !== 'string') throw badAnswer('credentials/info');
    return { id, isElsewhere: String(type).endsWith('OOB'), label: typeof label === 'string' ? label : id };
  });
  return {
    certificate: own.der,
    issuers: above.flatMap(({ der, read }) => (read.subject === read.issuer ? [] : [der])),
    signAlgo: algorithmFor(own.read.publicKey, key.algo),
    multisign: Number.isInteger(multisign) && Number(multisign) >= 1 ? Math.min(Number(multisign), 100) : 1,
    typed: named.flatMap(({ id, label, isElsewhere }) => (isElsewhere ? [] : [{ id, label }])),
    elsewhere: named.flatMap(({ id, isElsewhere }) => (isElsewhere ? [{ id }] : [])),
  };
}

function certificatesIn(given: unknown) {
  try {
    return (Array.isArray(given) ? given : []).map((text) => {
      const der = Buffer.from(String(text), 'base64');
      return { der, read: new X509Certificate(der) };
    });
  } catch {
    throw badAnswer('credentials/info');
  }
}

function algorithmFor(publicKey: KeyObject, offered: unknown): string {
  const algorithms: readonly unknown[] = Array.isArray(offered) ? offered : [];
  const wanted = publicKey.asymmetricKeyType === 'ec' ? [oids.ecdsaWithSha256] : [oids.sha256WithRsa, oids.rsa];
  const found = wanted.find((oid) => algorithms.includes(oid));
  if (found) return found;
  throw badAnswer('credentials/info: key/algo');
}

/** The signature, if it is one of this key over these bytes: DER of ECDSA, also where it comes as r‖s. @throws InvalidInput */
function mustBeOf(publicKey: KeyObject, bytes: Uint8Array, given: unknown): Buffer {
  const signature = typeof given === 'string' ? Buffer.from(given, 'base64') : Buffer.alloc(0);
  if (isOf(publicKey, bytes, signature, 'der')) return signature;
  if (publicKey.asymmetricKeyType === 'ec' && isOf(publicKey, bytes, signature, 'ieee-p1363')) {
    const half = signature.length / 2;
    return sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)));
  }
  throw new InvalidInput('remote/wrong-signature', {
    vi: 'Chữ ký của nhà cung cấp không phải của chứng thư này trên văn bản này. Chưa có gì được đóng dấu.',
    en: 'The provider’s signature is not of this certificate over this document. Nothing was sealed.',
  });
}

function isOf(key: KeyObject, bytes: Uint8Array, signature: Buffer, dsaEncoding: 'der' | 'ieee-p1363'): boolean {
  try {
    return verify('sha256', bytes, { key, dsaEncoding }, signature);
  } catch {
    return false;
  }
}

function typeAll(labels: readonly string[]): InvalidInput {
  const list = labels.join(', ').replaceAll(/\p{C}/gu, '');
  return new InvalidInput('remote/type-all', {
    vi: `Nhà cung cấp cần: ${list}. Gõ lần lượt, cách nhau một dấu cách.`,
    en: `The provider wants: ${list}. Type them in this order, with a space between them.`,
  });
}

function otherCertificate(): InvalidInput {
  return new InvalidInput(
    'sign/other-certificate',
    {
      vi: 'Nhà cung cấp đưa ra chứng thư khác với lúc bắt đầu. Chưa có gì được đóng dấu.',
      en: 'The provider shows another certificate than at the start. Nothing was sealed.',
    },
    { remedy: { vi: 'Chạy lại với --pair.', en: 'Run this with --pair.' } },
  );
}

function notUsable(): InvalidInput {
  return new InvalidInput('remote/not-usable', {
    vi: 'Nhà cung cấp nói rằng khoá hoặc chứng thư này không dùng được nữa.',
    en: 'The provider says that this key or its certificate cannot be used any more.',
  });
}

function byBrowser(): InvalidInput {
  return new InvalidInput('remote/by-browser', {
    vi: 'Nhà cung cấp chỉ cho dùng khoá này qua trình duyệt (oauth2code). Xin họ đổi sang cách xác nhận bằng PIN hoặc điện thoại.',
    en: 'The provider lets this key be used by a browser only (oauth2code). Ask them for the way by PIN or phone.',
  });
}
