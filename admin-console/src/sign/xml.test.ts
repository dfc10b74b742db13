import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestOfPrepared } from './prepared.ts';
import { signsDocument } from './xml.ts';

const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const marks = '<diem lop="6A"><em ten="Ánh">9</em></diem>';
const block = (id = 's1', inner = '') =>
  `<ds:Signature xmlns:ds="${dsig}" Id="${id}"><ds:SignedInfo></ds:SignedInfo>${inner}</ds:Signature>`;
const withBlocks = (...blocks: readonly string[]) => marks.replace('</diem>', `${blocks.join('')}</diem>`);
const sha256 = (text: string) => createHash('sha256').update(text);
const digestOf = (text: string) => digestOfPrepared(Uint8Array.from(Buffer.from(text)));

test('V15: of XML the phone computes the digest of all but the signatures at its end', async () => {
  for (const file of [withBlocks(block()), withBlocks(block(), block('s2'))])
    assert.equal(await digestOf(file), sha256(marks).digest('hex'));
});

test('V15: XML in which something stands beside what is signed is refused, or is another document', async (t) => {
  const cases: readonly [string, string][] = [
    ['no signature', marks],
    ['a signature before the text', marks.replace('<em', `${block()}<em`)],
    ['text between two signatures', withBlocks(block(), '<em>10</em>', block('s2'))],
    ['text behind the signature', withBlocks(block(), '<em>10</em>')],
    ['text behind the root', `${withBlocks(block())}<!-- -->`],
    ['a signature inside one', withBlocks(block('s1', block('s2')))],
    ['a signature of another prefix', withBlocks(`<x:Signature xmlns:x="${dsig}"></x:Signature>`, block())],
    ['bytes that are no text', Buffer.concat([Buffer.from('<a>'), Buffer.of(0xff)]).toString('latin1')],
  ];
  for (const [name, file] of cases)
    await t.test(name, async () => assert.notEqual(await digestOf(file), sha256(marks).digest('hex')));
});

test('V15: the bytes that the key signs are over the whole document and this digest, or nothing is signed', () => {
  const digest = sha256(marks);
  const [hex, base64] = [digest.copy().digest('hex'), digest.digest('base64')];
  const info = `<ds:SignedInfo xmlns:ds="${dsig}"><ds:Reference Id="c" URI=""><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform><ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>${base64}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
  const signs = (text: string) => signsDocument(Buffer.from(text), hex);
  assert.ok(signs(info));
  for (const other of [
    info.replace(base64, sha256('another').digest('base64')),
    info.replace('URI=""', 'URI="#part"'),
    info.replace('::ds:Signature)', '::ds:Signature) and not(ancestor-or-self::diem)'),
    info.replace('xmlenc#sha256', 'xmldsig-more#md5'),
    `<x>${info}</x>`,
  ])
    assert.ok(!signs(other), other);
});
