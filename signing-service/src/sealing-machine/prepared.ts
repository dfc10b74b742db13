import { InvalidInput } from '@edutrust/platform/errors';
import { signedOfAsic } from '../formats/asic/prepared.ts';
import { notPrepared } from '../formats/not-prepared.ts';
import { signedOfPdf } from '../formats/pades/prepared.ts';
import { signedOfXml } from '../formats/xades/prepared.ts';
import { agreementOf } from '../templates/school-report/agreement.ts';
import type { Artefact } from '../templates/template.ts';

/** A file as the service prepared it for the seal. */
export interface PreparedFile {
  readonly requestId: string;
  readonly artefact: Artefact;
  readonly bytes: Buffer;
}

/** What a file is, by its first bytes, and how it is named for the clerk. */
const kinds = [
  { extension: 'pdf', begins: '%PDF-' },
  { extension: 'asice', begins: 'PK' },
  { extension: 'xml', begins: '<' },
] as const;

/** @throws InvalidInput `sign/not-prepared` for a file that is none of those that are sealed here */
export function extensionOf({ artefact, bytes }: Omit<PreparedFile, 'requestId'>): (typeof kinds)[number]['extension'] {
  const found = kinds.find(({ begins }) => bytes.toString('latin1', 0, begins.length) === begins);
  if (!found || (artefact === 'data' && found.extension !== 'xml')) throw notPrepared();
  return found.extension;
}

/**
 * What the token signs of a prepared file, computed from its bytes; of a container also from the time that the service gives for the list.
 *
 * @throws InvalidInput `sign/not-prepared`, `sign/xml`
 */
export function toBeSealed(file: Omit<PreparedFile, 'requestId'>, certificate: Uint8Array, at: Date) {
  const extension = extensionOf(file);
  if (extension === 'asice') return signedOfAsic(file.bytes, certificate, at);
  return extension === 'xml' ? signedOfXml(file.bytes, certificate) : signedOfPdf(file.bytes, certificate);
}

/** Data is sealed only beside the very document that it says it belongs to. @throws InvalidInput `sign/other-document` */
export function mustAgree(files: readonly PreparedFile[]): void {
  for (const data of files.filter(({ artefact }) => artefact === 'data')) {
    const document = files.find(({ requestId, artefact }) => requestId === data.requestId && artefact === 'document');
    if (!document || !agreementOf(document.bytes, data.bytes).agrees) throw otherDocument();
  }
}

/** What the service sent does not fit together, or is not of the paired origin. */
export function otherDocument(): InvalidInput {
  return new InvalidInput('sign/other-document', {
    vi: 'Tệp hoặc danh sách máy chủ gửi không khớp với nhau hoặc không phải của địa chỉ này. Chưa có gì được đóng dấu.',
    en: 'A file or the list that the server sent does not fit, or is not of this origin. Nothing was sealed.',
  });
}
