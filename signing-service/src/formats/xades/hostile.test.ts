import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { createAuthority, ocspResponse } from '../../../testing/authority.ts';
import { validateFile } from '../../../testing/both-judges.ts';
import { canonicalElement, exclusive } from '../xml/canonical.ts';
import { dsig } from '../xml/names.ts';
import { readXml } from '../xml/read.ts';
import { extendXades } from './long-term.ts';
import { exclusiveName, filterName, notASignature, xpathName } from './names.ts';
import { buildSignature, completeXades, type SignedReference, signXades } from './sign.ts';

/** V4: XML that somebody made to be read in two ways, or to have another text pass for the signed one. */

const at = new Date('2026-05-20T08:00:00Z');
const now = new Date('2026-06-01T00:00:00Z');
const authority = createAuthority();
const { anchors, crls, people } = authority;
const who = authority.official();
const signer = authority.signerOf(who, new Date('2026-05-20T08:00:05Z'));
const report = '<hocBa nam="2025"><em Id="e1"><ten>Nguyễn Thị Ánh</ten><diem>9</diem></em></hocBa>';
const good = (await signXades(Buffer.from(report), { at }, signer)).toString();
const signature = good.slice(good.indexOf('<ds:Signature '), good.indexOf('</hocBa>'));

async function judge(file: string | Buffer, content?: Buffer) {
  const found = await validateFile(Buffer.from(file), { anchors, crls, at: now, ...(content ? { content } : {}) });
  const codes = [
    ...new Set([...found.reasons, ...found.signatures.flatMap(({ reasons }) => reasons)].map(({ code }) => code)),
  ];
  return { ...found, codes };
}

/** A signature by the official's own key over whatever reference an attacker would like. */
async function signed(
  { uri = '', transforms = '', octets = '' }: { uri?: string; transforms?: string; octets?: string | Buffer },
  change = (text: string) => text,
): Promise<string> {
  const reference: SignedReference = {
    uri,
    transforms,
    digest: createHash('sha256').update(octets).digest(),
    mediaType: 'text/xml',
  };
  const built = buildSignature(reference, { at, certificate: who.certificate });
  const changed = Buffer.from(change(built.bytes.toString()));
  const [signedInfo] = readXml(changed).root.children;
  assert.ok(signedInfo?.kind === 'element');
  const toBeSigned = canonicalElement(signedInfo, exclusive);
  const value = await signer.sign(toBeSigned);
  return completeXades(changed, { toBeSigned, signature: value, certificates: signer.certificates }).toString();
}

const transforms = (inner: string) => `<ds:Transforms>${inner}</ds:Transforms>`;
const exclusively = transforms(`<ds:Transform Algorithm="${exclusiveName}"></ds:Transform>`);
const xpath = (expression: string, namespace = dsig) =>
  transforms(
    `<ds:Transform Algorithm="${xpathName}"><ds:XPath xmlns:ds="${namespace}">${expression}</ds:XPath></ds:Transform>`,
  );
const pupil = '<em Id="e1"><ten>Nguyễn Thị Ánh</ten><diem>9</diem></em>';
const forged = '<em><ten>Nguyễn Thị Ánh</ten><diem>10</diem></em>';
const whole = (inner: string) => `<hocBa>${inner}</hocBa>`;

type Case = readonly [name: string, file: () => string | Buffer | Promise<string | Buffer>, code: string];

