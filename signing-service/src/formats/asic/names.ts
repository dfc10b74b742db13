/** ETSI EN 319 162-1 §4.4.3, annex A. */
export const asicMediaType = 'application/vnd.etsi.asic-e+zip';
export const simpleMediaType = 'application/vnd.etsi.asic-s+zip';

/** Names that nobody's files may have. */
export const isReserved = (name: string) => name === 'mimetype' || /^META-INF\//iu.test(name);

/**
 * Whether a file of a container is one of those that people mean: everything but what the container says of itself (§4.4.3, annex
 * A). What else stands in `META-INF`, and what other programs take for another folder since it is spelt otherwise, is a file.
 */
export const isDataFile = (name: string): boolean => name !== 'mimetype' && !isOfContainer(name);

const isOfContainer = (name: string) =>
  name.startsWith('META-INF/') &&
  (isSignatureFile(name) ||
    isManifest(name) ||
    isArchiveManifest(name) ||
    isTimeStamp(name) ||
    isXmlSignature(name) ||
    ofOthers.test(name));
/** Of ODF and UCF containers, and evidence records. */
const ofOthers =
  /^META-INF\/(?:manifest\.xml|container\.xml|metadata\.xml|[^/]*[eE]vidence[rR]ecord[^/]*\.(?:ers|xml))$/u;
/** `META-INF/*signature*.p7s` (§4.4.4.2). */
export const isSignatureFile = (name: string): boolean => /^META-INF\/[^/]*signature[^/]*\.p7s$/iu.test(name);
/** `META-INF/*ASiCManifest*.xml`. */
export const isManifest = (name: string): boolean => /^META-INF\/[^/]*ASiCManifest[^/]*\.xml$/iu.test(name);
/** `META-INF/ASiCArchiveManifest*.xml`: what a time stamp beside the signatures is over (annex A.7). */
export const isArchiveManifest = (name: string): boolean =>
  /^META-INF\/[^/]*ASiCArchiveManifest[^/]*\.xml$/iu.test(name);
/** `META-INF/*timestamp*.tst`. */
export const isTimeStamp = (name: string): boolean => /^META-INF\/[^/]*timestamp[^/]*\.tst$/iu.test(name);
/** XAdES in the same container (§4.4.3.2). */
export const isXmlSignature = (name: string): boolean => /^META-INF\/[^/]*signatures[^/]*\.xml$/iu.test(name);
/** Of the n-th signature that we make, and of the manifest that it signs. */
export const signatureName = (number: number): string => `META-INF/signature${String(number).padStart(3, '0')}.p7s`;
export const manifestName = (number: number): string => `META-INF/ASiCManifest${String(number).padStart(3, '0')}.xml`;
