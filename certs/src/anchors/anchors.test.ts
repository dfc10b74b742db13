import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { testAuthority, testCertificate } from '../../testing/certificate.ts';
import { trustMaterial } from '../authority/authority.ts';
import { encodeName, type NameAttribute, parseCertificate, toPem } from '../certificate/certificate.ts';
import { migrations } from '../migrations.ts';
import { validatePath } from '../path/path.ts';
import { type AnchorRequest, addAnchor, endAnchor } from './anchors.ts';

const actor = { kind: 'system', name: 'test' } as const;
const year = (number: number) => new Date(`${number}-06-01T00:00:00Z`);
const subject = (organisation: string): NameAttribute[] => [
  ['country', 'VN'],
  ['organisation', organisation],
  ['commonName', 'Người Ký'],
];
const lasting = { notBefore: year(2024), notAfter: year(2040) };
const root = testAuthority('Gốc của người khác', undefined, lasting);
const leafOf = (organisation: string) => testCertificate(root, { subject: subject(organisation), ...lasting });

async function world() {
  const context = await testContext({ migrations: [migrations] });
  const request: AnchorRequest = {
    name: 'CA công cộng',
    certificatePem: toPem(root.certificate),
    purposes: ['documents'],
    from: null,
    until: null,
    permittedNames: [],
  };
  return {
    context,
    add: (changes: Partial<AnchorRequest> = {}) =>
      context.db.transaction().execute((tx) => addAnchor(tx, { ...request, ...changes }, actor)),
    end: (id: string) => context.db.transaction().execute((tx) => endAnchor(tx, id, new Date(), actor)),
    judge: async (organisation: string, at: Date, purpose: 'documents' | 'time-stamps' = 'documents') => {
      const trust = await trustMaterial(context);
      const anchors = purpose === 'documents' ? trust.anchors : trust.timeStampAnchors;
      const verdict = validatePath({ leaf: leafOf(organisation), anchors, at });
      return verdict.verdict === 'valid' ? 'valid' : verdict.refused.code;
    },
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  };
}

test('nothing of others is trusted by default; an added root is, for its purpose, until it is ended', async () => {
  await using here = await world();
  assert.equal(await here.judge('Sở', year(2026)), 'no-path');
  const id = await here.add();
  assert.equal(await here.judge('Sở', year(2026)), 'valid');
  assert.equal(await here.judge('Sở', year(2026), 'time-stamps'), 'no-path');
  await assert.rejects(here.add(), { code: 'anchors/exists' });
  await here.end(id);
  assert.equal(await here.judge('Sở', year(2026)), 'no-path');
  await assert.rejects(here.end(id), { code: 'anchors/not-found' });
  await here.add({ purposes: ['time-stamps'] });
  assert.equal(await here.judge('Sở', year(2026), 'time-stamps'), 'valid');
});

test('dates and names limit what a root is trusted for, at the time that is asked about', async () => {
  await using here = await world();
  const id = await here.add({ from: year(2025), until: year(2027) });
  assert.equal(await here.judge('Sở', new Date('2025-01-01')), 'not-yet-valid');
  assert.equal(await here.judge('Sở', year(2026)), 'valid');
  assert.equal(await here.judge('Sở', new Date('2028-01-01')), 'expired');
  await here.end(id);
  await here.add({ permittedNames: ['C=VN, O=Ban Cơ yếu Chính phủ', 'C=VN, O=Sở Y tế'] });
  assert.equal(await here.judge('Ban Cơ yếu Chính phủ', year(2026)), 'valid');
  assert.equal(await here.judge('Sở Y tế', year(2026)), 'valid');
  assert.equal(await here.judge('Ai khác', year(2026)), 'name-constraints');
});

test('what is no root, or not readable, is refused with a sentence', async () => {
  await using here = await world();
  const bad: readonly (readonly [Partial<AnchorRequest>, string])[] = [
    [{ certificatePem: 'không phải PEM' }, 'anchors/bad-certificate'],
    [{ certificatePem: toPem(leafOf('Sở')) }, 'anchors/bad-certificate'],
    [{ certificatePem: toPem(root.certificate).repeat(2) }, 'anchors/bad-certificate'],
    [{ certificatePem: toPem(root.certificate.subarray(0, 60)) }, 'anchors/bad-certificate'],
    [{ permittedNames: ['Ban Cơ yếu'] }, 'anchors/bad-name'],
    [{ permittedNames: ['C=Việt Nam'] }, 'anchors/bad-name'],
    [{ from: year(2027), until: year(2026) }, 'anchors/bad-dates'],
  ];
  for (const [changes, code] of bad) await assert.rejects(here.add(changes), { code });
  assert.equal((await trustMaterial(here.context)).anchors.length, 0);
});

test('another root of the same name does not profit from the one that is trusted', async () => {
  await using here = await world();
  await here.add();
  const impostor = testAuthority('x', undefined, { subject: encodeName(parseSubject()), ...lasting });
  const leaf = testCertificate(impostor, { subject: subject('Sở'), ...lasting });
  const { anchors } = await trustMaterial(here.context);
  const verdict = validatePath({ leaf, anchors, untrusted: [impostor.certificate], at: year(2026) });
  assert.notEqual(verdict.verdict, 'valid');
});

function parseSubject(): NameAttribute[] {
  const { attributes } = parseCertificate(root.certificate).subject;
  assert.equal(attributes.length, 2);
  return [
    ['country', 'VN'],
    ['commonName', 'Gốc của người khác'],
  ];
}
