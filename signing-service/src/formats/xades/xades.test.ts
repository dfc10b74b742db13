import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { createAuthority, ocspResponse } from '../../../testing/authority.ts';
import { validateFile } from '../../../testing/both-judges.ts';
import { xmlsec1 } from '../../../testing/xmlsec1.ts';
import type { ValidationOptions } from '../../validation/options.ts';
import { canonicalDocument, canonicalElement, exclusive, inclusive } from '../xml/canonical.ts';
import { dsig } from '../xml/names.ts';
import { descendants, readXml } from '../xml/read.ts';
import { extendXades, xadesLongTerm } from './long-term.ts';
import { exclusiveName } from './names.ts';
import { buildSignature, canonicalXml, completeXades, prepareEnveloped, signXades } from './sign.ts';

const at = new Date('2026-05-20T08:00:00Z');
const stampedAt = new Date('2026-05-20T08:00:05Z');
const archivedAt = new Date('2026-05-21T01:00:00Z');
const now = new Date('2026-06-01T00:00:00Z');
const authority = createAuthority();
const { anchors, crls, root, people, stamping } = authority;
const who = authority.official();
const report = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- học bạ -->\n<hocBa xmlns="urn:hocba" xmlns:x="urn:x" nam="2025-2026">\r\n  <em ten="Nguyễn Thị Ánh &amp; em"><diem mon=\'Toán\'>9</diem><x:ghi><![CDATA[<tốt>]]></x:ghi></em>\n</hocBa>',
);
const status = {
  certificates: [root, people, stamping].map(({ certificate }) => certificate),
  crls: [...crls],
  ocspResponses: [ocspResponse(people, who, 'good', new Date('2026-05-20T09:00:00Z'))],
};
const options = (more: Partial<ValidationOptions> = {}): ValidationOptions => ({ anchors, crls, at: now, ...more });
const judge = async (file: Uint8Array, more: Partial<ValidationOptions> = {}) => {
  const found = await validateFile(file, options(more));
  return { ...found, levels: found.signatures.map(({ level }) => level), code: found.reasons[0]?.code };
};
const stamped = authority.signerOf(who, stampedAt);
const detached = { name: 'quyết định.docx', mediaType: 'application/octet-stream' };

