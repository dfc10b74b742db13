import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidInput } from '@edutrust/platform/errors';
import forge from 'node-forge';
import { noFile } from '../commands/no-file.ts';
import { choose } from './choose.ts';
import type { SchoolKey } from './machine.ts';

/**
 * A PKCS #12 file (.p12, .pfx) as the school's key: also those that are encrypted as was usual twenty years ago, which
 * OpenSSL 3 no longer reads. Its certificates are shown without a password only when they are not encrypted, so it is
 * opened once for them; the key is read anew each time and kept nowhere.
 *
 * @throws InvalidInput `sign/wrong-password`, `sign/which-certificate`
 */
export async function openKeyFile(path: string, password: string, sha256?: string): Promise<SchoolKey> {
  const bytes = await readFile(path).catch((cause) => {
    throw noFile(path, cause);
  });
  const { certificates } = read(bytes, password);
  const parsed = certificates.map((der) => ({ der, read: new X509Certificate(der) }));
  const own = parsed.filter(({ read }) => !read.ca).map(({ der }) => der);
  const certificate = choose(own, sha256);
  return {
    certificate,
    issuers: parsed.flatMap(({ der, read }) => (read.ca && read.subject !== read.issuer ? [der] : [])),
    unlock: (typed) => {
      const key = createPrivateKey({ key: read(bytes, typed).keyDer, format: 'der', type: 'pkcs8' });
      if (!new X509Certificate(certificate).checkPrivateKey(key)) throw notAKeyFile();
      return { sign: async (toBeSigned) => sign('sha256', toBeSigned, key), lock: () => undefined };
    },
  };
}

/** The one private key and the certificates of the file (RFC 7292 §4.2). */
function read(bytes: Buffer, password: string): { readonly keyDer: Buffer; readonly certificates: Buffer[] } {
  const { pki, pkcs12, asn1 } = forge;
  const der = (node: forge.asn1.Asn1) => Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
  try {
    const file = pkcs12.pkcs12FromAsn1(asn1.fromDer(bytes.toString('latin1')), password);
    const bagsOf = (bagType: string) => file.getBags({ bagType })[bagType] ?? [];
    const [key] = [...bagsOf(pki.oids.pkcs8ShroudedKeyBag ?? ''), ...bagsOf(pki.oids.keyBag ?? '')];
    const certificates = bagsOf(pki.oids.certBag ?? '').flatMap(({ cert, asn1: unread }) =>
      cert ? der(pki.certificateToAsn1(cert)) : unread ? der(unread) : [],
    );
    if (key?.key) {
      return { keyDer: der(pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key.key))), certificates };
    }
    // Forge knows RSA alone: of another key it gives the PrivateKeyInfo (RFC 5958) as it stands there.
    if (key?.asn1) return { keyDer: der(key.asn1), certificates };
    throw notAKeyFile();
  } catch (cause) {
    if (cause instanceof InvalidInput) throw cause;
    throw /password|MAC/i.test(String(cause)) ? wrongPassword(cause) : notAKeyFile(cause);
  }
}

function wrongPassword(cause: unknown): InvalidInput {
  return new InvalidInput(
    'sign/wrong-password',
    { vi: 'Mật khẩu của tệp không đúng.', en: 'The password of the file is wrong.' },
    { cause },
  );
}

function notAKeyFile(cause?: unknown): InvalidInput {
  return new InvalidInput(
    'sign/no-key-file',
    {
      vi: 'Đây không phải tệp PKCS#12 có một khoá (RSA hoặc EC) và chứng thư của nó.',
      en: 'This is no PKCS#12 file with a key (RSA or EC) and its certificate.',
    },
    { cause },
  );
}
