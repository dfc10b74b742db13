import { createHash } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import { writeZip } from '@edutrust/platform/zip';
import { cadesLongTerm } from '../cades/long-term.ts';
import { cadesAttributes } from '../cades/sign.ts';
import { assembleCms } from '../cms.ts';
import type { LongTerm, Prepared, SignatureParts, Signer } from '../format.ts';
import { readZip } from '../zip/read.ts';
import { writeManifest } from './manifest.ts';
import { asicMediaType, isReserved, isSignatureFile, manifestName, signatureName } from './names.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** A container of files that nobody signed yet (ETSI EN 319 162-1 §4.4): `mimetype` first, as programs find it. */
export function makeAsic(files: ReadonlyMap<string, Uint8Array>): Buffer {
  for (const name of files.keys()) if (isReserved(name)) throw reservedName(name);
  return writeZip(new Map([['mimetype', Buffer.from(asicMediaType)], ...files]));
}

/**
 * Adds the manifest that the next signature signs: the digest of every file of the container, files as they are, none
 * packed, so that a phone can read them. What is signed is the manifest (ETSI EN 319 162-1 §4.4.4).
 *
 * @throws MalformedZip
 */
export function prepareAsic(
  container: Uint8Array,
  { at, certificate }: { readonly at: Date; readonly certificate: Uint8Array },
): Prepared {
  const files = readZip(Buffer.from(container));
  const data = new Map([...files].filter(([name]) => !isReserved(name)).map(([name, file]) => [name, sha256(file)]));
  const number = nextNumber(files);
  const manifest = writeManifest(signatureName(number), data);
  const digest = sha256(manifest);
  return {
    prepared: writeZip(new Map([...files, [manifestName(number), manifest]])),
    digest,
    toBeSigned: cadesAttributes({ digest, signingCertificate: certificate, at }),
  };
}

/** Puts the signature beside the manifest that waits for it. @throws InvalidInput `sign/…` */
export function completeAsic(
  prepared: Uint8Array,
  { toBeSigned, ...parts }: SignatureParts & Pick<Signer, 'algorithm'>,
): Buffer {
  const files = readZip(Buffer.from(prepared));
  const number = nextNumber(files) - 1;
  if (!files.has(manifestName(number))) throw new TypeError('a container that was not prepared');
  return writeZip(
    new Map([...files, [signatureName(number), assembleCms({ signedAttributes: toBeSigned, ...parts })]]),
  );
}

/** The first number that stands after every one that is taken, also by other makers' files. */
export function nextNumber(files: ReadonlyMap<string, unknown>): number {
  const taken = [...files.keys()].flatMap((name) => /^META-INF\/\D*(\d{1,6})\.(?:p7s|xml)$/iu.exec(name)?.[1] ?? []);
  return Math.max([...files.keys()].filter(isSignatureFile).length, ...taken.map(Number)) + 1;
}

/**
 * Signs every file of a container with a detached CAdES signature over their manifest. Signatures that are there stay as they are.
 *
 * @throws MalformedZip; InvalidInput `sign/…`
 */
export async function signAsic(container: Uint8Array, at: Date, signer: Signer): Promise<Buffer> {
  const [certificate] = signer.certificates;
  if (!certificate) throw new TypeError('a signer has at least its own certificate');
  const { prepared, toBeSigned } = prepareAsic(container, { at, certificate });
  const signature = await signer.sign(toBeSigned);
  const hash = sha256(signature);
  return completeAsic(prepared, {
    toBeSigned,
    signature,
    certificates: signer.certificates,
    ...(signer.algorithm ? { algorithm: signer.algorithm } : {}),
    ...(signer.timeStamp ? { timeStampToken: await signer.timeStamp(hash) } : {}),
  });
}

/** Validation data and archive time stamps go into each signature (EN 319 122-1 §5.5); the digests of the files are in what it signs. */
export const asicLongTerm: LongTerm = {
  certificatesIn: (file) =>
    [...readZip(Buffer.from(file))].flatMap(([name, contents]) =>
      isSignatureFile(name) ? cadesLongTerm.certificatesIn(contents) : [],
    ),
  extend: async (file, data, timeStamp) => {
    const files = readZip(Buffer.from(file));
    for (const [name, contents] of files)
      if (isSignatureFile(name)) files.set(name, await cadesLongTerm.extend(contents, data, timeStamp));
    return writeZip(files);
  },
};

function reservedName(name: string): InvalidInput {
  const shown = name.slice(0, 60);
  return new InvalidInput('sign/file-name', {
    vi: `Tên tệp «${shown}» không dùng được trong gói ký số.`,
    en: `The name "${shown}" cannot be used in a signed container.`,
  });
}
