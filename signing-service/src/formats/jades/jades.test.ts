import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { toPem } from '@edutrust/certs/certificate';
import { type FlattenedJWS, flattenedVerify, importX509 } from 'jose';
import { createAuthority, issue, ocspResponse } from '../../../testing/authority.ts';
import { validateFile } from '../../../testing/both-judges.ts';
import { extendJades } from './long-term.ts';
import { signJades } from './sign.ts';

const at = new Date('2026-05-20T08:00:00Z');
const now = new Date('2026-06-01T00:00:00Z');
const authority = createAuthority();
const { anchors, crls } = authority;
const who = authority.official();
const signer = authority.signerOf(who, new Date('2026-05-20T08:00:05Z'));
const status = {
  certificates: [authority.root, authority.people, authority.stamping].map(({ certificate }) => certificate),
  crls: [...crls],
  ocspResponses: [ocspResponse(authority.people, who, 'good', new Date('2026-05-20T09:00:00Z'))],
};
const archivedAt = new Date('2026-05-21T01:00:00Z');
const transcript = Buffer.from('{"ten":"Nguyễn Thị Ánh","diem":[9,8.5]}');
const detached = { name: 'bảng điểm.csv', mediaType: 'text/csv' };

async function judge(file: string | Buffer | object, content?: Buffer, lists: readonly Buffer[] = crls) {
  const bytes =
    typeof file === 'string' || Buffer.isBuffer(file) ? Buffer.from(file) : Buffer.from(JSON.stringify(file));
  const found = await validateFile(bytes, { anchors, crls: lists, at: now, ...(content ? { content } : {}) });
  const codes = [
    ...new Set([...found.reasons, ...found.signatures.flatMap(({ reasons }) => reasons)].map(({ code }) => code)),
  ];
  return { ...found, first: found.signatures[0], codes };
}

type Parts = FlattenedJWS & { protected: string };
const made = async (given = signer): Promise<Parts> =>
  JSON.parse((await signJades(transcript, { at }, given)).toString());
const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signed by the official's own key, with whatever header an attacker would like. */
async function signed(
  change: (header: Record<string, unknown>) => unknown,
  payload = encode(transcript.toString()),
): Promise<Parts> {
  const header = encode(change(decode((await made()).protected)));
  const der = await signer.sign(Buffer.from(`${header}.${payload}`));
  const { namedValue } = await import('../signature-value.ts');
  return { payload, protected: header, signature: namedValue('ES256', der).toString('base64url') };
}

