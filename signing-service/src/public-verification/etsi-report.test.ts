import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority } from '../../testing/authority.ts';
import { validatePdf } from '../../testing/both-judges.ts';
import { appendRevision, tablePdf } from '../../testing/pdf-files.ts';
import { signPdf, timeStampPdf } from '../formats/pades/pades.ts';
import { attributeOf, childNamed, childrenNamed, readXml, type XmlElement } from '../formats/xml/read.ts';
import { etsiReport } from './etsi-report.ts';
import { inWords } from './in-words.ts';
import { makeReportPaper } from './report-paper.ts';

const namespace = 'http://uri.etsi.org/19102/v1.4.1#';
const at = new Date('2026-11-23T03:00:00Z');
const judgedAt = new Date('2026-12-01T00:00:00Z');
const authority = createAuthority();
const signed = await signPdf(
  tablePdf(),
  { signerName: 'A', at },
  authority.signerOf(authority.official(), new Date('2026-11-23T03:00:05Z')),
);

async function reportOf(bytes: Buffer, crls = authority.crls): Promise<XmlElement> {
  const judged = await validatePdf(bytes, { anchors: authority.anchors, crls, at: judgedAt });
  const sha256 = createHash('sha256').update(bytes).digest();
  const xml = etsiReport(inWords(judged, { bytes, judgedAt, sha256, document: null }));
  return readXml(Buffer.from(xml, 'utf8')).root;
}

const elements = (root: XmlElement): XmlElement[] => [
  root,
  ...root.children.flatMap((child) => (child.kind === 'element' ? elements(child) : [])),
];
const textOf = (root: XmlElement, ...path: readonly string[]): string | undefined => {
  const found = path.reduce<XmlElement | undefined>((at, name) => at && childNamed(at, namespace, name), root);
  return found?.children.map((child) => (child.kind === 'text' ? child.text : '')).join('');
};
const reportsIn = (root: XmlElement) => childrenNamed(root, namespace, 'SignatureValidationReport');

test('ETSI TS 119 102-2: a signature’s indication, times, signer and chain, each reference to an object that is there', async () => {
  const root = await reportOf(signed);
  const [report, ...others] = reportsIn(root);
  assert.ok(report && others.length === 0);
  assert.equal(
    textOf(report, 'SignatureValidationStatus', 'MainIndication'),
    'urn:etsi:019102:mainindication:total-passed',
  );
  assert.equal(textOf(report, 'ValidationTimeInfo', 'ValidationTime'), judgedAt.toISOString());
  assert.equal(textOf(report, 'ValidationTimeInfo', 'BestSignatureTime', 'POETime'), '2026-11-23T03:00:05.000Z');
  assert.match(textOf(report, 'SignerInformation', 'Signer') ?? '', /\p{Letter}/u);
  // The schema's order (§4.2): programs read by it.
  assert.deepEqual(
    report.children.flatMap((child) => (child.kind === 'element' ? [child.local] : [])),
    [
      'SignatureIdentifier',
      'ValidationTimeInfo',
      'SignersDocument',
      'SignatureAttributes',
      'SignerInformation',
      'SignatureValidationProcess',
      'SignatureValidationStatus',
    ],
  );
  const all = elements(root);
  const ids = all.flatMap((element) => attributeOf(element, 'id') ?? []);
  const references = all.flatMap((element) => attributeOf(element, 'VOReference') ?? []);
  assert.ok(references.length >= 5 && references.every((id) => ids.includes(id)), `${references} of ${ids}`);
  assert.equal(new Set(ids).size, ids.length);
});

test('ETSI TS 119 102-2: what failed and what is open say so by their sub-indication; a file without a signature is not passed', async () => {
  const statusOf = async (file: Buffer, crls = authority.crls) => {
    const [report] = reportsIn(await reportOf(file, crls));
    const status = report && childNamed(report, namespace, 'SignatureValidationStatus');
    return (
      status && [textOf(status, 'MainIndication'), textOf(status, 'SubIndication')].map((uri) => uri?.split(':').at(-1))
    );
  };
  const changed = Buffer.from(signed);
  changed[changed.indexOf('8,5')] = 0x39;
  assert.deepEqual(await statusOf(changed), ['total-failed', 'HASH_FAILURE']);
  const unstamped = await signPdf(tablePdf(), { signerName: 'A', at }, authority.signerOf(authority.official()));
  assert.deepEqual(await statusOf(unstamped, []), ['indeterminate', 'TRY_LATER']);
  assert.deepEqual(await statusOf(tablePdf()), ['indeterminate', 'SIGNED_DATA_NOT_FOUND']);
  assert.deepEqual(await statusOf(Buffer.concat([signed, Buffer.from('more')])), ['indeterminate', undefined]);
});

