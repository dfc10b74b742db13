import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeZip } from '@edutrust/platform/zip';
import { createAuthority } from '../../testing/authority.ts';
import { sampledJudge } from '../../testing/both-judges.ts';
import { streamPdf } from '../../testing/pdf-files.ts';
import { isDataFile } from './asic/names.ts';
import { asicLongTerm, makeAsic, signAsic } from './asic/sign.ts';
import { cadesLongTerm } from './cades/long-term.ts';
import { signCades } from './cades/sign.ts';
import { readJws } from './jades/jws.ts';
import { signJades } from './jades/sign.ts';
import { longTerm as padesLongTerm } from './pades/long-term.ts';
import { addValidationData, signPdf } from './pades/pades.ts';
import { openPdf } from './pdf/document.ts';
import type { PdfObject } from './pdf/object.ts';
import { xadesLongTerm } from './xades/long-term.ts';
import { signXades } from './xades/sign.ts';
import { isSignature } from './xades/structure.ts';
import { canonicalDocument, inclusive } from './xml/canonical.ts';
import { readXml } from './xml/read.ts';
import { readZip } from './zip/read.ts';

/** V6: damage of every kind, at every place, to files of every level: none is valid with another content than was signed. */

const at = new Date('2026-05-20T08:00:00Z');
const authority = createAuthority();
const who = authority.official();
const { anchors, crls } = authority;
const options = { anchors, crls, at: new Date('2026-06-01T00:00:00Z') };
const data = { certificates: [authority.root.certificate], crls: [...crls] };
const later = authority.stampAt(new Date('2026-05-21T00:00:00Z'));
const signers = [authority.signerOf(who), authority.signerOf(who, new Date('2026-05-20T08:00:05Z'))];
const content = Buffer.from('Họ tên,Điểm\nNguyễn Thị Ánh,9\n');
const xml = Buffer.from('<hocBa nam="2025"><em Id="e1"><ten>Nguyễn Thị Ánh</ten><diem>9</diem></em></hocBa>');
const json = Buffer.from('{"ten":"Nguyễn Thị Ánh","diem":[9,8.5]}');
const perFormat = Number(process.env.EDUTRUST_TEST_MUTATIONS ?? 2_000);

/** Numbers below one, the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** One damage: a bit, a byte, some bytes deleted, doubled, put in, or two places exchanged. */
function damaged(file: Buffer, random: Iterator<number, never>): Buffer {
  const below = (limit: number) => Math.floor(random.next().value * limit);
  const [from, length, kind] = [below(file.length), 1 + below(24), below(6)];
  const some = file.subarray(from, from + length);
  const rest = file.subarray(from + length);
  const before = file.subarray(0, from);
  if (kind === 0)
    return Buffer.concat([before, Buffer.of((file[from] ?? 0) ^ (1 << below(8))), file.subarray(from + 1)]);
  if (kind === 1) return Buffer.concat([before, Buffer.of(below(256)), file.subarray(from + 1)]);
  if (kind === 2) return Buffer.concat([before, rest]);
  if (kind === 3) return Buffer.concat([before, some, some, rest]);
  if (kind === 4) return Buffer.concat([before, Buffer.from('<x>9</x> 10&#9;"'.slice(below(8))), some, rest]);
  const to = below(file.length);
  const other = Buffer.from(file);
  other.set(some.subarray(0, Math.min(some.length, file.length - to)), to);
  return other;
}

/** All that a PDF leads to from its catalogue: pages, forms, notes. Not the bytes of signatures, and not what proves their status. */
function shownByPdf(file: Buffer): string {
  const { current: view } = openPdf(file);
  const seen = new Set<number>();
  const shown = (object: PdfObject | undefined): unknown => {
    if (object === null || object === undefined || typeof object === 'boolean') return object;
    switch (object.kind) {
      case 'reference':
        if (seen.has(object.number)) return object.number;
        seen.add(object.number);
        return shown(view.get(object.number, object.generation));
      case 'array':
        return object.items.map(shown);
      case 'dictionary': {
        const proof = object.entries.has('ByteRange') ? 'Contents' : 'DSS';
        return [...object.entries].map(([key, value]) => (key === proof ? key : [key, shown(value)]));
      }
      case 'stream':
        return [shown(object.dictionary), object.data.toString('base64')];
      case 'string':
        return object.bytes.toString('base64');
      default:
        return object;
    }
  };
  return JSON.stringify(shown(view.trailer.entries.get('Root')));
}

