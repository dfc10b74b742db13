import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseCertificate } from '@edutrust/certs/certificate';
import {
  archiveCover,
  assembleSignedData,
  attribute,
  cmsOids,
  extendSignedData,
  readCms,
  withHashIndex,
} from '@edutrust/certs/cms';
import { childrenOf, explicit, integer, octetString, oid, readDer, sequence, setOf, tag } from '@edutrust/certs/der';
import { createAuthority, ocspResponse, revocationList } from '../../../testing/authority.ts';
import { sampledJudge, validateFile } from '../../../testing/both-judges.ts';
import type { ValidationOptions } from '../../validation/options.ts';
import { addCadesValidationData, archiveCades, cadesLongTerm } from './long-term.ts';
import { cadesAttributes, signCades } from './sign.ts';

const at = new Date('2026-05-20T08:00:00Z');
const stampedAt = new Date('2026-05-20T08:00:05Z');
const archivedAt = new Date('2026-05-21T01:00:00Z');
const now = new Date('2026-06-01T00:00:00Z');
const content = Buffer.from('Hợp đồng số 12, bất cứ tệp nào cũng ký được.\n'.repeat(50), 'utf8');

const authority = createAuthority();
const { anchors, crls, root, people, stamping } = authority;
const who = authority.official();
const signer = authority.signerOf(who, stampedAt);
const options = (more: Partial<ValidationOptions> = {}): ValidationOptions => ({
  anchors,
  crls,
  at: now,
  content,
  ...more,
});
/** Revocation data of every certificate in the chain and of the time stamps'. */
const status = {
  certificates: [root, people, stamping].map(({ certificate }) => certificate),
  crls: [...crls],
  ocspResponses: [ocspResponse(people, who, 'good', new Date('2026-05-20T09:00:00Z'))],
};
const levels = {
  'B-B': () => signCades(content, { at }, authority.signerOf(who)),
  'B-T': () => signCades(content, { at }, signer),
  'B-LT': async () => addCadesValidationData(await signCades(content, { at }, signer), status),
  'B-LTA': async () =>
    cadesLongTerm.extend(await signCades(content, { at }, signer), status, authority.stampAt(archivedAt)),
} as const;
const names = Object.keys(levels) as (keyof typeof levels)[];

