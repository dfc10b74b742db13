import { asic, isContainer } from './asic/format.ts';
import type { FormatName, SignatureFormat } from './format.ts';
import { pades } from './pades/format.ts';
import { xades } from './xades/format.ts';
import { outermostSignatures } from './xades/structure.ts';
import { readXml } from './xml/read.ts';

/** What requests are signed in. */
const formats: readonly SignatureFormat[] = [pades, asic, xades];

export function formatNamed(name: FormatName): SignatureFormat {
  const found = formats.find((format) => format.name === name);
  if (!found) throw new TypeError(`no format ${name}`);
  return found;
}

/** What a file can be signed in, the usual first: any file goes into a container. */
export function formatsFor(file: Uint8Array): readonly [SignatureFormat, ...SignatureFormat[]] {
  if (pades.recognises(file)) return [pades, asic];
  return isPlainXml(file) ? [asic, xades] : [asic];
}

/** XML that carries no signature yet: others' would not survive when it is written anew. */
function isPlainXml(file: Uint8Array): boolean {
  if (!xades.recognises(file)) return false;
  try {
    const { root, after } = readXml(file);
    return after.length === 0 && outermostSignatures(root).length === 0;
  } catch {
    return false; // it can be signed as the file that it is
  }
}

/** Whether a file may carry signatures already: then it is judged before it is signed. */
export const maySigned = (file: Uint8Array): boolean => pades.recognises(file) || isContainer(file);