describe('JAdES (ETSI TS 119 182-1)', () => {
  test('V17: B-B and B-T, around JSON and beside any file; the time is what was claimed and proven', async () => {
    for (const [given, level] of [
      [authority.signerOf(who), 'B-B'],
      [signer, 'B-T'],
    ] as const) {
      const { verdict, first, reasons } = await judge(await signJades(transcript, { at }, given));
      assert.deepEqual(
        [verdict, first?.format, first?.level, first?.intact, first?.trusted, first?.time.claimed],
        ['valid', 'JAdES', level, true, true, at.toISOString()],
        JSON.stringify(reasons),
      );
    }
    const beside = await signJades(transcript, { at, detached }, signer);
    assert.equal((await judge(beside, transcript)).verdict, 'valid');
    assert.deepEqual((await judge(beside)).codes, ['content-missing']);
    const other = await judge(beside, Buffer.from('{}'));
    assert.deepEqual([other.verdict, other.first?.intact], ['invalid', false]);
    assert.equal((await judge(await made(), Buffer.from('{}'))).verdict, 'invalid', 'another file beside it');
  });

  test('V17: B-LT and B-LTA: the file alone tells every status, renewed too, in both forms of JSON and both of its list', async () => {
    const timed = await signJades(transcript, { at }, signer);
    const kept = await extendJades(timed, status);
    const archived = await extendJades(timed, status, authority.stampAt(archivedAt));
    const again = await extendJades(archived, status, authority.stampAt(now));
    const { payload, ...one } = JSON.parse(archived.toString());
    const inTheClear = JSON.parse(kept.toString());
    inTheClear.header.etsiU = inTheClear.header.etsiU.map(decode);
    for (const [file, level] of [
      [kept, 'B-LT'],
      [archived, 'B-LTA'],
      [again, 'B-LTA'],
      [{ payload, signatures: [one] }, 'B-LTA'],
      [inTheClear, 'B-LT'],
    ] as const) {
      const { verdict, first, reasons } = await judge(file, undefined, []);
      assert.deepEqual([verdict, first?.level, first?.intact], ['valid', level, true], JSON.stringify(reasons));
    }
    await assert.rejects(extendJades(await signJades(transcript, { at, detached }, signer), status), {
      code: 'sign/json',
    });
  });

  test('V4: an archive that leaves something out, or is of another signature, proves no B-LTA', async () => {
    const timed = await signJades(transcript, { at }, signer);
    const archived = JSON.parse((await extendJades(timed, status, authority.stampAt(archivedAt))).toString());
    const { etsiU } = archived.header;
    const other = JSON.parse((await extendJades(await signJades(transcript, { at }, signer), status)).toString());
    const late = (await extendJades(await extendJades(timed, {}, authority.stampAt(archivedAt)), status)).toString();
    const levels = [
      { ...archived, header: { etsiU: [etsiU[1], etsiU[0], ...etsiU.slice(2)] } }, // another order
      { ...archived, header: { etsiU: [...etsiU.slice(0, -1), encode('{"more":1}'), etsiU.at(-1)] } },
      { ...other, header: { etsiU: [...other.header.etsiU, etsiU.at(-1)] } },
      JSON.parse(late), // status that came after the stamp
      {
        ...archived,
        header: {
          etsiU: [
            ...etsiU.slice(0, -1),
            encode({
              ...decode(etsiU.at(-1)).arcTst,
              arcTst: { ...decode(etsiU.at(-1)).arcTst, timeStamped: 'previousArcTst' },
            }),
          ],
        },
      },
    ].map(async (file) => (await judge(file)).first?.level);
    assert.deepEqual(await Promise.all(levels), ['B-LT', 'B-LT', 'B-LT', 'B-LT', 'B-LT']);
  });

  test('compact and general forms, several signers; content that stands elsewhere', async () => {
    const one = await made();
    const two = await made(authority.signerOf(authority.official()));
    assert.equal((await judge(`${one.protected}.${one.payload}.${one.signature}`)).verdict, 'valid');
    const { payload } = one;
    const signatures = [one, two].map(({ payload: _, ...rest }) => rest);
    const both = await judge({ payload, signatures });
    assert.deepEqual([both.verdict, both.signatures.length], ['valid', 2]);
    const { payload: _, ...alone } = one;
    assert.deepEqual(
      [(await judge(alone)).codes, (await judge(alone, transcript)).verdict],
      [['content-missing'], 'valid'],
    );
  });

  test('jose verifies what we make, around and beside', async () => {
    const key = await importX509(toPem(who.certificate), 'ES256');
    const { payload } = await flattenedVerify(await made(), key);
    assert.deepEqual(Buffer.from(payload), transcript);
    const beside: FlattenedJWS = {
      payload: '',
      ...JSON.parse((await signJades(transcript, { at, detached }, signer)).toString()),
    };
    await flattenedVerify(beside, key, { crit: { sigD: true } });
  });

  for (const [curve, names] of [
    ['ed25519', ['EdDSA', 'Ed25519']],
    ['ed448', ['EdDSA', 'Ed448']],
  ] as const) {
    test(`V14: ${curve} counts under its names in JOSE (RFC 8037, RFC 9864), and under no other`, async () => {
      const keys = curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
      const own = issue({ name: [['commonName', 'Edwards']], kind: 'signer', keys }, authority.people);
      const make = async (alg: string) => {
        const from = decode((await made()).protected);
        const x5c = [own, authority.people].map(({ certificate }) => certificate.toString('base64'));
        const thumbprint = createHash('sha256').update(own.certificate).digest('base64url');
        const header = encode({ ...from, alg, x5c, 'x5t#S256': thumbprint });
        const payload = encode(transcript.toString());
        const value = sign(null, Buffer.from(`${header}.${payload}`), keys.privateKey).toString('base64url');
        return { payload, protected: header, signature: value };
      };
      for (const name of names) {
        const good = await judge(await make(name));
        assert.deepEqual([good.first?.intact, good.verdict], [true, 'valid'], `${name} ${good.codes}`);
        const { signature, ...rest } = await make(name);
        const bytes = Buffer.from(signature, 'base64url');
        bytes[3] = (bytes[3] ?? 0) ^ 1;
        const flipped = await judge({ ...rest, signature: bytes.toString('base64url') });
        assert.ok(flipped.verdict !== 'valid' && flipped.codes.includes('signature-wrong'), `${name} ${flipped.codes}`);
      }
      for (const name of ['ES256', 'PS256', curve === 'ed448' ? 'Ed25519' : 'Ed448'])
        assert.ok((await judge(await make(name))).codes.includes('algorithm-refused'), name);
    });
  }

  const hostile: readonly (readonly [name: string, file: () => Promise<unknown>, code: string])[] = [
    [
      'another mark',
      async () => ({ ...(await made()), payload: encode(transcript.toString().replace('9', '10')) }),
      'signature-wrong',
    ],
    ['no algorithm', async () => signed((header) => ({ ...header, alg: 'none' })), 'algorithm-refused'],
    [
      'a shared key, for which the certificate would be it',
      async () => signed((header) => ({ ...header, alg: 'HS256' })),
      'algorithm-refused',
    ],
    [
      'an algorithm that every object has',
      async () => signed((header) => ({ ...header, alg: 'constructor' })),
      'algorithm-refused',
    ],
    [
      'the algorithm of another curve',
      async () => signed((header) => ({ ...header, alg: 'ES384' })),
      'algorithm-refused',
    ],
    [
      'a value in DER',
      async () => ({ ...(await made()), signature: (await signer.sign(Buffer.from('x'))).toString('base64url') }),
      'signature-wrong',
    ],
    [
      'a value of zeros',
      async () => ({ ...(await made()), signature: Buffer.alloc(64).toString('base64url') }),
      'signature-wrong',
    ],
    [
      'a value in another form of the same base64url',
      async () => {
        const one = await made();
        return { ...one, signature: `${one.signature}=` };
      },
      'json-malformed',
    ],
    [
      'a member of the header twice',
      async () => {
        const one = await made();
        return { ...one, protected: encode(JSON.stringify(decode(one.protected)).replace('{', '{"alg":"none",')) };
      },
      'json-malformed',
    ],
    [
      'a payload twice',
      async () => JSON.stringify(await made()).replace('{', `{"payload":"${encode('{"diem":10}')}",`),
      'json-malformed',
    ],
    [
      'a payload twice, once with an escaped name',
      async () => JSON.stringify(await made()).replace('{', `{"p\\u0061yload":"${encode('{"diem":10}')}",`),
      'json-malformed',
    ],
    ['an algorithm that nobody signed', async () => ({ ...(await made()), header: { alg: 'none' } }), 'json-malformed'],
    [
      'marks beside the signature',
      async () => ({ ten: 'Nguyễn Thị Ánh', diem: [10], ...(await made()) }),
      'part-not-signed',
    ],
    [
      'one form inside the other',
      async () => {
        const one = await made();
        return { ...one, signatures: [one] };
      },
      'json-malformed',
    ],
    [
      'a header that must be understood and is not',
      async () => signed((header) => ({ ...header, crit: ['exp'], exp: 1 })),
      'reference-refused',
    ],
    ['a list of nothing to understand', async () => signed((header) => ({ ...header, crit: [] })), 'reference-refused'],
    [
      'a header to understand that is not there',
      async () => signed((header) => ({ ...header, crit: ['sigT'] })),
      'reference-refused',
    ],
    [
      'a payload that is not encoded',
      async () => signed((header) => ({ ...header, b64: false, crit: ['b64'] })),
      'reference-refused',
    ],
    [
      'a file by digest that need not be understood',
      async () =>
        signed(
          (header) => ({
            ...header,
            sigD: {
              mId: 'http://uri.etsi.org/19182/ObjectIdByURIHash',
              pars: ['a'],
              hashM: 'S256',
              hashV: [createHash('sha256').update('x').digest('base64url')],
            },
          }),
          '',
        ),
      'reference-refused',
    ],
    [
      'files by an address alone',
      async () =>
        signed(
          (header) => ({
            ...header,
            crit: ['sigD'],
            sigD: { mId: 'http://uri.etsi.org/19182/ObjectIdByURI', pars: ['http://127.0.0.1/'] },
          }),
          '',
        ),
      'reference-refused',
    ],
    [
      'a digest of a file by MD5',
      async () =>
        signed(
          (header) => ({
            ...header,
            crit: ['sigD'],
            sigD: { mId: 'http://uri.etsi.org/19182/ObjectIdByURIHash', pars: ['a'], hashM: 'MD5', hashV: ['x'] },
          }),
          '',
        ),
      'algorithm-refused',
    ],
    [
      'another certificate of the same name',
      async () => signed((header) => ({ ...header, x5c: [authority.official().certificate.toString('base64')] })),
      'signer-mismatch',
    ],
    [
      'a key of the header',
      async () =>
        signed(({ x5c: _, 'x5t#S256': __, ...header }) => ({ ...header, jwk: who.key.export({ format: 'jwk' }) })),
      'signer-not-found',
    ],
    [
      'a depth that ends programs',
      async () => `{"protected":"e30","signature":"AA","payload":"","x":${'['.repeat(200_000)}`,
      'json-malformed',
    ],
  ];
  for (const [name, file, code] of hostile)
    test(`V4: ${name} is not valid`, async () => {
      const { verdict, codes } = await judge((await file()) as object);
      assert.ok(verdict !== 'valid' && verdict !== 'unsigned', verdict);
      assert.ok(codes.includes(code as never), JSON.stringify([verdict, codes]));
    });

  test('V4: a time stamp of another signature proves nothing', async () => {
    const one = await made();
    const { header } = await made();
    const { first } = await judge({ ...one, header });
    assert.deepEqual([first?.level, first?.time.problem?.code], ['B-B', 'time-stamp-wrong']);
  });
});
