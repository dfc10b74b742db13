import { createHash, sign } from 'node:crypto';
import { assembleCms, buildSignedAttributes, completeSignature } from '../src/formats/pades/pades.ts';
import type { Issued } from './authority.ts';
import { appendRevision } from './pdf-files.ts';

/** What a hand-written signature revision says beside the signature itself. */
export interface HandWritten {
  /** Objects of the revision by number, the field and the signature dictionary excepted. */
  readonly objects: Readonly<Record<number, string>>;
  /** Number of the signature dictionary, which is put last. */
  readonly value: number;
  /** More entries of the signature dictionary, such as `/Reference`. */
  readonly entries?: string;
  /** What the dictionary calls itself. Default `Sig`. */
  readonly type?: 'Sig' | 'DocTimeStamp';
  readonly signer: Issued;
  readonly chain: readonly Issued[];
}

/** Signs as any other program could: every object of the revision is text, so that each of them can be what a test needs. */
export function signByHand(
  pdf: Buffer,
  { objects, value, entries = '', type = 'Sig', signer, chain }: HandWritten,
): Buffer {
  const room = `<${'0'.repeat(8_000)}>`;
  const dictionary = `<</Type /${type} /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20261123100000+07'00') ${entries} /Contents ${room} /ByteRange [0 ${' '.repeat(33)}]>>`;
  const file = appendRevision(pdf, { ...objects, [value]: dictionary });
  const from = file.lastIndexOf(room, undefined, 'latin1');
  const to = from + room.length;
  const range = `${from} ${to} ${file.length - to}`.padEnd(33);
  file.write(range, file.lastIndexOf('/ByteRange [0 ', undefined, 'latin1') + '/ByteRange [0 '.length, 'latin1');
  const digest = createHash('sha256').update(file.subarray(0, from)).update(file.subarray(to)).digest();
  const signedAttributes = buildSignedAttributes({ digest, signingCertificate: signer.certificate });
  const cms = assembleCms({
    signedAttributes,
    signature: sign('sha256', signedAttributes, signer.key),
    algorithm: 'ES256',
    certificates: [signer.certificate, ...chain.map(({ certificate }) => certificate)],
  });
  return completeSignature(file, cms);
}
