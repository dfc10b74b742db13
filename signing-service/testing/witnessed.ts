import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { cosign } from '@edutrust/platform/cosign';
import { verifierKeyText, type WitnessKey } from '@edutrust/platform/cosignature';
import { hashLeaf, tlogProofText } from '@edutrust/platform/ledger-proof';
import { cadesAttributes } from '../src/formats/cades/sign.ts';
import { assembleCms } from '../src/formats/cms.ts';
import { signatureLeaf } from '../src/formats/leaf.ts';
import { createAuthority } from './authority.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const hashNode = (left: Buffer, right: Buffer) => sha256(Buffer.concat([Buffer.of(1), left, right]));
const at = new Date('2026-05-20T08:00:00Z');

/** A key with its name, of a log or of a witness. */
export interface NamedKey extends WitnessKey {
  readonly privateKey: KeyObject;
}

export function namedKey(name: string): NamedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { name, privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32) };
}

/** A head as the log signs it (C2SP tlog-checkpoint). */
export function checkpoint(log: NamedKey, size: number, root: Buffer): string {
  const text = `${log.name}\n${size}\n${root.toString('base64')}\n`;
  const id = sha256(Buffer.concat([Buffer.from(`${log.name}\n`), Buffer.of(1), log.publicKey])).subarray(0, 4);
  const line = Buffer.concat([id, sign(null, Buffer.from(text), log.privateKey)]).toString('base64');
  return `${text}\n— ${log.name} ${line}\n`;
}

/**
 * A detached CAdES signature that carries its proof of inclusion in a small log of its own, at place 1 of 2; and proofs of the same in
 * the next tree, of three, with whatever cosignatures a test asks for.
 */
export function witnessedSignature() {
  const authority = createAuthority();
  const who = authority.official();
  const signer = authority.signerOf(who);
  const content = Buffer.from('Quyết định số 117/QĐ-THCS');
  const toBeSigned = cadesAttributes({ digest: sha256(content), signingCertificate: who.certificate, at });
  const signature = sign('sha256', toBeSigned, who.key);
  const timeStampToken = authority.stampAt(at)(sha256(signature));
  const assertion = sha256(Buffer.from('assertion'));
  const leafText = signatureLeaf({
    assertion,
    certificate: sha256(who.certificate),
    document: sha256(content),
    signature: sha256(signature),
    timeStamp: sha256(timeStampToken),
  });
  const log = namedKey('log.example.vn/signatures');
  const leaf = hashLeaf(Buffer.from(leafText));
  const [first, third] = ['one', 'three'].map((text) => hashLeaf(Buffer.from(text))) as [Buffer, Buffer];
  const inclusionProof = {
    index: 1,
    path: [first],
    checkpoint: checkpoint(log, 2, hashNode(first, leaf)),
    extra: assertion,
  };
  const cms = assembleCms({
    signedAttributes: toBeSigned,
    signature,
    certificates: signer.certificates,
    timeStampToken,
    inclusionProof,
  });
  const next = checkpoint(log, 3, hashNode(hashNode(first, leaf), third));
  /** A proof in the next tree, or in another that is given, with the lines of these witnesses. */
  const proof = (witnesses: readonly NamedKey[], { note = next, path = [first, third], index = 1, when = at } = {}) =>
    tlogProofText({ index, path, checkpoint: note + witnesses.map((one) => cosign(note, one, when)).join('') });
  return {
    ...{ authority, content, cms, log, leaf, first, third, next, proof, at },
    logKey: verifierKeyText('log', log),
    hashNode,
  };
}
