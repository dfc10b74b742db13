import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { InvalidInput } from '@edutrust/platform/errors';
import { type ZipEntry, zipDirectory, zipHeader } from '@edutrust/platform/zip';
import { nameInside } from '../formats/asic/format.ts';
import { writeManifest } from '../formats/asic/manifest.ts';
import { asicMediaType, manifestName, signatureName } from '../formats/asic/names.ts';
import { cadesAttributes } from '../formats/cades/sign.ts';
import { assembleCms } from '../formats/cms.ts';
import type { Signer } from '../formats/format.ts';
import { piecesOfFile } from '../validation/large-file.ts';

/** What a ZIP says of sizes, less what stands around one file (PKWARE APPNOTE 4.4.1.4). */
const largestBytes = 2 ** 32 - 2 ** 20;

/**
 * Signs a file of any size beside it (`FILE.p7s`, CAdES) or in a container with it (`FILE.asice`, ETSI EN 319 162-1 §4.4),
 * B-B. It is read once, piece by piece; nothing is left behind when it fails. Gives where the result is.
 *
 * @throws InvalidInput `sign/exists`, `sign/too-large`, `sign/…`
 */
export async function signFile(
  { path, packaging, at }: { readonly path: string; readonly packaging: 'detached' | 'container'; readonly at: Date },
  signer: Pick<Signer, 'certificates' | 'sign' | 'algorithm'>,
): Promise<string> {
  if ((await stat(path)).size > largestBytes) throw tooLarge(path);
  const to = `${path}.${packaging === 'detached' ? 'p7s' : 'asice'}`;
  if (await stat(to).catch(() => undefined)) throw exists(to);
  const unfinished = `${to}.part`;
  try {
    if (packaging === 'detached') {
      const hash = createHash('sha256');
      for await (const piece of piecesOfFile(path)) hash.update(piece);
      await writeFile(unfinished, await signatureOver(hash, at, signer));
    } else {
      await using file = await open(unfinished, 'w');
      await writeContainer(file, path, (hash) => signatureOver(hash, at, signer));
    }
    await rename(unfinished, to);
    return to;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function signatureOver(
  hash: Hash,
  at: Date,
  { certificates, sign, algorithm }: Pick<Signer, 'certificates' | 'sign' | 'algorithm'>,
): Promise<Buffer> {
  const [signingCertificate] = certificates;
  if (!signingCertificate) throw new TypeError('a signer has at least its own certificate');
  const signedAttributes = cadesAttributes({ digest: hash.digest(), signingCertificate, at });
  const signature = await sign(signedAttributes);
  return assembleCms({ signedAttributes, signature, certificates, ...(algorithm ? { algorithm } : {}) });
}

/** As `signAsic` makes it, byte for byte but for the signature. */
async function writeContainer(file: FileHandle, path: string, sign: (hash: Hash) => Promise<Buffer>): Promise<void> {
  const entries: ZipEntry[] = [];
  let offset = 0;
  const add = async (name: string, pieces: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> => {
    const blank: ZipEntry = { name, crc: 0, size: 0, packed: { method: 'stored', size: 0 }, offset };
    const start = offset + zipHeader(blank).length;
    let crc = 0;
    let end = start;
    for await (const piece of pieces) {
      await file.write(piece, 0, piece.length, end);
      crc = crc32(piece, crc);
      end += piece.length;
    }
    const size = end - start;
    if (size > largestBytes) throw tooLarge(path);
    const entry: ZipEntry = { ...blank, crc, size, packed: { method: 'stored', size } };
    await file.write(zipHeader(entry), 0, start - offset, offset);
    entries.push(entry);
    offset = end;
  };
  const name = nameInside(basename(path));
  const hash = createHash('sha256');
  await add('mimetype', [Buffer.from(asicMediaType)]);
  await add(name, hashed(path, hash));
  const manifest = writeManifest(signatureName(1), new Map([[name, hash.digest()]]));
  await add(manifestName(1), [manifest]);
  await add(signatureName(1), [await sign(createHash('sha256').update(manifest))]);
  const directory = zipDirectory(entries, offset);
  await file.write(directory, 0, directory.length, offset);
  await file.sync();
}

async function* hashed(path: string, hash: Hash): AsyncGenerator<Buffer, void> {
  for await (const piece of piecesOfFile(path)) {
    hash.update(piece);
    yield piece;
  }
}

function tooLarge(path: string): InvalidInput {
  return new InvalidInput('sign/too-large', {
    vi: `Tệp ${path} lớn hơn 4 GiB nên không ký được.`,
    en: `The file ${path} is larger than 4 GiB and cannot be signed.`,
  });
}

function exists(path: string): InvalidInput {
  return new InvalidInput('sign/exists', {
    vi: `Đã có tệp ${path}; không ghi đè lên nó.`,
    en: `The file ${path} exists already and is not written over.`,
  });
}