const wrapping: readonly Case[] = [
  [
    'the signed document inside another, the signature outside',
    () => `<goi>${good.replace(signature, '')}${signature}</goi>`,
    'content-changed',
  ],
  [
    'the signed document inside another, with its signature',
    () => `<goi><diem>10</diem>${good}</goi>`,
    'content-changed',
  ],
  [
    'a signed part, moved beside a forged one',
    async () =>
      whole(`${forged}<cu>${pupil}</cu>${await signed({ uri: '#e1', transforms: exclusively, octets: pupil })}`),
    'part-not-signed',
  ],
  [
    'a signed part in an object of the signature, a forged one in its place',
    async () =>
      whole(
        forged +
          (await signed({ uri: '#e1', transforms: exclusively, octets: pupil })).replace(
            '</ds:Signature>',
            `<ds:Object>${pupil}</ds:Object></ds:Signature>`,
          ),
      ),
    'reference-refused',
  ],
  [
    'a signed object of the signature, a forged document around',
    async () => {
      const object = `<ds:Object xmlns:ds="${dsig}" Id="o">${pupil}</ds:Object>`;
      return whole(
        forged +
          (await signed({ uri: '#o', transforms: exclusively, octets: object })).replace(
            '</ds:Signature>',
            `${object}</ds:Signature>`,
          ),
      );
    },
    'part-not-signed',
  ],
  [
    'two elements of one name',
    async () =>
      whole(
        `${pupil}${pupil.replace('9', '10')}${await signed({ uri: '#e1', transforms: exclusively, octets: pupil })}`,
      ),
    'reference-refused',
  ],
  [
    'one name in two kinds of attribute',
    async () =>
      whole(
        `${pupil}${pupil.replace('9', '10').replace('Id=', 'xml:id=')}${await signed({ uri: '#e1', transforms: exclusively, octets: pupil })}`,
      ),
    'reference-refused',
  ],
  [
    'text hidden in what looks like a signature',
    () =>
      good.replace('<diem>9</diem>', `<ds:Signature xmlns:ds="${dsig}"><diem>10</diem></ds:Signature><diem>9</diem>`),
    'xml-signature-malformed',
  ],
  [
    'an object that nobody signed inside the signature',
    () => good.replace('</ds:Signature>', `<ds:Object>${forged}</ds:Object></ds:Signature>`),
    'part-not-signed',
  ],
  [
    'a signature that signs the document without any document',
    async () => signed({ transforms: xpath(notASignature) }),
    'part-not-signed',
  ],
  [
    'a style sheet put before a signed root',
    async () => {
      const root = `<hocBa Id="r">${pupil}</hocBa>`;
      const made = await signed({
        uri: '#r',
        transforms: transforms(
          `<ds:Transform Algorithm="${dsig}enveloped-signature"></ds:Transform><ds:Transform Algorithm="${exclusiveName}"></ds:Transform>`,
        ),
        octets: root,
      });
      const file = root.replace('</hocBa>', `${made}</hocBa>`);
      assert.equal((await judge(file)).verdict, 'valid', 'without it the signature is good');
      return `<?xml-stylesheet href="evil.xsl"?>${file}`;
    },
    'part-not-signed',
  ],
  ['a style sheet put before a signed document', () => `<?xml-stylesheet href="evil.xsl"?>${good}`, 'content-changed'],
];

const reading: readonly Case[] = [
  ['a document type', () => `<!DOCTYPE hocBa>${good}`, 'verify/not-a-pdf'],
  [
    'a document type behind the declaration',
    () => `<?xml version="1.0"?><!DOCTYPE hocBa [<!ATTLIST diem he CDATA "2">]>${good}`,
    'xml-malformed',
  ],
  [
    'an entity',
    () => `<?xml version="1.0"?><!DOCTYPE hocBa [<!ENTITY d "10">]>${good.replace('>9<', '>&d;<')}`,
    'xml-malformed',
  ],
  [
    'an entity that is a file',
    () =>
      `<?xml version="1.0"?><!DOCTYPE hocBa [<!ENTITY d SYSTEM "file:///etc/passwd">]>${good.replace('>9<', '>&d;<')}`,
    'xml-malformed',
  ],
  [
    'entities that expand without end',
    () => `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>`,
    'xml-malformed',
  ],
  [
    'a comment that cuts a text in two',
    () => good.replace('Nguyễn Thị Ánh', 'Nguyễn Thị<!-- --> Ánh'),
    'xml-malformed',
  ],
  ['UTF-16', () => Buffer.from(`\uFEFF${good}`, 'utf16le'), 'verify/not-a-pdf'],
  ['another encoding declared', () => `<?xml version="1.0" encoding="windows-1258"?>${good}`, 'xml-malformed'],
  [
    'bytes that are no UTF-8',
    () => Buffer.concat([Buffer.from(good.slice(0, 30)), Buffer.of(0xc3, 0x28), Buffer.from(good.slice(30))]),
    'xml-malformed',
  ],
  ['a second root', () => `${good}<hocBa/>`, 'xml-malformed'],
  ['an attribute twice', () => good.replace('nam="2025"', 'nam="2025" nam="2026"'), 'xml-malformed'],
  ['a depth that ends programs', () => `<a>${'<b>'.repeat(50_000)}`, 'beyond-limits'],
  [
    'a hundred thousand attributes',
    () => `<a ${Array.from({ length: 100_000 }, (_, index) => `a${index}="1"`).join(' ')}/>`,
    'beyond-limits',
  ],
  ['a thousand signatures', () => good.replace('</hocBa>', `${signature.repeat(1_000)}</hocBa>`), 'beyond-limits'],
];

