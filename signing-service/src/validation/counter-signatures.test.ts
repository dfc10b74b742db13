import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { parseCertificate } from '@edutrust/certs/certificate';
import { attribute, cmsOids, readCms } from '@edutrust/certs/cms';
import { integer, octetString, oid, sequence, setOf } from '@edutrust/certs/der';
import { createAuthority } from '../../testing/authority.ts';
import { validateFile } from '../../testing/both-judges.ts';
import { cadesAttributes, signCades } from '../formats/cades/sign.ts';
import { assembleCms } from '../formats/cms.ts';
import { signJades } from '../formats/jades/sign.ts';
import { exclusiveName } from '../formats/xades/names.ts';
import { buildSignature, completeXades, signXades } from '../formats/xades/sign.ts';
import { dsig } from '../formats/xml/names.ts';
import type { ValidationReport } from './report.ts';

const at = new Date('2026-05-20T08:00:00Z');
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
const authority = createAuthority();
const stranger = createAuthority();
const author = authority.official();
const colleague = authority.official();
const unknown = stranger.official();
type Who = typeof author;
const signerOf = (who: Who) => (who === unknown ? stranger : authority).signerOf(who);
const { anchors, crls } = authority;
const options = { anchors, crls, at: new Date('2026-06-01T00:00:00Z') };

/** The file's verdict and warnings, and of each counter-signature its verdict with the reason, unchanged and trusted. */
function saidOf({ verdict, signatures: [signature] }: ValidationReport) {
  return {
    verdict,
    counters: signature?.counterSignatures.map(
      (one) => `${one.verdict} ${one.reasons[0]?.code} ${one.intact} ${one.trusted}`,
    ),
    warnings: signature?.warnings.map(({ code }) => code),
  };
}

const good = 'valid passed true true';
const isBroken = { verdict: 'valid', warnings: ['counter-signature-broken'] };

