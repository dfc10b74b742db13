import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { test } from 'node:test';
import * as pkijs from 'pkijs';
import { authorityExtensions, testAuthority, testCertificate, testKey } from '../../testing/certificate.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { assembleSignedData, buildSignedAttributes } from './cms.ts';

const root = testAuthority('Root');
const unit = testAuthority('Unit', root, { extensions: authorityExtensions() });
const content = Buffer.from('học bạ của em Lý An');

/** A detached signature by a person below the unit, as a document carries it. */
function signedBy(kind: 'p256' | 'p384' | 'rsa'): Buffer {
  const key = testKey(kind);
  const certificate = testCertificate(unit, { publicKey: key.publicKey });
  const digest = createHash('sha256').update(content).digest();
  const signedAttributes = buildSignedAttributes({ digest, signingCertificate: certificate });
  return assembleSignedData({
    signedAttributes,
    signature: sign('sha256', signedAttributes, key.privateKey),
    algorithm: kind === 'rsa' ? 'rsa-sha256' : 'ecdsa-sha256',
    signer: parseCertificate(certificate),
    certificates: [certificate, unit.certificate],
  });
}

/** What pkijs says, which shares no line with our reader: of the signature, and of the path to this root. */
async function askWitness(cms: Uint8Array, over: Uint8Array, trusted: Uint8Array) {
  const { content: found } = pkijs.ContentInfo.fromBER(Uint8Array.from(cms));
  const verdict = await new pkijs.SignedData({ schema: found })
    .verify({
      signer: 0,
      data: Uint8Array.from(over).buffer,
      checkChain: true,
      trustedCerts: [pkijs.Certificate.fromBER(Uint8Array.from(trusted))],
      extendedMode: true,
    })
    .catch((refusal: unknown) => {
      if (refusal instanceof pkijs.SignedDataVerifyError) return refusal;
      throw refusal;
    });
  return { signature: verdict.signatureVerified ?? false, path: verdict.signerCertificateVerified ?? false };
}

for (const kind of ['p256', 'p384', 'rsa'] as const) {
  test(`an independent library accepts our certificates and CMS with ${kind}, and refuses what was changed`, async () => {
    const cms = signedBy(kind);
    assert.deepEqual(await askWitness(cms, content, root.certificate), { signature: true, path: true });
    assert.equal((await askWitness(cms, Buffer.from('học bạ của em Lý Anh'), root.certificate)).signature, false);
    assert.equal((await askWitness(cms, content, testAuthority('Root').certificate)).path, false);
    const changed = Buffer.from(cms);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1; // the last byte of the signature value
    assert.equal((await askWitness(changed, content, root.certificate)).signature, false);
  });
}
