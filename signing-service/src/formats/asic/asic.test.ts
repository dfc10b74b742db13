import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { writeZip } from '@edutrust/platform/zip';
import { fc } from '@edutrust/testing/property';
import { createAuthority, ocspResponse } from '../../../testing/authority.ts';
import { validateFile } from '../../../testing/both-judges.ts';
import { addCadesValidationData } from '../cades/long-term.ts';
import { signXades } from '../xades/sign.ts';
import { MalformedZip, readZip, ZipBeyondLimits } from '../zip/read.ts';
import { writeManifest } from './manifest.ts';
import { signedOfAsic } from './prepared.ts';
import { asicLongTerm, makeAsic, prepareAsic, signAsic } from './sign.ts';

const at = new Date('2026-05-20T08:00:00Z');
const stampedAt = new Date('2026-05-20T08:00:05Z');
const archivedAt = new Date('2026-05-21T01:00:00Z');
const now = new Date('2026-06-01T00:00:00Z');
const authority = createAuthority();
const { anchors, crls, root, people, stamping } = authority;
const who = authority.official();
const data = new Map([
  ['biên bản/quyết định 12.docx', Buffer.from('bất cứ tệp nào')],
  ['phu-luc.csv', Buffer.from('a,b\n1,2\n'.repeat(200))],
]);
const status = {
  certificates: [root, people, stamping].map(({ certificate }) => certificate),
  crls: [...crls],
  ocspResponses: [ocspResponse(people, who, 'good', new Date('2026-05-20T09:00:00Z'))],
};
const signed = () => signAsic(makeAsic(data), at, authority.signerOf(who, stampedAt));
const judge = async (container: Buffer, lists: readonly Buffer[] = crls) => {
  const report = await validateFile(container, { anchors, crls: lists, at: now });
  const [first] = report.signatures;
  return { ...report, first, code: report.reasons[0]?.code, intact: first?.intact };
};
/** The container with files put in, replaced or (without contents) taken out. */
const withFiles = (container: Buffer, changes: Readonly<Record<string, Buffer | undefined>>) => {
  const files = readZip(container);
  for (const [name, contents] of Object.entries(changes)) {
    if (contents) files.set(name, contents);
    else files.delete(name);
  }
  return writeZip(files);
};

/** As a manifest has them: SHA-256. */
const digestsOf = (files: ReadonlyMap<string, Uint8Array>) =>
  new Map([...files].map(([name, contents]) => [name, createHash('sha256').update(contents).digest()]));