describe('V18: counter-signatures are judged by themselves; the signature below them depends on none', () => {
  describe('in CMS (RFC 5652 §11.4)', () => {
    const content = Buffer.from('Hợp đồng số 12');
    const attributes = cadesAttributes({ digest: sha256(content), signingCertificate: author.certificate, at });
    const value = sign('sha256', attributes, author.key);
    const signedBy = (...unsigned: Buffer[]) => {
      const whole = assembleCms({
        signedAttributes: attributes,
        signature: value,
        certificates: [...signerOf(author).certificates, ...signerOf(colleague).certificates, unknown.certificate],
      });
      // The unsigned attributes end the SignerInfo, which ends the file: every length around them grows.
      return unsigned.length === 0 ? whole : grown(whole, unsigned);
    };
    /** Puts `[1]` unsigned attributes at the end of the one SignerInfo. */
    function grown(whole: Buffer, unsigned: readonly Buffer[]): Buffer {
      const added = Buffer.concat([Buffer.of(0xa1), setOf(...unsigned).subarray(1)]);
      const nest = (bytes: Buffer, depth: number): Buffer => {
        const first = bytes[1] ?? 0;
        const header = first < 0x80 ? 2 : 2 + (first & 0x7f);
        const inside = bytes.subarray(header);
        const last =
          depth === 0 ? Buffer.concat([inside, added]) : replaceLast(inside, (child) => nest(child, depth - 1));
        return Buffer.concat([bytes.subarray(0, 1), lengthOf(last.length), last]);
      };
      return nest(whole, 4); // ContentInfo, [0], SignedData, signerInfos, SignerInfo
    }
    function replaceLast(inside: Buffer, change: (child: Buffer) => Buffer): Buffer {
      let from = 0;
      for (let next = from; next < inside.length; ) {
        from = next;
        const first = inside[from + 1] ?? 0;
        const count = first < 0x80 ? 0 : first & 0x7f;
        const length = count === 0 ? first : inside.readUIntBE(from + 2, count);
        next = from + 2 + count + length;
      }
      return Buffer.concat([inside.subarray(0, from), change(inside.subarray(from))]);
    }
    const lengthOf = (length: number) =>
      length < 0x80 ? Buffer.of(length) : Buffer.of(0x82, length >> 8, length & 0xff);

    interface Made {
      readonly over?: Uint8Array;
      readonly others?: readonly Buffer[];
      readonly damage?: boolean;
      readonly unsigned?: readonly Buffer[];
    }
    function counter(who: Who, { over = value, others = [], damage = false, unsigned = [] }: Made = {}): Buffer {
      const { issuer, serial } = parseCertificate(who.certificate);
      const binding = sequence(sequence(sequence(octetString(sha256(who.certificate)))));
      const signed = setOf(
        attribute(cmsOids.messageDigest, octetString(sha256(over))),
        attribute(cmsOids.signingCertificateV2, binding),
        ...others,
      );
      const signature = sign('sha256', damage ? Buffer.concat([signed, Buffer.of(0)]) : signed, who.key);
      return sequence(
        integer(1),
        sequence(issuer.der, integer(serial)),
        sequence(oid('2.16.840.1.101.3.4.2.1')),
        Buffer.concat([Buffer.of(0xa0), signed.subarray(1)]),
        sequence(oid('1.2.840.10045.4.3.2')),
        octetString(signature),
        ...(unsigned.length > 0 ? [Buffer.concat([Buffer.of(0xa1), setOf(...unsigned).subarray(1)])] : []),
      );
    }
    const asAttribute = (one: Buffer) => attribute(cmsOids.counterSignature, one);
    const judge = async (...unsigned: Buffer[]) =>
      saidOf(await validateFile(signedBy(...unsigned), { ...options, content }));

    test('a good one, by a colleague or by the author, and several', async () => {
      const bytes = signedBy(asAttribute(counter(colleague)));
      assert.equal(readCms(bytes, 'none').counterSigners.length, 1);
      assert.deepEqual(await judge(asAttribute(counter(colleague))), {
        verdict: 'valid',
        counters: [good],
        warnings: [],
      });
      const two = await judge(asAttribute(counter(colleague)), asAttribute(counter(author)));
      assert.deepEqual(two.counters, [good, good]);
      assert.deepEqual((await judge()).counters, []);
    });

    test('one of another value, or with a wrong signature, is broken; the signature below it is what it was', async () => {
      const other = (await signCades(content, { at }, signerOf(colleague))).subarray(-70);
      const ofOther = await judge(asAttribute(counter(colleague, { over: other })));
      assert.deepEqual(ofOther, { ...isBroken, counters: ['invalid content-changed false true'] });
      const wrong = await judge(asAttribute(counter(colleague, { damage: true })));
      assert.deepEqual(wrong, { ...isBroken, counters: ['invalid signature-wrong false true'] });
    });

    test('one by somebody unknown is open and no fault; one that cannot be read, nested or the ninth is said to be unread', async () => {
      const { verdict, counters, warnings } = await judge(asAttribute(counter(unknown)));
      assert.deepEqual([verdict, warnings], ['valid', []]);
      assert.match(counters?.[0] ?? '', /^indeterminate (chain|revocation)-\S+ true false$/);
      const unread = { verdict: 'valid', counters: [], warnings: ['counter-signature'] };
      const typed = attribute(cmsOids.contentType, oid(cmsOids.data));
      assert.deepEqual(await judge(asAttribute(counter(colleague, { others: [typed] }))), unread);
      assert.deepEqual(await judge(asAttribute(sequence(integer(7)))), unread);
      const nested = counter(colleague, { unsigned: [asAttribute(counter(author))] });
      const report = await validateFile(signedBy(asAttribute(nested)), { ...options, content });
      const [outer] = report.signatures[0]?.counterSignatures ?? [];
      assert.deepEqual(
        [outer?.verdict, outer?.counterSignatures, outer?.warnings.map(({ code }) => code)],
        ['valid', [], ['counter-signature']],
      );
      const nine = await judge(...Array.from({ length: 9 }, () => asAttribute(counter(colleague))));
      assert.deepEqual([nine.counters?.length, nine.warnings], [8, ['counter-signature']]);
    });

    test('a good one makes nothing better: what was changed below it stays changed', async () => {
      const report = await validateFile(signedBy(asAttribute(counter(colleague))), {
        ...options,
        content: Buffer.from('Hợp đồng số 13'),
      });
      assert.deepEqual(saidOf(report), { verdict: 'invalid', counters: [good], warnings: [] });
    });
  });

  describe('in XML (ETSI EN 319 132-1 §5.2.7.2)', () => {
    const xml = Buffer.from('<hocBa nam="2025"><em Id="e1"><ten>Nguyễn Thị Ánh</ten></em></hocBa>');
    const transforms = `<ds:Transforms><ds:Transform Algorithm="${exclusiveName}"></ds:Transform></ds:Transforms>`;
    /** The canonical form of the element that is signed. */
    const canonical = (value: string) => `<ds:SignatureValue xmlns:ds="${dsig}" Id="v1">${value}</ds:SignatureValue>`;

    async function signed(
      make: (value: string) => { readonly uri: string; readonly over: string; readonly who?: Who },
      change: (counter: string) => string = (counter) => counter,
    ) {
      const file = (await signXades(xml, { at }, signerOf(author))).toString();
      const value = /<ds:SignatureValue>([^<]+)</.exec(file)?.[1] ?? '';
      const { uri, over, who = colleague } = make(value);
      const { bytes, toBeSigned } = buildSignature(
        { uri, transforms, digest: sha256(over), mediaType: 'application/octet-stream' },
        { at, certificate: who.certificate },
      );
      const { certificates } = signerOf(who);
      const counter = completeXades(bytes, {
        toBeSigned,
        signature: sign('sha256', toBeSigned, who.key),
        certificates,
      }).toString();
      const property = `<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CounterSignature>${change(counter)}</xades:CounterSignature></xades:UnsignedSignatureProperties></xades:UnsignedProperties>`;
      const whole = file.replace('<ds:SignatureValue>', '<ds:SignatureValue Id="v1">');
      const end = whole.lastIndexOf('</xades:QualifyingProperties>');
      return Buffer.from(whole.slice(0, end) + property + whole.slice(end));
    }
    const judge = async (...given: Parameters<typeof signed>) =>
      saidOf(await validateFile(await signed(...given), options));

    test('a good one over the value that it stands in', async () => {
      assert.deepEqual(await judge((value) => ({ uri: '#v1', over: canonical(value) })), {
        verdict: 'valid',
        counters: [good],
        warnings: [],
      });
    });

    test('one of another value, damaged, or over something else in the file is none', async () => {
      const another = await judge(() => ({ uri: '#v1', over: canonical('AAAA') }));
      assert.deepEqual(another, { ...isBroken, counters: ['invalid content-changed false true'] });
      const damaged = await judge(
        (value) => ({ uri: '#v1', over: canonical(value) }),
        (counter) => counter.replace(/(?<=<ds:SignatureValue>.)./, (letter) => (letter === 'A' ? 'B' : 'A')),
      );
      assert.equal(damaged.verdict, 'valid');
      assert.match(damaged.counters?.[0] ?? '', /^invalid signature-wrong/);
      const elsewhere = '<em Id="e1"><ten>Nguyễn Thị Ánh</ten></em>';
      const ofPart = await judge(() => ({ uri: '#e1', over: elsewhere }));
      assert.equal(ofPart.verdict, 'valid');
      assert.match(ofPart.counters?.[0] ?? '', /part-not-signed/);
      assert.doesNotMatch(ofPart.counters?.[0] ?? '', /^valid/);
      const twice = await judge(
        (value) => ({ uri: '#v1', over: canonical(value) }),
        (counter) => counter.replace('<ds:KeyInfo>', '<ds:KeyInfo Id="v1">'),
      );
      assert.doesNotMatch(twice.counters?.[0] ?? '', /^valid/, 'a name that two elements have');
      const empty = await judge(
        (value) => ({ uri: '#v1', over: canonical(value) }),
        () => '<ten/>',
      );
      assert.deepEqual(empty, { verdict: 'valid', counters: [], warnings: ['counter-signature'] });
    });
  });

  describe('in JSON (ETSI TS 119 182-1 §5.3.2)', () => {
    const json = Buffer.from('{"ten":"Nguyễn Thị Ánh"}');

    async function signed(make: (value: Buffer) => Promise<unknown>) {
      const jws = JSON.parse((await signJades(json, { at }, signerOf(author))).toString());
      const counter = await make(Buffer.from(jws.signature, 'base64url'));
      const property = Buffer.from(JSON.stringify({ cSig: counter })).toString('base64url');
      return Buffer.from(JSON.stringify({ ...jws, header: { etsiU: [property] } }));
    }
    const judge = async (make: (value: Buffer) => Promise<unknown>) =>
      saidOf(await validateFile(await signed(make), options));
    const over = async (value: Uint8Array, who = colleague) =>
      JSON.parse((await signJades(value, { at }, signerOf(who))).toString());

    test('a good one: as JSON, without its payload, and compact', async () => {
      const isGood = { verdict: 'valid', counters: [good], warnings: [] };
      assert.deepEqual(await judge((value) => over(value)), isGood);
      assert.deepEqual(await judge(async (value) => ({ ...(await over(value)), payload: undefined })), isGood);
      const compact = async (value: Buffer) => {
        const { protected: header, payload, signature } = await over(value);
        return `${header}.${payload}.${signature}`;
      };
      assert.deepEqual(await judge(compact), isGood);
    });

    test('one of another value or damaged is broken; one that is no signature is said to be unread', async () => {
      const another = await judge(() => over(Buffer.from('another')));
      assert.deepEqual(another, { ...isBroken, counters: ['invalid content-changed false true'] });
      const damaged = await judge(async (value) => {
        const made = await over(value);
        return { ...made, signature: (await over(Buffer.from('another'))).signature };
      });
      assert.deepEqual(damaged, { ...isBroken, counters: ['invalid signature-wrong false true'] });
      for (const none of [7, 'no signature', {}, null])
        assert.deepEqual(await judge(async () => none), {
          verdict: 'valid',
          counters: [],
          warnings: ['counter-signature'],
        });
    });
  });
});
