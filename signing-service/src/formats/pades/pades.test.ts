import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { toPem } from '@edutrust/certs/certificate';
import { createAuthority } from '../../../testing/authority.ts';
import { hybridPdf, streamPdf, tablePdf } from '../../../testing/pdf-files.ts';
import { flourish } from '../../../testing/png.ts';
import { transcriptPlaces } from '../../templates/transcript/places.ts';
import { sampleTranscript } from '../../templates/transcript/sample.ts';
import { makeTranscript } from '../../templates/transcript/transcript.ts';
import { ecdsaSignatureFromRaw } from '../ecdsa.ts';
import { openPdf } from '../pdf/document.ts';
import { inkOf } from './ink.ts';
import {
  addValidationData,
  assembleCms,
  buildSignedAttributes,
  completeSignature,
  prepareSignature,
  signPdf,
  timeStampPdf,
  visibleLines,
} from './pades.ts';

const at = new Date('2026-11-23T03:00:00Z');
const authority = createAuthority();
const official = authority.official();
const folder = mkdtempSync(join(tmpdir(), 'pades-'));
after(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string, content: Uint8Array | string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Runs a witness; says how to get it when it is missing. */
function witness(program: string, ...options: string[]): string {
  try {
    return execFileSync(program, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isMissing ? new Error(`${program} is needed: apt-get install poppler-utils libnss3-tools openssl`) : error;
  }
}

/** An NSS database with our root as the only trusted one. */
const trust = join(folder, 'nss');
mkdirSync(trust);
witness('certutil', '-N', '-d', `sql:${trust}`, '--empty-password');
const rootFile = inFolder('root.der', authority.root.certificate);
witness('certutil', '-A', '-d', `sql:${trust}`, '-n', 'root', '-t', 'C,C,C', '-i', rootFile);

const pdfsig = (pdf: Buffer): string => witness('pdfsig', '-nssdir', trust, inFolder('signed.pdf', pdf));

const visible = {
  ...transcriptPlaces.principal,
  lines: visibleLines({
    name: 'Trần Thị Bích Phượng',
    title: 'Hiệu trưởng',
    organisation: 'Trường Trung học cơ sở Nguyễn Thị Minh Khai',
    at,
    verifyAt: 'https://dinhdanh.example.edu.vn/verify',
  }),
};
const request = { signerName: 'Trần Thị Bích Phượng', reason: 'Phê duyệt', location: 'Thành phố Hồ Chí Minh', at };

for (const [kind, file] of [
  ['a cross-reference table', tablePdf()],
  ['cross-reference and object streams', streamPdf()],
  ['a hybrid cross-reference', hybridPdf()],
] as const) {
  test(`V7: a file with ${kind} is signed twice; pdfsig calls both signatures valid and trusted`, async () => {
    const once = await signPdf(
      file,
      { ...request, visible: { ...visible, page: 1 } },
      authority.signerOf(official, at),
    );
    assert.ok(once.subarray(0, file.length).equals(file), 'nothing that was there is touched');
    const twice = await signPdf(once, request, authority.signerOf(authority.official()));
    assert.ok(twice.subarray(0, once.length).equals(once));
    const said = pdfsig(twice);
    assert.equal(said.match(/Signature is Valid/gu)?.length, 2, said);
    assert.equal(said.match(/Certificate is Trusted/gu)?.length, 2, said);
    assert.match(said, /Total document signed/u);
    assert.equal(openPdf(twice).revisions.length, 3);
  });
}

test('V7: a signed transcript with its visible block is valid for pdfsig; its CMS and time stamp are for openssl', async () => {
  const pdf = await makeTranscript(sampleTranscript);
  const signed = await signPdf(pdf, { ...request, visible }, authority.signerOf(official, at));
  assert.match(pdfsig(signed), /Signature is Valid[\s\S]*Certificate is Trusted/u);
  const { cms, content, gap } = partsOf(signed);
  assert.equal(gap, 2 + 2 * 16_384);
  const root = inFolder('root.pem', toPem(authority.root.certificate));
  const verified = [
    '-CAfile',
    root,
    '-purpose',
    'any',
    '-binary',
    '-out',
    '/dev/null',
    '-attime',
    String(at.getTime() / 1000),
  ];
  witness(
    'openssl',
    'cms',
    '-verify',
    '-inform',
    'DER',
    '-in',
    inFolder('cms.der', cms),
    '-content',
    inFolder('content.bin', content),
    ...verified,
  );
  const text = witness('pdftotext', '-layout', inFolder('block.pdf', signed), '-');
  assert.ok(text.includes('Đã ký số bởi'), 'the words of the block can be copied');
  assert.ok(text.includes('10:00:00 ngày 23/11/2026 (giờ Việt Nam)'), text);
});

/** The CMS, and what it signs, taken from the file by its ByteRange as an independent reader would. */
function partsOf(signed: Buffer) {
  const match = [...signed.toString('latin1').matchAll(/\/ByteRange \[0 (\d+) (\d+) (\d+) *\]/gu)].at(-1);
  const [gapStart = 0, gapEnd = 0, rest = 0] = match?.slice(1).map(Number) ?? [];
  const contents = Buffer.from(signed.toString('latin1', gapStart + 1, gapEnd - 1), 'hex');
  const cms = contents.subarray(0, 4 + contents.readUInt16BE(2));
  const content = Buffer.concat([signed.subarray(0, gapStart), signed.subarray(gapEnd, gapEnd + rest)]);
  return { cms, content, gap: gapEnd - gapStart };
}

test('the time stamp in the signature is one that openssl ts accepts over the signature value', async () => {
  const value = Buffer.from('a signature value');
  const digest = createHash('sha256').update(value).digest();
  const token = authority.stampAt(at)(digest);
  const root = inFolder('root.pem', toPem(authority.root.certificate));
  const said = witness(
    'openssl',
    'ts',
    '-verify',
    '-token_in',
    '-in',
    inFolder('token.der', token),
    '-data',
    inFolder('value', value),
    '-CAfile',
    root,
    '-attime',
    String(at.getTime() / 1000),
  );
  assert.match(said, /Verification: OK/u);
});

test('V7: validation data and a document time stamp are added behind a signature, which pdfsig still calls valid', async () => {
  const signed = await signPdf(tablePdf(), request, authority.signerOf(official, at));
  const long = addValidationData(signed, { certificates: [authority.people.certificate] });
  const stamped = await timeStampPdf(long, authority.stampAt(at));
  assert.ok(stamped.subarray(0, signed.length).equals(signed));
  assert.match(pdfsig(stamped), /Signature #1:[\s\S]*?Signature is Valid/u);
});

test('signed attributes are content type, digest and certificate, and never a signing time (EN 319 142-1 §6.3)', () => {
  const attributes = buildSignedAttributes({ digest: Buffer.alloc(32), signingCertificate: official.certificate });
  const printed = witness('openssl', 'asn1parse', '-inform', 'DER', '-in', inFolder('attributes.der', attributes));
  assert.match(printed, /contentType/u);
  assert.match(printed, /messageDigest/u);
  assert.match(printed, /id-smime-aa-signingCertificateV2/u);
  assert.doesNotMatch(printed, /signingTime/u);
});

test('a handwritten signature is drawn as ink on nothing, as a reader sees it', async () => {
  const ink = inkOf(flourish(), 'signature');
  const { prepared } = prepareSignature(tablePdf(), { ...request, visible: { ...visible, ink } });
  const images = witness('pdfimages', '-list', inFolder('image.pdf', prepared));
  assert.match(images, /image +1 +1 +rgb/u);
  assert.match(images, new RegExp(`smask +${ink.width} +${ink.height} +gray`));
});

test('what cannot be done is said: a taken name, no such page, too little room, another file', () => {
  const { prepared } = prepareSignature(tablePdf(), { ...request, fieldName: 'HieuTruong' });
  assert.throws(() => prepareSignature(prepared, { ...request, fieldName: 'HieuTruong' }), {
    code: 'sign/field-exists',
  });
  assert.throws(() => prepareSignature(tablePdf(), { ...request, visible: { ...visible, page: 7 } }), {
    code: 'sign/no-such-page',
  });
  const small = prepareSignature(tablePdf(), { ...request, contentsBytes: 64 });
  assert.throws(() => completeSignature(small.prepared, Buffer.alloc(65)), { code: 'sign/contents-too-small' });
  assert.throws(() => completeSignature(tablePdf(), Buffer.alloc(1)), { code: 'pdf/malformed' });
});

test('a raw signature of WebCrypto becomes the DER that CMS wants', () => {
  const raw = Buffer.concat([Buffer.alloc(31), Buffer.of(1), Buffer.alloc(32, 0xff)]);
  const der = ecdsaSignatureFromRaw(raw).toString('hex');
  assert.equal(der, `3026020101022100${'ff'.repeat(32)}`);
  assert.throws(() => ecdsaSignatureFromRaw(Buffer.alloc(63)), { code: 'sign/signature' });
});

test('the inclusion proof travels as text in an unsigned attribute', () => {
  const cms = assembleCms({
    signedAttributes: buildSignedAttributes({ digest: Buffer.alloc(32), signingCertificate: official.certificate }),
    signature: Buffer.alloc(70),
    algorithm: 'ES256',
    certificates: [official.certificate],
    inclusionProof: {
      index: 7,
      path: [Buffer.alloc(32, 1)],
      checkpoint: 'log.example\n9\nroot\n\n— log.example sig\n',
    },
  });
  assert.ok(cms.includes('c2sp.org/tlog-proof@v1\nindex 7\nAQEB'));
  assert.match(
    witness('openssl', 'asn1parse', '-inform', 'DER', '-in', inFolder('proof.der', cms)),
    /2\.25\.2263459843/u,
  );
});