describe('XAdES (ETSI EN 319 132-1)', () => {
  test('V17: enveloped, B-B to B-LTA, each as it is judged; the archive needs no list from outside', async () => {
    const basic = await signXades(report, { at }, authority.signerOf(who));
    const timed = await signXades(report, { at }, stamped);
    const kept = await extendXades(timed, status);
    const archived = await xadesLongTerm.extend(timed, status, authority.stampAt(archivedAt));
    for (const [file, level, lists] of [
      [basic, 'B-B', crls],
      [timed, 'B-T', crls],
      [kept, 'B-LT', []],
      [archived, 'B-LTA', []],
    ] as const) {
      const { verdict, signatures, reasons } = await judge(file, { crls: lists });
      const [first] = signatures;
      assert.deepEqual(
        [verdict, first?.level, first?.format, first?.coverage, first?.intact, first?.trusted],
        ['valid', level, 'XAdES', 'whole', true, true],
        JSON.stringify(reasons),
      );
      assert.equal(first?.time.claimed, at.toISOString());
      if (level !== 'B-B') assert.equal(first?.time.proven, stampedAt.toISOString());
    }
    const again = await xadesLongTerm.extend(archived, status, authority.stampAt(now));
    assert.deepEqual([(await judge(again, { crls: [] })).levels], [['B-LTA']]);
  });

  test('an archive of what signs an object inside itself is over that object, too (§5.5.2.2), as EU DSS makes and reads it', async () => {
    const object = `<ds:Object xmlns:ds="${dsig}" Id="o"><em>9</em></ds:Object>`;
    const uri = '#o';
    const transforms = `<ds:Transforms><ds:Transform Algorithm="${exclusiveName}"></ds:Transform></ds:Transforms>`;
    const reference = { uri, transforms, digest: createHash('sha256').update(object).digest(), mediaType: 'text/xml' };
    const built = buildSignature(reference, { at, certificate: who.certificate });
    const [signedInfo] = readXml(built.bytes).root.children;
    assert.ok(signedInfo?.kind === 'element');
    const toBeSigned = canonicalElement(signedInfo, exclusive);
    const parts = { toBeSigned, signature: await stamped.sign(toBeSigned), certificates: stamped.certificates };
    const file = completeXades(built.bytes, parts).toString().replace('</ds:Signature>', `${object}</ds:Signature>`);
    const asked: Buffer[] = [];
    const archived = await extendXades(Buffer.from(file), status, {
      timeStamp: (digest) => {
        asked.push(digest);
        return authority.stampAt(archivedAt)(digest);
      },
    });
    const elements = [...descendants(readXml(archived).root)];
    const of = (name: string) => {
      const found = elements.find(({ local }) => local === name);
      return found ? canonicalElement(found, exclusive) : Buffer.of();
    };
    const names = [
      'SignedProperties',
      'SignedInfo',
      'SignatureValue',
      'KeyInfo',
      'CertificateValues',
      'RevocationValues',
    ];
    const whole = Buffer.concat([Buffer.from(object), ...names.map(of), Buffer.from(object)]);
    assert.deepEqual(asked, [createHash('sha256').update(whole).digest()]);
    assert.deepEqual((await judge(archived, { crls: [] })).levels, ['B-LTA']);
  });

  test('several sign the same document, one after another and after an archive; each covers all of it', async () => {
    const second = authority.official();
    const once = await xadesLongTerm.extend(
      await signXades(report, { at }, stamped),
      status,
      authority.stampAt(archivedAt),
    );
    const twice = await signXades(once, { at }, authority.signerOf(second, stampedAt));
    const { verdict, signatures } = await judge(twice);
    assert.deepEqual(
      [verdict, signatures.map(({ coverage, level }) => [coverage, level])],
      [
        'valid',
        [
          ['whole', 'B-LTA'],
          ['whole', 'B-T'],
        ],
      ],
    );
    const lost = await judge(Buffer.from(twice.toString().replace('>9<', '>4<')));
    assert.deepEqual([lost.verdict, lost.signatures.map(({ intact }) => intact)], ['invalid', [false, false]]);
  });

  test('the digest that is signed is one over the very bytes of the file without its signatures', async () => {
    const file = canonicalXml(report);
    const { digest, prepared } = prepareEnveloped(file, { at, certificate: who.certificate });
    assert.deepEqual(digest, createHash('sha256').update(file).digest());
    const bare = prepared.toString().replace(/<ds:Signature .*<\/ds:Signature>/su, '');
    assert.equal(bare, file.toString());
    assert.ok(!file.includes('<!--'), 'nothing stands in it that is not signed');
  });

  test('detached: with the file that it signs, and nothing is said without it', async () => {
    const content = Buffer.from('bất cứ tệp nào\r\n');
    const signature = await signXades(content, { at, detached }, stamped);
    assert.deepEqual([(await judge(signature, { content })).verdict], ['valid']);
    const without = await judge(signature);
    assert.deepEqual(
      [without.verdict, without.code, without.signatures[0]?.intact],
      ['indeterminate', 'content-missing', null],
    );
    const other = await judge(signature, { content: Buffer.from('another') });
    assert.deepEqual([other.verdict, other.code], ['invalid', 'content-changed']);
    const archived = await extendXades(signature, status, {
      timeStamp: authority.stampAt(archivedAt),
      fileOf: () => content,
    });
    assert.deepEqual((await judge(archived, { content, crls: [] })).levels, ['B-LTA']);
  });

  test('XML that nobody signed is unsigned; what is no XML is no file of ours', async () => {
    assert.equal((await judge(report)).verdict, 'unsigned');
    await assert.rejects(judge(Buffer.from('<!DOCTYPE html><html></html>')), { code: 'verify/not-a-pdf' });
    await assert.rejects(judge(Buffer.from('hello')), { code: 'verify/not-a-pdf' });
  });

  test('E3: whatever the bytes are, XML is read in one way or refused; its canonical form is its own', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), xml()), (text) => {
        let read: ReturnType<typeof readXml>;
        try {
          read = readXml(Buffer.from(text));
        } catch (error) {
          assert.match((error as Error).constructor.name, /^(?:MalformedXml|XmlBeyondLimits)$/u);
          return;
        }
        for (const method of [inclusive, exclusive]) {
          const once = canonicalDocument(read, method);
          assert.deepEqual(canonicalDocument(readXml(once), method), once);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('xmlsec1 verifies each level that we make, detached, several signers, and documents of every kind', async () => {
    const timed = await signXades(report, { at }, stamped);
    const archived = await xadesLongTerm.extend(timed, status, authority.stampAt(archivedAt));
    const twice = await signXades(timed, { at }, authority.signerOf(authority.official(), stampedAt));
    const others = await Promise.all(
      fc
        .sample(xml(), { numRuns: 40, seed: 7 })
        .map((text) => signXades(Buffer.from(text), { at }, authority.signerOf(who))),
    );
    for (const file of [timed, archived, twice, ...others]) xmlsec1(file, root.certificate, { at });
    assert.throws(() => xmlsec1(Buffer.from(timed.toString().replace('>9<', '>4<')), root.certificate, { at }));
    const content = Buffer.from('bất cứ tệp nào\r\n');
    const name = { name: 'a.txt', mediaType: 'text/plain' };
    xmlsec1(await signXades(content, { at, detached: name }, stamped), root.certificate, {
      at,
      beside: { 'a.txt': content },
    });
  });
});

/** Documents with namespaces that come, go and are taken back, odd characters, attributes in any order. */
function xml(): fc.Arbitrary<string> {
  const text = fc.string({
    unit: fc.constantFrom('a', 'ệ', '&amp;', '&#13;', '&#9;', '&gt;', ' ', '\n', '\r\n', '😀', '\t'),
    maxLength: 6,
  });
  const attributes = fc.uniqueArray(fc.constantFrom('z', 'b', 'p:b', 'q:a', 'xml:lang', 'id'), { maxLength: 4 });
  const declarations = fc.uniqueArray(
    fc.constantFrom('xmlns="urn:d"', 'xmlns=""', 'xmlns:p="urn:z"', 'xmlns:q="urn:a"'),
    {
      maxLength: 3,
      selector: (one) => one.split('=')[0],
    },
  );
  const { node } = fc.letrec<{ node: string }>((tie) => ({
    node: fc
      .record({
        name: fc.constantFrom('a', 'p:a', 'q:b', 'c'),
        attributes: attributes.chain((names) =>
          fc.tuple(...names.map((name) => text.map((value) => `${name}="${value}"`))),
        ),
        declarations,
        children: fc.array(
          fc.oneof(
            { depthSize: 'small', withCrossShrink: true },
            text,
            fc.constantFrom('<?p x?>', '<!-- c -->', '<![CDATA[<]]>'),
            tie('node'),
          ),
          { maxLength: 3 },
        ),
      })
      .map(
        ({ name, attributes: some, declarations: declared, children }) =>
          `<${[name, ...some, ...declared].join(' ')}>${children.join('')}</${name}>`,
      ),
  }));
  return node.map((inner) => `<r xmlns:p="urn:p" xmlns:q="urn:q">${inner}</r>`);
}
