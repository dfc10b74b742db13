import { InvalidInput } from '@edutrust/platform/errors';
import { writeZip } from '@edutrust/platform/zip';
import { cadesLongTerm } from '../cades/long-term.ts';
import { signCades } from '../cades/sign.ts';
import type { LongTerm, Signer } from '../format.ts';
import { readZip } from '../zip/read.ts';
import { writeManifest } from './manifest.ts';
import { asicMediaType, isDataFile, isSignatureFile } from './names.ts';

/** A container of files that nobody signed yet (ETSI EN 319 162-1 §4.4): `mimetype` first, as programs find it. */
export function makeAsic(files: ReadonlyMap<string, Uint8Array>): Buffer {
  for (const name of files.keys()) if (!isDataFile(name)) throw reservedName(name);
  return writeZip(new Map([['mimetype', Buffer.from(asicMediaType)], ...files]));
}

/**
 * Signs every file of a container: a manifest with their digests, and over it a detached CAdES signature (ETSI EN 319 162-1
 * §4.4.4). Signatures that are there stay as they are.
 *
 * @throws MalformedZip; InvalidInput `sign/…`
 */
export async function signAsic(container: Uint8Array, at: Date, signer: Signer): Promise<Buffer> {
  const files = readZip(Buffer.from(container));
  const data = new Map([...files].filter(([name]) => isDataFile(name)));
  const number = String([...files.keys()].filter(isSignatureFile).length + 1).padStart(3, '0');
  const place = `META-INF/signature${number}.p7s`;
  const manifest = writeManifest(place, data);
  const signature = await signCades(manifest, { at }, signer);
  return writeZip(new Map([...files, [`META-INF/ASiCManifest${number}.xml`, manifest], [place, signature]]));
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