describe('CAdES (ETSI EN 319 122-1)', () => {
  for (const level of names) {
    test(`V17: ${level} is made and judged as ${level}; the file tells its own status from B-LT on`, async () => {
      const cms = await levels[level]();
      const inFile = level.startsWith('B-LT');
      const report = await validateFile(cms, options(inFile ? { crls: [] } : {}));
      assert.equal(report.verdict, 'valid', JSON.stringify(report.reasons));
      const [signature] = report.signatures;
      assert.deepEqual(
        [signature?.format, signature?.level, signature?.intact, signature?.trusted, signature?.time.claimed],
        ['CAdES', level, true, true, at.toISOString()],
      );
      assert.equal(signature?.signer?.name, 'Trần Thị Bích Phượng');
      assert.equal(signature?.time.proven, level === 'B-B' ? null : stampedAt.toISOString());
    });
  }

  test('enveloping, the content comes along; another file beside it is not what was signed', async () => {
    const cms = await signCades(content, { at, packaging: 'enveloping' }, signer);
    const { content: _, ...alone } = options();
    assert.equal((await validateFile(cms, alone)).verdict, 'valid');
    assert.equal((await validateFile(cms, options())).verdict, 'valid');
    const { verdict, signatures } = await validateFile(cms, options({ content: Buffer.from('another') }));
    assert.deepEqual([verdict, signatures[0]?.intact], ['invalid', false]);
  });

  test('without the file that it signs nothing is said of a detached signature', async () => {
    const { content: _, ...alone } = options();
    const { verdict, signatures, reasons } = await validateFile(await levels['B-T'](), alone);
    assert.deepEqual([verdict, signatures[0]?.intact, reasons[0]?.code], ['indeterminate', null, 'content-missing']);
  });

  test('V4: each of 200 flipped bytes of a B-LTA signature, and of its content, shows or changes nothing signed', async () => {
    const cms = await levels['B-LTA']();
    const { encoded } = readCms(cms, 'none');
    const signedAt = cms.indexOf(encoded.signer.subarray(0, 200));
    const judge = sampledJudge();
    for (let step = 0; step < 200; step++) {
      const index = Math.floor((step * cms.length) / 200);
      const flipped = Buffer.from(cms);
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (step % 8));
      const { verdict, signatures } = await judge(flipped, options()).catch((error) => {
        assert.equal(error.code, 'verify/not-a-pdf');
        return { verdict: 'unread' as const, signatures: [] };
      });
      const isSigned = index >= signedAt && index < signedAt + encoded.signer.length;
      if (verdict === 'valid') {
        assert.ok(!isSigned, `byte ${index} is signed`);
        assert.equal(signatures.length, 1);
      }
    }
    for (const index of [0, 77, content.length - 1]) {
      const other = Buffer.from(content);
      other[index] = (other[index] ?? 0) ^ 1;
      const { verdict, reasons } = await validateFile(cms, options({ content: other }));
      assert.deepEqual([verdict, reasons[0]?.code], ['invalid', 'content-changed']);
    }
  });

  test('V4: what a hostile file may try', async (t) => {
    const good = await levels['B-LTA']();
    const judge = async (cms: Buffer, more: Partial<ValidationOptions> = {}) => {
      const report = await validateFile(cms, options({ crls: [], ...more }));
      return [report.verdict, report.signatures[0]?.level ?? null, report.reasons[0]?.code];
    };
    await t.test('bytes behind the signature', async () => {
      assert.deepEqual(await judge(Buffer.concat([good, Buffer.from('x')])), ['indeterminate', null, 'cms-malformed']);
    });
    await t.test('an archive time stamp of another signature proves nothing here', async () => {
      const [token] = readCms(good, 'none').archiveTimeStampTokens;
      assert.ok(token);
      const other = addCadesValidationData(await signCades(content, { at }, signer), status);
      const stolen = extendSignedData(other, { unsignedAttributes: [attribute(cmsOids.archiveTimeStampV3, token)] });
      assert.deepEqual(await judge(stolen), ['valid', 'B-LT', 'passed']);
    });
    await t.test('an index that leaves the revocation data out makes no B-LTA', async () => {
      const bare = await archiveCades(await levels['B-T'](), authority.stampAt(archivedAt));
      assert.deepEqual(await judge(addCadesValidationData(bare, status)), ['valid', 'B-LT', 'passed']);
    });
    await t.test('an index that was put in afterwards is not the stamped one', async () => {
      const [token] = readCms(good, 'none').archiveTimeStampTokens;
      const { hashIndex } = readCms(token ?? Buffer.alloc(0), 'none');
      assert.ok(token && hashIndex);
      const bLt = await levels['B-LT']();
      const other = readCms(bLt, 'none').encoded;
      assert.equal(archiveCover(hashIndex, other)?.isWhole, false);
      // two indexes: which one counts would be the attacker's choice
      const two = withHashIndex(token, Buffer.from('3000', 'hex'));
      const forged = extendSignedData(bLt, { unsignedAttributes: [attribute(cmsOids.archiveTimeStampV3, two)] });
      assert.deepEqual(await judge(forged), ['valid', 'B-LT', 'passed']);
    });
    await t.test('a certificate that was revoked before the proven time', async () => {
      const revoked = revocationList(people, [{ serial: who.serial, at: new Date('2026-05-01T00:00:00Z') }], now, now);
      const [verdict, , code] = await judge(await levels['B-T'](), { crls: [...crls, revoked] });
      assert.deepEqual([verdict, code], ['invalid', 'certificate-revoked']);
    });
    await t.test('that revocation, behind forty lists of nobody with earlier times', async () => {
      const nobody = createAuthority();
      const noise = Array.from({ length: 40 }, (_, day) => {
        const time = new Date(at.getTime() + (day + 1) * 3_600_000);
        return revocationList(nobody.people, [], time, time);
      });
      const revoked = revocationList(people, [{ serial: who.serial, at: new Date('2026-05-20T07:00:00Z') }], now, now);
      const current = revocationList(people, [], new Date('2026-05-20T00:00:00Z'), new Date('2026-05-25T00:00:00Z'));
      const file = addCadesValidationData(await levels['B-T'](), { crls: [current, ...noise] });
      const [verdict, , code] = await judge(file, { crls: [...crls, revoked] });
      assert.deepEqual([verdict, code], ['invalid', 'certificate-revoked']);
    });
    await t.test('the attributes that were signed, as if they were the document', async () => {
      const { signedAttributes = Buffer.alloc(0), certificates } = readCms(await levels['B-B'](), 'none');
      const [wrapped] = childrenOf(childrenOf(readDer(await levels['B-B']()), tag.sequence)[1], 0xa0);
      const info = childrenOf(childrenOf(wrapped, tag.sequence).at(-1), tag.set)[0];
      const parts = childrenOf(info, tag.sequence).filter(({ tag: kind }) => kind !== 0xa0 && kind !== 0xa1);
      const [, , digest] = parts;
      assert.ok(digest);
      const stripped = sequence(
        oid(cmsOids.signedData),
        explicit(
          0,
          sequence(
            integer(1),
            setOf(digest.bytes),
            sequence(oid(cmsOids.data), explicit(0, octetString(signedAttributes))),
            explicit(0, ...certificates),
            setOf(sequence(...parts.map(({ bytes }) => bytes))),
          ),
        ),
      );
      const report = await validateFile(stripped, { anchors, crls, at: now });
      assert.deepEqual([report.verdict, report.reasons[0]?.code], ['invalid', 'signature-wrong']);
      assert.equal(report.signatures[0]?.intact, false);
    });
    await t.test('a signature without a signing certificate attribute is no CAdES', async () => {
      const file = openssl('cms', '-sign', '-binary', '-noattr');
      const report = await validateFile(file, options());
      assert.deepEqual([report.signatures[0]?.format, report.signatures[0]?.level], ['PKCS#7', null]);
    });
  });

  test('V3: an ML-DSA signature (RFC 9882) counts like any other, on the server and in a browser, and not one that was changed', async () => {
    const keys = generateKeyPairSync('ml-dsa-44');
    const official = authority.official({ keys });
    const digest = createHash('sha256').update(content).digest();
    const signedAttributes = cadesAttributes({ digest, signingCertificate: official.certificate, at });
    const signature = sign(null, signedAttributes, keys.privateKey);
    const as = (set: '17' | '18', value: Buffer) => {
      const made = assembleSignedData({
        signedAttributes,
        signature: value,
        algorithm: 'ml-dsa-65',
        signer: parseCertificate(official.certificate),
        certificates: [official.certificate, people.certificate],
      });
      const [named, wanted] = ['18', set].map((last) => sequence(oid(`2.16.840.1.101.3.4.3.${last}`)));
      const place = made.lastIndexOf(named ?? '');
      return Buffer.concat([made.subarray(0, place), wanted ?? made, made.subarray(place + (named?.length ?? 0))]);
    };
    const changed = Buffer.from(signature);
    changed[1000] = (changed[1000] ?? 0) ^ 1;
    const said = async (cms: Buffer, given: Partial<ValidationOptions> = {}) => {
      const { verdict, reasons } = await validateFile(cms, options(given));
      return `${verdict} ${reasons[0]?.code}`;
    };
    assert.equal(await said(as('17', signature)), 'valid passed');
    assert.equal(await said(as('17', changed)), 'invalid signature-wrong');
    assert.equal(await said(as('18', signature)), 'indeterminate algorithm-refused', 'a key of another set');
    assert.equal(await said(as('17', signature), { content: Buffer.from('khác') }), 'invalid content-changed');
  });

  test('openssl accepts every level that we make, and we judge what it makes, also of two signers', async () => {
    for (const level of names) {
      const output = openssl('cms', '-verify', '-binary', '-purpose', 'any', await levels[level]());
      assert.ok(output.equals(content), level);
    }
    const twice = openssl('cms', '-sign', '-binary', '-cades', 'second');
    const report = await validateFile(twice, options());
    assert.deepEqual(
      report.signatures.map(({ format, intact, trusted }) => [format, intact, trusted]),
      [
        ['CAdES', true, true],
        ['CAdES', true, true],
      ],
    );
  });
});

/** Runs openssl over the content: signs it with the official's key, or verifies a signature of it. */
function openssl(command: string, act: string, ...flags: readonly (string | Buffer)[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'edutrust-cades-'));
  const place = (name: string, bytes: string | Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const pem = (der: Buffer) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const isSigning = act === '-sign';
  try {
    const second = authority.official();
    const signers = [who, ...(flags.includes('second') ? [second] : [])].flatMap(({ certificate, key }, index) => [
      '-signer',
      place(`signer${index}.pem`, pem(certificate)),
      '-inkey',
      place(`key${index}.pem`, key.export({ type: 'pkcs8', format: 'pem' })),
    ]);
    const chain = place('chain.pem', pem(people.certificate));
    const given = isSigning
      ? ['-in', place('content', content), '-outform', 'DER', '-certfile', chain, ...signers]
      : ['-inform', 'DER', '-content', place('content', content), '-CAfile', place('root.pem', pem(root.certificate))];
    const options = flags.flatMap((flag) =>
      flag === 'second' ? [] : typeof flag === 'string' ? [flag] : ['-in', place('cms', flag)],
    );
    return execFileSync('openssl', [command, act, ...options, ...given], { stdio: ['ignore', 'pipe', 'pipe'] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