test('ETSI TS 119 102-2: a document time stamp is a validation object with a report of its own', async () => {
  const root = await reportOf(await timeStampPdf(signed, authority.stampAt(new Date('2026-11-24T00:00:00Z'))));
  assert.equal(reportsIn(root).length, 1);
  const objects = childNamed(root, namespace, 'SignatureValidationObjects');
  const stamp = elements(objects ?? root).find((element) => attributeOf(element, 'id') === 'TIME-STAMP-1');
  assert.ok(stamp);
  assert.equal(textOf(stamp, 'ObjectType'), 'urn:etsi:019102:validationObject:timestamp');
  assert.equal(
    textOf(stamp, 'ValidationReport', 'SignatureValidationStatus', 'MainIndication'),
    'urn:etsi:019102:mainindication:passed',
  );
  assert.equal(textOf(stamp, 'POEProvisioning', 'POETime'), '2026-11-24T00:00:00.000Z');
});

test('ETSI TS 119 102-2: names of strangers cannot write elements of the report', async () => {
  const field = appendRevision(signed, {});
  const judged = await validatePdf(field, { anchors: authority.anchors, crls: authority.crls, at: judgedAt });
  const [signature] = judged.signatures;
  assert.ok(signature?.signer);
  const hostile = `</vr:Signer><vr:MainIndication>&x;\u0000\ud800]]>`;
  const named = { ...signature, field: hostile, signer: { ...signature.signer, name: hostile } };
  const words = inWords(
    { ...judged, signatures: [named] },
    { bytes: field, judgedAt, sha256: Buffer.alloc(32), document: null },
  );
  const { root } = readXml(Buffer.from(etsiReport(words), 'utf8'));
  const [report] = reportsIn(root);
  assert.equal(
    report && textOf(report, 'SignerInformation', 'Signer'),
    '</vr:Signer><vr:MainIndication>&x;\ufffd\ufffd]]>',
  );
});

test('L9, V18: witnesses of the log and counter-signatures stand in the XML and on the paper as on the page', async () => {
  const judged = await validatePdf(signed, { anchors: authority.anchors, crls: authority.crls, at: judgedAt });
  const sha256 = createHash('sha256').update(signed).digest();
  const words = inWords(judged, { bytes: signed, judgedAt, sha256, document: null });
  const [alone] = words.signatures;
  assert.ok(alone?.signer);
  const log = {
    origin: 'log.example.vn',
    index: 7,
    status: 'proven' as const,
    leaf: null,
    witnesses: ['mot.example.vn', 'hai.example.vn'],
  };
  const broken = { ...alone, verdict: 'invalid' as const, signer: { ...alone.signer, name: 'Người Xác Nhận' } };
  const report = { ...words, signatures: [{ ...alone, log, counterSignatures: [broken] }] };
  const { root } = readXml(Buffer.from(etsiReport(report), 'utf8'));
  const [own, counter, ...others] = reportsIn(root);
  assert.ok(own && counter && others.length === 0);
  const data = (of: XmlElement) =>
    elements(of)
      .filter(({ local }) => local === 'ReportData')
      .map((one) => [textOf(one, 'Type'), textOf(one, 'Value')].join(' '));
  assert.deepEqual(
    data(own).filter((line) => line.includes('witness')),
    ['urn:edutrust:witness mot.example.vn', 'urn:edutrust:witness hai.example.vn'],
  );
  assert.ok(data(counter).includes('urn:edutrust:counter-signs SIGNATURE-1'));
  assert.equal(textOf(counter, 'SignatureValidationStatus', 'MainIndication')?.split(':').at(-1), 'total-failed');
  const ids = elements(root).flatMap((element) => attributeOf(element, 'id') ?? []);
  assert.equal(new Set(ids).size, ids.length);
  const paper = await makeReportPaper(report, { locale: 'vi', origin: 'https://edutrust.example' });
  const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: paper, encoding: 'utf8' });
  assert.match(text, /Bên làm chứng cho sổ\s+mot\.example\.vn, hai\.example\.vn/u);
  assert.match(text, /Chữ ký xác nhận lên chữ ký 1: không hợp lệ[\s\S]*Người Xác Nhận/u);
  const none = await makeReportPaper(
    { ...words, signatures: [{ ...alone, log: { ...log, witnesses: [] } }] },
    { locale: 'en', origin: 'https://edutrust.example' },
  );
  assert.match(
    execFileSync('pdftotext', ['-layout', '-', '-'], { input: none, encoding: 'utf8' }),
    /none has cosigned/,
  );
});
