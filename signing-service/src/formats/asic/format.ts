import type { SignatureFormat } from '../format.ts';
import { readZip } from '../zip/read.ts';
import { judgedAsic } from './judged.ts';
import { asicMediaType, isSignatureFile } from './names.ts';
import { asicLongTerm, completeAsic, makeAsic, prepareAsic } from './sign.ts';

/** Any files with their signatures in one ZIP (ETSI EN 319 162-1): `.asice`, `.asics`, `.sce`, `.scs`. */
export const asic: SignatureFormat = {
  ...judgedAsic,
  name: 'ASiC-E',
  mediaType: asicMediaType,
  extension: 'asice',
  enclose: (file, name) => (isContainer(file) ? Buffer.from(file) : makeAsic(new Map([[nameInside(name), file]]))),
  countSignatures: (file) =>
    isContainer(file) ? [...readZip(Buffer.from(file)).keys()].filter(isSignatureFile).length : 0,
  prepare: (file, { at, signatory }) => prepareAsic(file, { at, certificate: signatory.certificate }),
  stamped: (signature) => Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength),
  complete: completeAsic,
  longTerm: asicLongTerm,
};

/** Whether a file says of itself, where programs look for it, that it is an ASiC-E container (annex A.1); an office document is a ZIP, too. */
export function isContainer(file: Uint8Array): boolean {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.byteLength, 38 + asicMediaType.length));
  return asic.recognises(file) && head.toString('latin1', 30) === `mimetype${asicMediaType}`;
}

/** A name of one file, for every system: what a path or a reserved name would be is written otherwise. */
export function nameInside(name: string): string {
  const plain = name.normalize('NFC').replaceAll(/[\p{Cc}\p{Cf}\\/:*?"<>|]/gu, '_');
  return /^(?:\.*|mimetype)$/iu.test(plain) ? `_${plain}` : plain;
}