describe('ASiC (ETSI EN 319 162-1)', () => {
  test('V14: a container with a comment behind its directory, as other programs write one, is read; one that hides something is not', async () => {
    const container = await signed();
    const withComment = (comment: Buffer, length = comment.length) => {
      const end = Buffer.from(container.subarray(container.length - 22));
      end.writeUInt16LE(length, 20);
      return Buffer.concat([container.subarray(0, -22), end, comment]);
    };
    for (const text of ['LIBDIGIDOCPP/3.14.5 format: application/vnd.etsi.asic-e+zip', 'ghi chú'])
      assert.equal((await judge(withComment(Buffer.from(text)))).verdict, 'valid', text);
    const other = makeAsic(new Map([['a.csv', Buffer.from('a')]]));
    for (const file of [
      withComment(other), // another container: who reads from the back sees that one
      withComment(Buffer.from('PK')),
      withComment(Buffer.of(0)),
      withComment(Buffer.from('one more'), 3),
      withComment(Buffer.alloc(2_000, 'a')),
      Buffer.concat([container, Buffer.from('tail')]),
    ])
      assert.notEqual((await judge(file)).verdict, 'valid');
  });

  test('V17: B-B to B-LTA, also of two signers one after the other; each covers every file', async () => {
    const basic = await signAsic(makeAsic(data), at, authority.signerOf(who));
    assert.deepEqual([(await judge(basic)).verdict, (await judge(basic)).first?.level], ['valid', 'B-B']);
    const once = await signed();
    assert.deepEqual([(await judge(once)).verdict, (await judge(once)).first?.level], ['valid', 'B-T']);
    const other = authority.official();
    const twice = await signAsic(once, at, authority.signerOf(other, stampedAt));
    const { verdict, signatures } = await judge(twice);
    assert.deepEqual(
      [verdict, signatures.map(({ format, coverage, field }) => [format, coverage, field])],
      [
        'valid',
        [
          ['ASiC', 'whole', 'META-INF/signature001.p7s'],
          ['ASiC', 'whole', 'META-INF/signature002.p7s'],
        ],
      ],
    );
    const archived = await judge(await asicLongTerm.extend(once, status, authority.stampAt(archivedAt)), []);
    assert.deepEqual([archived.verdict, archived.first?.level], ['valid', 'B-LTA']);
  });

  test('B-LTA by a time stamp beside the signature, over a manifest of the whole (annex A.7), as EU DSS archives; one that fits no more proves nothing', async () => {
    const timed = readZip(await signed());
    const name = 'META-INF/signature001.p7s';
    const kept = new Map([...timed, [name, addCadesValidationData(timed.get(name) ?? Buffer.of(), status)]]);
    const covered = new Map([...kept].filter(([file]) => file !== 'mimetype'));
    const archive = async (over: ReadonlyMap<string, Buffer>, stamped?: Buffer) => {
      const manifest = writeManifest('META-INF/timestamp001.tst', digestsOf(over));
      const digest = createHash('sha256')
        .update(stamped ?? manifest)
        .digest();
      const archived = { 'META-INF/ASiCArchiveManifest.xml': manifest };
      const token = await authority.stampAt(archivedAt)(digest);
      return withFiles(writeZip(kept), { ...archived, 'META-INF/timestamp001.tst': token });
    };
    const good = await archive(covered);
    const level = async (container: Buffer) => {
      const { verdict, first } = await judge(container, []);
      return [verdict, first?.level];
    };
    assert.deepEqual(await level(good), ['valid', 'B-LTA']);
    const others = [
      await archive(covered, Buffer.from('another manifest')),
      await archive(new Map([...covered].filter(([file]) => file !== name))),
      await archive(new Map([...covered, ['not-there.txt', Buffer.from('a')]])),
      await archive(new Map([...covered, [name, timed.get(name) ?? Buffer.of()]])),
      withFiles(good, { 'META-INF/timestamp001.tst': undefined }),
      withFiles(good, { 'META-INF/ASiCArchiveManifest.xml': Buffer.from('<none/>') }),
      withFiles(good, { 'META-INF/timestamp001.tst': Buffer.of(0x30, 0) }),
    ];
    for (const container of others) assert.deepEqual(await level(container), ['valid', 'B-LT']);
  });

  test('a container that nobody signed is unsigned; names of the container’s own cannot be taken', async () => {
    assert.equal((await judge(makeAsic(data))).verdict, 'unsigned');
    for (const name of ['mimetype', 'META-INF/signature001.p7s', 'meta-inf/x'])
      assert.throws(() => makeAsic(new Map([[name, Buffer.of(1)]])), { code: 'sign/file-name' });
  });

  test('ASiC-S: the signature is over the one file itself', async () => {
    const { signCades } = await import('../cades/sign.ts');
    const content = Buffer.from('một tệp');
    const signature = await signCades(content, { at }, authority.signerOf(who, stampedAt));
    const files = [
      ['mimetype', Buffer.from('application/vnd.etsi.asic-s+zip')],
      ['one.txt', content],
      ['META-INF/signature.p7s', signature],
    ] as const;
    assert.equal((await judge(writeZip(new Map(files)))).verdict, 'valid');
    const more = await judge(writeZip(new Map([...files, ['two.txt', content] as const])));
    assert.deepEqual([more.verdict, more.code], ['indeterminate', 'container-malformed']);
  });

  test('XAdES in a container names its files by URI; one that is left out, changed or gone is never valid', async () => {
    const content = Buffer.from('một tệp');
    const detached = { name: 'biên bản.txt', mediaType: 'text/plain' };
    const signature = await signXades(content, { at, detached }, authority.signerOf(who, stampedAt));
    const list = `<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">${signature}</asic:XAdESSignatures>`;
    const container = withFiles(makeAsic(new Map([['biên bản.txt', content]])), {
      'META-INF/signatures001.xml': Buffer.from(list),
    });
    const { verdict, first } = await judge(container);
    assert.deepEqual(
      [verdict, first?.format, first?.level, first?.coverage, first?.field],
      ['valid', 'ASiC', 'B-T', 'whole', 'META-INF/signatures001.xml'],
    );
    for (const [changes, wanted, code] of [
      [{ 'thêm.txt': Buffer.from('x') }, 'indeterminate', 'file-not-signed'],
      [{ 'biên bản.txt': Buffer.from('tệp khác') }, 'invalid', 'content-changed'],
      [{ 'biên bản.txt': undefined, 'khác.txt': content }, 'indeterminate', 'content-missing'],
      [{ 'META-INF/signatures001.xml': Buffer.from('<!DOCTYPE x><x/>') }, 'indeterminate', 'xml-malformed'],
      [{ 'META-INF/signatures001.xml': Buffer.from('<x/>') }, 'indeterminate', 'unsigned'],
      [
        { 'META-INF/signatures001.xml': Buffer.from(`<x><a>unsigned</a>${signature}</x>`) },
        'indeterminate',
        'part-not-signed',
      ],
    ] as const) {
      const changed = await judge(withFiles(container, changes));
      assert.deepEqual(
        [changed.verdict, changed.signatures[0]?.reasons.some((one) => one.code === code)],
        [wanted, true],
        code,
      );
    }
  });

  test('V4: what a hostile container may try', async (t) => {
    const good = await signed();
    const files = readZip(good);
    const manifest = files.get('META-INF/ASiCManifest001.xml') ?? Buffer.alloc(0);
    const cases: readonly [string, () => Buffer, verdict: string, code: string][] = [
      ['a file is put in', () => withFiles(good, { 'them.pdf': Buffer.from('x') }), 'indeterminate', 'file-not-signed'],
      [
        'a file is changed',
        () => withFiles(good, { 'phu-luc.csv': Buffer.from('a,b\n1,9\n') }),
        'invalid',
        'content-changed',
      ],
      ['a file is taken out', () => withFiles(good, { 'phu-luc.csv': undefined }), 'indeterminate', 'content-missing'],
      [
        'the manifest is made anew for other files',
        () =>
          withFiles(good, {
            'phu-luc.csv': Buffer.from('other'),
            'META-INF/ASiCManifest001.xml': writeManifest(
              'META-INF/signature001.p7s',
              digestsOf(new Map([...data, ['phu-luc.csv', Buffer.from('other')]])),
            ),
          }),
        'invalid',
        'content-changed',
      ],
      [
        'two manifests name one signature',
        () => withFiles(good, { 'META-INF/ASiCManifest000.xml': manifest }),
        'indeterminate',
        'container-malformed',
      ],
      [
        'a manifest with a document type',
        () =>
          withFiles(good, {
            'META-INF/ASiCManifest001.xml': Buffer.from(
              manifest.toString('utf8').replace('?>\n', '?>\n<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'),
            ),
          }),
        'indeterminate',
        'container-malformed',
      ],
      ['a name twice', () => twice(good, 'phu-luc.csv'), 'indeterminate', 'container-unreadable'],
      ['bytes behind the end', () => Buffer.concat([good, Buffer.from('PK')]), 'indeterminate', 'container-unreadable'],
      ['another name in the local header', () => renamed(good), 'indeterminate', 'container-unreadable'],
      [
        'a name that leads out of the container',
        () =>
          writeZip(
            new Map([
              ['mimetype', Buffer.from('x')],
              ['../a', Buffer.of(1)],
            ]),
          ),
        'indeterminate',
        'container-unreadable',
      ],
      ['a file that inflates without end', () => bomb(), 'indeterminate', 'beyond-limits'],
      [
        'a file in the folder of the container',
        () => withFiles(good, { 'META-INF/quyet-dinh.pdf': Buffer.from('x') }),
        'indeterminate',
        'file-not-signed',
      ],
      [
        'a file in a folder that is spelt like it',
        () => withFiles(good, { 'Meta-Inf/quyet-dinh.pdf': Buffer.from('x') }),
        'indeterminate',
        'file-not-signed',
      ],
      [
        'another list beside it, in a folder that is spelt like it',
        () => withFiles(good, { 'meta-inf/manifest.xml': Buffer.from('<a/>') }),
        'indeterminate',
        'file-not-signed',
      ],
      ['a signed file that becomes a link', () => linked(good), 'indeterminate', 'container-unreadable'],
      ['a signed file with a second name', () => alsoCalled(good), 'indeterminate', 'container-unreadable'],
      [
        'a folder that holds bytes',
        () => withFiles(good, { 'phu-luc.csv/': Buffer.from('x') }),
        'indeterminate',
        'container-unreadable',
      ],
    ];
    for (const [name, make, verdict, code] of cases) {
      await t.test(name, async () => {
        const report = await judge(make());
        assert.deepEqual([report.verdict, report.code], [verdict, code], JSON.stringify(report.reasons));
        if (verdict !== 'valid') assert.notEqual(report.intact, true, 'never called unchanged');
      });
    }
  });

  test('E3: whatever the bytes are, a ZIP is read in one way or refused; what we write, we read', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/u), fc.uint8Array({ maxLength: 60 })), {
          selector: ([name]) => name,
          maxLength: 6,
        }),
        fc.nat(),
        fc.nat(255),
        (entries, position, byte) => {
          const files = new Map(entries.map(([name, bytes]) => [name, Buffer.from(bytes)]));
          const zip = writeZip(files);
          assert.deepEqual([...readZip(zip)], [...files]);
          const damaged = Buffer.from(zip);
          damaged[position % damaged.length] = byte;
          try {
            const read = readZip(damaged);
            for (const [name, contents] of read) if (files.has(name)) assert.deepEqual(contents, files.get(name));
          } catch (error) {
            assert.ok(error instanceof MalformedZip || error instanceof ZipBeyondLimits, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('unzip opens what we make, and openssl verifies the signature over the manifest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edutrust-asic-'));
    try {
      const place = (name: string, bytes: Buffer) => writeFileSync(join(folder, name), bytes);
      const container = await signed();
      place('a.asice', container);
      const files = readZip(container);
      assert.deepEqual([...files.keys()].slice(0, 3), ['mimetype', ...data.keys()]);
      const listed = execFileSync('python3', [
        '-c',
        'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))',
        join(folder, 'a.asice'),
      ]);
      assert.equal(listed.toString().trim(), `None ${files.size}`);
      place('manifest', files.get('META-INF/ASiCManifest001.xml') ?? Buffer.alloc(0));
      place('signature', files.get('META-INF/signature001.p7s') ?? Buffer.alloc(0));
      place('root.der', root.certificate);
      execFileSync('openssl', ['x509', '-inform', 'DER', '-in', 'root.der', '-out', 'root.pem'], { cwd: folder });
      execFileSync(
        'openssl',
        [
          'cms',
          '-verify',
          '-binary',
          '-inform',
          'DER',
          '-in',
          'signature',
          '-content',
          'manifest',
          '-CAfile',
          'root.pem',
          '-purpose',
          'any',
          '-out',
          'verified',
        ],
        { cwd: folder, stdio: 'pipe' },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The directory names a file a second time. */
function twice(zip: Buffer, name: string): Buffer {
  const files = readZip(zip);
  const long = `${name.slice(0, -1)}~`; // the same length, renamed below
  files.set(long, Buffer.from('another'));
  const bytes = writeZip(files);
  for (let found = bytes.indexOf(long); found >= 0; found = bytes.indexOf(long)) bytes.write(name, found);
  return bytes;
}

function renamed(zip: Buffer): Buffer {
  const bytes = Buffer.from(zip);
  bytes.write('phu-LUC.csv', bytes.indexOf('phu-luc.csv')); // the first one is the local header's
  return bytes;
}

const centralOf = (zip: Buffer, name: string) => zip.lastIndexOf(Buffer.from('504b0102', 'hex'), zip.lastIndexOf(name));

/** The attributes of the directory, which nobody signs, make a file a symbolic link. */
function linked(zip: Buffer): Buffer {
  const bytes = Buffer.from(zip);
  bytes.writeUInt32LE((0o120777 << 16) >>> 0, centralOf(bytes, 'phu-luc.csv') + 38);
  return bytes;
}

/** An extra field of the directory says another name (APPNOTE 4.6.9), which some programs take. */
function alsoCalled(zip: Buffer): Buffer {
  const name = 'phu-luc.csv';
  const at = centralOf(zip, name);
  const path = Buffer.concat([Buffer.of(1, 0, 0, 0, 0), Buffer.from('khac.csv')]);
  const extra = Buffer.concat([Buffer.of(0x75, 0x70, path.length, 0), path]);
  const end = at + 46 + name.length;
  const bytes = Buffer.concat([zip.subarray(0, end), extra, zip.subarray(end)]);
  bytes.writeUInt16LE(extra.length, at + 30);
  bytes.writeUInt32LE(bytes.readUInt32LE(bytes.length - 10) + extra.length, bytes.length - 10);
  return bytes;
}

/** One deflated entry that says and gives 200 MiB. */
function bomb(): Buffer {
  const size = 200 * 2 ** 20;
  const packed = deflateRawSync(Buffer.alloc(size));
  const bytes = writeZip(new Map([['a', packed]]));
  const central = bytes.lastIndexOf(Buffer.from('504b0102', 'hex'));
  for (const [method, field] of [
    [8, 22],
    [central + 10, central + 24],
  ] as const) {
    bytes.writeUInt16LE(8, method);
    bytes.writeUInt32LE(size, field);
  }
  return bytes;
}

test('what a token signs of a container comes from the container: a file that the manifest does not tell as it is gives nothing', async () => {
  const whole = await signed(); // one signature is there already
  const { prepared, digest, toBeSigned } = prepareAsic(whole, { at, certificate: who.certificate });
  assert.deepEqual(signedOfAsic(prepared, who.certificate, at), { digest, toBeSigned });
  assert.notDeepEqual(signedOfAsic(prepared, who.certificate, new Date(at.getTime() + 1000)).toBeSigned, toBeSigned);
  const files = readZip(prepared);
  const [first = ''] = data.keys();
  const others = {
    'another file under the same name': new Map([...files, [first, Buffer.from('khác')]]),
    'a file that no digest is of': new Map([...files, ['thêm.txt', Buffer.from('thêm')]]),
    'a file that is gone': new Map([...files].filter(([name]) => name !== first)),
    'no manifest that waits': readZip(whole),
  };
  for (const [what, change] of Object.entries(others))
    assert.throws(() => signedOfAsic(writeZip(change), who.certificate, at), { code: 'sign/not-prepared' }, what);
  assert.throws(() => signedOfAsic(Buffer.from('PK no container'), who.certificate, at), { code: 'sign/not-prepared' });
});