interface Subject {
  readonly files: readonly Buffer[];
  /** What people read in a file. */
  readonly contentOf: (file: Buffer) => string;
  readonly beside?: Buffer;
  /** Damages what is inside, so that the file around it still holds together. */
  readonly inside?: (file: Buffer, damage: (bytes: Buffer) => Buffer, pick: number) => Buffer;
}

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  CAdES: async () => {
    const files = await Promise.all(
      signers.map((signer) => signCades(content, { at, packaging: 'enveloping' }, signer)),
    );
    return {
      files: [...files, await cadesLongTerm.extend(files[1] ?? content, data, later)],
      contentOf: () => '', // compared with what stands beside
      beside: content,
    };
  },
  'ASiC-E': async () => {
    const files = await Promise.all(
      signers.map((signer) => signAsic(makeAsic(new Map([['a.csv', content]])), at, signer)),
    );
    return {
      files: [...files, await asicLongTerm.extend(files[1] ?? content, data, later)],
      inside: (file, damage, pick) => {
        const files = [...readZip(file)];
        const at = Math.floor(pick * files.length);
        return writeZip(new Map(files.map(([name, bytes], index) => [name, index === at ? damage(bytes) : bytes])));
      },
      contentOf: (file) =>
        JSON.stringify(
          [...readZip(file)]
            .filter(([name]) => isDataFile(name))
            .map(([name, bytes]) => [name, bytes.toString('base64')]),
        ),
    };
  },
  JAdES: async () => {
    const files = await Promise.all(signers.map((signer) => signJades(json, { at }, signer)));
    return { files, contentOf: (file) => String(readJws(file)[0]?.payload) };
  },
  PAdES: async () => {
    const pdf = streamPdf();
    const once = await signPdf(pdf, { signerName: 'A', at }, authority.signerOf(who));
    const stamped = await signPdf(
      pdf,
      { signerName: 'A', at },
      authority.signerOf(who, new Date('2026-05-20T08:00:05Z')),
    );
    const twice = await signPdf(stamped, { signerName: 'B', at }, authority.signerOf(authority.official()));
    const archived = await padesLongTerm.extend(stamped, data, later);
    return { files: [once, stamped, twice, addValidationData(stamped, data), archived], contentOf: shownByPdf };
  },
  XAdES: async () => {
    const files = await Promise.all(signers.map((signer) => signXades(xml, { at }, signer)));
    return {
      files: [...files, await xadesLongTerm.extend(files[1] ?? xml, data, later)],
      contentOf: (file) => canonicalDocument(readXml(file), inclusive, isSignature).toString(),
    };
  },
};

for (const [name, make] of Object.entries(subjects))
  test(`V6: of ${perFormat} damaged files with ${name} none is valid with another content, and none ends in an error`, async (t) => {
    const { files, contentOf, beside, inside } = await make();
    const validateFile = sampledJudge();
    const random = numbers(11);
    let valid = 0;
    for (let index = 0; index < perFormat; index++) {
      const original = files[index % files.length] ?? content;
      const damage = (bytes: Buffer) => damaged(bytes, random);
      const file = inside && index % 4 > 0 ? inside(original, damage, random.next().value) : damage(original);
      if (file.equals(original)) continue;
      const report = await validateFile(file, { ...options, ...(beside ? { content: beside } : {}) }).catch((error) => {
        assert.equal(error.code, 'verify/not-a-pdf', `${index}: ${error}`);
        return undefined;
      });
      if (report?.verdict !== 'valid') continue;
      valid += 1;
      assert.equal(contentOf(file), contentOf(original), `mutation ${index}`);
      assert.ok(
        report.signatures.every(
          ({ time, signer, format }) =>
            format === 'document-time-stamp' ||
            (time.claimed === at.toISOString() && signer?.serialNumber === '7901234568'),
        ),
      );
    }
    t.diagnostic(`${valid} are valid with the same content`);
  });
