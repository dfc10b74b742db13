import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { PDF, type Signer } from '@libpdf/core';
import { createAuthority } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { sampleTranscript } from '../../templates/transcript/sample.ts';
import { makeTranscript } from '../../templates/transcript/transcript.ts';
import { signPdf } from './pades.ts';

const authority = createAuthority();
const official = authority.official();
const at = new Date('2026-11-23T03:00:00Z');
const options = { anchors: authority.anchors, crls: authority.crls, at };
/** Another writer of PAdES, with our key: its files have nothing of ours in them. */
const theirs: Signer = {
  certificate: official.certificate,
  certificateChain: [authority.people.certificate],
  keyType: 'EC',
  signatureAlgorithm: 'ECDSA',
  sign: async (data: Uint8Array) => sign('sha256', data, official.key),
};

test('V7: a signature of another library is valid for us, and ours behind it leaves both valid', async () => {
  const pdf = await PDF.load(await makeTranscript(sampleTranscript));
  const { bytes } = await pdf.sign({ signer: theirs, signingTime: at });
  const one = await validatePdf(bytes, options);
  assert.equal(one.verdict, 'valid', JSON.stringify(one));
  const both = await validatePdf(await signPdf(bytes, { signerName: 'B', at }, authority.signerOf(official)), options);
  assert.deepEqual([both.verdict, both.signatures.length], ['valid', 2], JSON.stringify(both));
});

test('V7: a signature of another library behind ours leaves both valid', async () => {
  const ours = await signPdf(
    await makeTranscript(sampleTranscript),
    { signerName: 'A', at },
    authority.signerOf(official),
  );
  const { bytes } = await (await PDF.load(ours)).sign({ signer: theirs, signingTime: at });
  const { verdict, signatures } = await validatePdf(bytes, options);
  assert.deepEqual([verdict, signatures.length], ['valid', 2], JSON.stringify(signatures));
});

test('V5: what another library draws behind our signature makes it invalid', async () => {
  const ours = await signPdf(
    await makeTranscript(sampleTranscript),
    { signerName: 'A', at },
    authority.signerOf(official),
  );
  const pdf = await PDF.load(ours);
  pdf.getPage(0)?.drawText('10', { x: 400, y: 500, size: 12 });
  const changed = await pdf.save({ incremental: true });
  assert.ok(Buffer.from(changed).subarray(0, ours.length).equals(ours), 'it was saved incrementally');
  assert.equal((await validatePdf(changed, options)).verdict, 'invalid');
});
