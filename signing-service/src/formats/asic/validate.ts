import { readCms } from '@edutrust/certs/cms';
import type { ValidationOptions } from '../../validation/options.ts';
import type { Reason } from '../../validation/reasons.ts';
import { reason } from '../../validation/reasons.ts';
import type { SignatureReport, ValidationReport } from '../../validation/report.ts';
import { type Surroundings, surroundingsOf } from '../../validation/surroundings.ts';
import { emptyReport, fileReport, unjudged, withVerdict } from '../../validation/verdict.ts';
import { judgeCades } from '../cades/validate.ts';
import type { ByteSource, Content } from '../content.ts';
import { judgeXml } from '../xades/validate.ts';
import { MalformedZip, readContainer, ZipBeyondLimits } from '../zip/read.ts';
import { stampsBeside } from './archive.ts';
import { checkReference, MalformedManifest, type Manifest, nameOfUri, readManifest } from './manifest.ts';
import { isDataFile, isManifest, isSignatureFile, isXmlSignature, simpleMediaType } from './names.ts';

/** By name; what the container says of itself is held. */
type Files = ReadonlyMap<string, Buffer | ByteSource>;

/**
 * Judges every signature of an ASiC container (ETSI EN 319 162-1 §4.3, §4.4), CAdES and XAdES. A signature is good only
 * when it covers every file of the container: what nobody signed must not pass for signed.
 */
export async function validateAsic(container: Content, options: ValidationOptions): Promise<ValidationReport> {
  let files: Files;
  try {
    files = readContainer(container);
  } catch (error) {
    if (error instanceof ZipBeyondLimits) return unjudged('beyond-limits', error.message);
    if (error instanceof MalformedZip) return unjudged('container-unreadable', error.message);
    throw error;
  }
  const held = heldOf(files);
  const signatures = held.filter(([name]) => isSignatureFile(name));
  const others = held.filter(([name]) => isXmlSignature(name));
  if (signatures.length + others.length === 0) return fileReport([]);
  const around = surroundingsOf(options);
  return fileReport([
    ...signatures.map(([name, signature]) => judgeIn(files, name, signature, around)),
    ...others.flatMap(([name, xml]) => judgeXmlIn(files, name, xml, around)),
  ]);
}

/** What one signature of the container signs, and what is wrong between it and the files. */
interface Signed {
  readonly content: Content;
  readonly found: readonly Reason[];
}

function judgeIn(files: Files, name: string, signature: Buffer, around: Surroundings): SignatureReport {
  const refused = (...reasons: readonly Reason[]) => withVerdict({ ...emptyReport(name), format: 'ASiC' }, reasons);
  const signed =
    new Map(heldOf(files)).get('mimetype')?.toString('latin1').trim() === simpleMediaType
      ? simple(files)
      : manifested(files, name);
  if ('code' in signed) return refused(signed);
  let cms: ReturnType<typeof readCms>;
  try {
    cms = readCms(signature, 'none');
  } catch (error) {
    return refused(reason('cms-malformed', error instanceof Error ? error.message : ''));
  }
  const beside = stampsBeside(files, name, cms, around);
  const report = judgeCades(cms, { name, content: signed.content, beside }, around);
  const reasons = [...signed.found, ...report.reasons.filter(({ code }) => code !== 'passed')];
  const isWhole = !reasons.some(({ code }) => code === 'file-not-signed');
  const intact = signed.found.length > 0 && report.intact === true ? null : report.intact;
  return withVerdict({ ...report, format: 'ASiC', coverage: isWhole ? 'whole' : 'revision', intact }, reasons);
}

/** The signatures of one XML file of the container; each names by URI the files that it is over. */
function judgeXmlIn(files: Files, name: string, xml: Buffer, around: Surroundings): readonly SignatureReport[] {
  const held = heldOf(files);
  if (held.length < files.size)
    return [withVerdict({ ...emptyReport(name), format: 'ASiC' }, [reason('beyond-limits', 'XML over a large file')])];
  const byName = new Map(held);
  const fileOf = (uri: string) => byName.get(nameOfUri(uri) ?? '');
  const mustCover = held.flatMap(([file, contents]) => (isDataFile(file) ? [contents] : []));
  const { signatures, reasons } = judgeXml(xml, around, { fileOf, mustCover });
  // A file of signatures that has none, or cannot be read, is no signature of anybody.
  const found = signatures.length > 0 ? signatures : [withVerdict(emptyReport(name), reasons)];
  return found.map((report) => ({ ...report, field: name, format: 'ASiC' }));
}

const heldOf = (files: Files): readonly (readonly [string, Buffer])[] =>
  [...files].flatMap(([name, contents]) => (Buffer.isBuffer(contents) ? [[name, contents] as const] : []));

/** ASiC-S (§4.3): the signature is over the one file itself. */
function simple(files: Files): Signed | Reason {
  const [first, ...more] = [...files].filter(([name]) => isDataFile(name));
  if (!first || more.length > 0) return reason('container-malformed', 'not one file');
  return { content: first[1], found: [] };
}

/** ASiC-E (§4.4.4): the signature is over the one manifest that names it, which has the digest of every file. */
function manifested(files: Files, signature: string): Signed | Reason {
  const manifests: { readonly manifest: Manifest; readonly content: Buffer }[] = [];
  for (const [name, content] of heldOf(files)) {
    if (!isManifest(name)) continue;
    try {
      const manifest = readManifest(content);
      if (manifest.signature === signature) manifests.push({ manifest, content });
    } catch (error) {
      if (!(error instanceof MalformedManifest)) throw error;
      return reason('container-malformed', `${name}: ${error.message}`);
    }
  }
  const [only, ...others] = manifests;
  if (!only || others.length > 0)
    return reason('container-malformed', `${manifests.length} manifests name ${signature}`);
  const { references } = only.manifest;
  const named = new Set(references.map(({ name }) => name));
  const unsigned = [...files.keys()].filter((name) => isDataFile(name) && !named.has(name));
  const found = references.flatMap((reference) => {
    const contents = files.get(reference.name);
    if (!contents) return [reason('content-missing', reference.name)];
    const answer = checkReference(reference, contents);
    if (answer === 'refused') return [reason('algorithm-refused', `digest ${reference.algorithm}`)];
    return answer === 'changed' ? [reason('content-changed', reference.name)] : [];
  });
  return {
    content: only.content,
    found: [...found, ...(unsigned.length > 0 ? [reason('file-not-signed', unsigned.slice(0, 5).join(', '))] : [])],
  };
}
