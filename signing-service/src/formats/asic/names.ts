/** ETSI EN 319 162-1 §4.4.3, annex A. */
export const asicMediaType = 'application/vnd.etsi.asic-e+zip';
export const simpleMediaType = 'application/vnd.etsi.asic-s+zip';

const isReserved = (name: string) => name === 'mimetype' || /^META-INF\//iu.test(name);

/** Whether a file of a container is one of those that people mean. */
export const isDataFile = (name: string): boolean => !isReserved(name);
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