const references: readonly Case[] = [
  [
    'a reference to a file of the machine',
    async () => signed({ uri: 'file:///etc/passwd', octets: 'x' }),
    'content-missing',
  ],
  ['a reference to an address', async () => signed({ uri: 'http://127.0.0.1/x', octets: 'x' }), 'content-missing'],
  [
    'an XPath that leaves the marks out',
    async () =>
      whole(pupil + (await signed({ transforms: xpath('not(ancestor-or-self::diem)'), octets: '<hocBa></hocBa>' }))),
    'reference-refused',
  ],
  [
    'the known XPath, its prefix for something else',
    async () => whole(pupil + (await signed({ transforms: xpath(notASignature, 'urn:x'), octets: whole(pupil) }))),
    'reference-refused',
  ],
  [
    'a filter that takes the marks away',
    async () =>
      whole(
        pupil +
          (await signed({
            transforms: transforms(
              `<ds:Transform Algorithm="${filterName}"><f:XPath xmlns:f="${filterName}" Filter="subtract">//diem | /descendant::ds:Signature</f:XPath></ds:Transform>`,
            ),
            octets: whole(pupil),
          })),
      ),
    'reference-refused',
  ],
  [
    'a transform by a style sheet',
    async () =>
      whole(
        pupil +
          (await signed({
            transforms: transforms(
              '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform>',
            ),
            octets: whole(pupil),
          })),
      ),
    'reference-refused',
  ],
  [
    'a pointer that is an expression',
    async () => whole(pupil + (await signed({ uri: '#xpointer(/)', octets: whole(pupil) }))),
    'reference-refused',
  ],
  [
    'sixty-five references',
    async () =>
      whole(
        pupil +
          (await signed({ transforms: xpath(notASignature), octets: whole(pupil) }, (text) =>
            text.replace(
              '</ds:SignedInfo>',
              `${/<ds:Reference Id.*?<\/ds:Reference>/su.exec(text)?.[0].repeat(64)}</ds:SignedInfo>`,
            ),
          )),
      ),
    'xml-signature-malformed',
  ],
  [
    'properties that no reference is over',
    async () =>
      whole(
        pupil +
          (await signed({ transforms: xpath(notASignature), octets: whole(pupil) }, (text) =>
            text.replace(/<ds:Reference Type.*?<\/ds:Reference>/su, ''),
          )),
      ),
    'xml-signature-malformed',
  ],
  [
    'words between the parts of a signature',
    () => good.replace('<ds:SignatureValue', 'Điểm: 10<ds:SignatureValue'),
    'xml-signature-malformed',
  ],
  [
    'properties of another signature',
    () => good.replace(/Target="#[^"]*"/u, 'Target="#other"'),
    'xml-signature-malformed',
  ],
  [
    'properties in a second place',
    () =>
      good.replace(
        '<ds:Object>',
        '<ds:Object><xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"></xades:QualifyingProperties></ds:Object><ds:Object>',
      ),
    'xml-signature-malformed',
  ],
  [
    'another time in the signed properties',
    () => good.replace('2026-05-20T08:00:00Z', '2026-05-19T08:00:00Z'),
    'content-changed',
  ],
];

const values: readonly Case[] = [
  [
    'a digest by SHA-1',
    async () =>
      whole(
        pupil +
          (await signed({ transforms: xpath(notASignature), octets: whole(pupil) }, (text) =>
            text.replace(/(<ds:Reference Id.*?)http:\/\/www.w3.org\/2001\/04\/xmlenc#sha256/su, `$1${dsig}sha1`),
          )),
      ),
    'algorithm-refused',
  ],
  [
    'a signature by SHA-1',
    async () =>
      whole(
        pupil +
          (await signed({ transforms: xpath(notASignature), octets: whole(pupil) }, (text) =>
            text.replace('#ecdsa-sha256', '#ecdsa-sha1'),
          )),
      ),
    'algorithm-refused',
  ],
  [
    'a code of a shared key, for which the certificate would be it',
    async () =>
      whole(
        pupil +
          (await signed({ transforms: xpath(notASignature), octets: whole(pupil) }, (text) =>
            text.replace('#ecdsa-sha256', '#hmac-sha256'),
          )),
      ),
    'algorithm-refused',
  ],
  [
    'comments in what is signed',
    async () =>
      whole(
        pupil +
          (await signed({ transforms: xpath(notASignature), octets: whole(pupil) }, (text) =>
            text.replace(
              `CanonicalizationMethod Algorithm="${exclusiveName}"`,
              `CanonicalizationMethod Algorithm="${exclusiveName}WithComments"`,
            ),
          )),
      ),
    'xml-signature-malformed',
  ],
  [
    'a value of zeros',
    () => good.replace(/(<ds:SignatureValue>)[^<]*/u, `$1${Buffer.alloc(64).toString('base64')}`),
    'signature-wrong',
  ],
  ['no value', () => good.replace(/(<ds:SignatureValue>)[^<]*/u, '$1'), 'signature-wrong'],
  [
    'another certificate of the same name',
    () => good.replace(/(<ds:X509Certificate>)[^<]*/u, `$1${authority.official().certificate.toString('base64')}`),
    'signer-mismatch',
  ],
  ['no certificate', () => good.replace(/<ds:X509Data>.*<\/ds:X509Data>/su, ''), 'signer-not-found'],
  [
    'a certificate of a stranger',
    async () => {
      const stranger = createAuthority();
      return signXades(Buffer.from(report), { at }, stranger.signerOf(stranger.official()));
    },
    'chain-refused',
  ],
];

describe('hostile XML', () => {
  test('the file that the attacks start from is good', async () => assert.equal((await judge(good)).verdict, 'valid'));
  for (const [name, file, code] of [...wrapping, ...reading, ...references, ...values])
    test(`V4: ${name} is not valid`, async () => {
      const { verdict, codes, signatures } = await judge(await file()).catch((error: { code?: string }) => ({
        verdict: 'unread' as const,
        codes: [error.code],
        signatures: [],
      }));
      if (code === 'part-not-signed')
        assert.ok(
          signatures.every(({ intact }) => intact !== true),
          'nor called unchanged',
        );
      assert.ok(verdict !== 'valid' && verdict !== 'unsigned', JSON.stringify([verdict, codes]));
      assert.ok(codes.includes(code as never), JSON.stringify([verdict, codes]));
    });

  test('V4: a time stamp of another signature proves nothing, and so does an archive that leaves the lists out', async () => {
    const other = (await signXades(Buffer.from(report), { at }, signer)).toString();
    const stamp = /<xades:SignatureTimeStamp>.*<\/xades:SignatureTimeStamp>/su;
    const stolen = await judge(good.replace(stamp, stamp.exec(other)?.[0] ?? ''));
    assert.deepEqual(
      [stolen.signatures[0]?.level, stolen.signatures[0]?.time.problem?.code],
      ['B-B', 'time-stamp-wrong'],
    );
    const bare = await extendXades(
      Buffer.from(good),
      {},
      { timeStamp: authority.stampAt(new Date('2026-05-21T00:00:00Z')) },
    );
    const ocspResponses = [ocspResponse(people, who, 'good', new Date('2026-05-20T09:00:00Z'))];
    const later = await extendXades(bare, { crls: [...crls], ocspResponses });
    assert.deepEqual((await judge(later)).signatures[0]?.level, 'B-LT');
  });
});
