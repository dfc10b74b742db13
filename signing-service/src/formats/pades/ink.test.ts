import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { createAuthority } from '../../../testing/authority.ts';
import { tablePdf } from '../../../testing/pdf-files.ts';
import { flourish, pngChunk, pngOfDots, roundSeal } from '../../../testing/png.ts';
import { inkOf, pngOf } from './ink.ts';
import { inkPlace, sealPlace } from './ink-place.ts';
import { signPdf } from './pades.ts';
import { readPng } from './png.ts';
import { prepareSignature } from './prepare.ts';
import { validatePdf } from './validate.ts';

const at = new Date('2026-11-28T03:00:00Z');
const refused = { code: 'sign/image' };

test('ink is cut out, in its colour alone, small enough; nothing that a file says of itself is kept', () => {
  const secret = 'Chụp tại nhà riêng';
  const extra = [pngChunk('tEXt', Buffer.from(`Comment\0${secret}`)), pngChunk('eXIf', Buffer.from(secret))];
  const line = pngOfDots(300, 90, (x, y) => (Math.abs(y - 20 - x / 6) < 4 ? [0, 0, 0, 255] : [0, 0, 0, 0]), { extra });
  assert.ok(line.includes(secret));
  const ink = inkOf(line, 'signature');
  assert.ok(ink.width <= 300 && ink.height < 75, 'without the empty edge');
  const shown = pngOf(ink, 'blue');
  assert.ok(!shown.includes(Buffer.from(secret)) && !ink.mask.includes(Buffer.from(secret)));
  assert.equal(shown.toString('latin1').match(/IHDR|PLTE|tRNS|IDAT|IEND/g)?.length, 5);
  assert.ok(inkOf(roundSeal(), 'seal').width <= 426, 'paper behind a scan is no ink');
  let seed = 7;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const noise = pngOfDots(900, 400, () => [0, 0, 0, random() < 0.4 ? Math.floor(random() * 256) : 0]);
  assert.ok(inkOf(noise, 'signature').mask.length <= 6_000, 'as coarse as it must be');
});

test('a hostile picture is refused: no PNG, damaged, animated, huge, a bomb, empty, a photograph', () => {
  const good = flourish();
  const dots = () => [0, 0, 0, 255] as const;
  const edited = (from: number, value: number) => {
    const copy = Buffer.from(good);
    copy[from] = value;
    return copy;
  };
  const wrongSize = Buffer.from(good); // with a sum that is right
  wrongSize.writeUInt32BE(60_000, 16);
  wrongSize.writeUInt32BE(60_000, 20);
  wrongSize.writeUInt32BE(crc32(wrongSize.subarray(12, 29)), 29);
  const frames = Buffer.from([0, 0, 255, 255, 0, 0, 0, 0]);
  const pictures: readonly [string, Buffer][] = [
    ['GIF', Buffer.from('GIF89a')],
    ['nothing', Buffer.alloc(0)],
    ['a cut file', good.subarray(0, good.length - 20)],
    ['a flipped byte of the pixels', edited(60, 1 ^ (good[60] ?? 0))],
    ['something behind the end', Buffer.concat([good, Buffer.from('PK\x03\x04 a second file')])],
    ['an animation', pngOfDots(40, 40, dots, { extra: [pngChunk('acTL', frames)] })],
    ['60,000 × 60,000', wrongSize],
    ['more pixels than it says', pngOfDots(800, 800, dots, { claims: [8, 8] })],
    ['fewer pixels than it says', pngOfDots(8, 8, dots, { claims: [1_900, 1_900] })],
    ['no size', pngOfDots(0, 0, dots)],
    ['nothing drawn', pngOfDots(50, 50, () => [0, 0, 0, 0])],
    ['a dark photograph', pngOfDots(50, 50, dots)],
    ['two heads', Buffer.concat([good.subarray(0, 33), good.subarray(8, 33), good.subarray(33)])],
  ];
  for (const [name, png] of pictures) assert.throws(() => inkOf(png, 'signature'), refused, name);
  assert.equal(readPng(good).width, 600);
});

test('a signature with a picture costs less than 20 kB, and shows it in the middle of its place, a seal in its true size', () => {
  const authority = createAuthority();
  const official = authority.official();
  const pdf = tablePdf();
  const ink = inkOf(flourish(), 'signature');
  const rect = inkPlace([300, 300, 500, 380], { ink });
  const visible = { page: 0, rect, lines: [], ink } as const;
  const signingCertificate = authority.signerOf(official, at).certificates[0];
  const contentsBytes = 4 * (signingCertificate?.length ?? 0) + 2_304;
  const { prepared } = prepareSignature(pdf, { signerName: 'Trần Thị Bích', at, visible, contentsBytes });
  assert.ok(prepared.length - pdf.length <= 20_480, `${prepared.length - pdf.length} bytes`);
  assert.ok(Math.abs((rect[0] + rect[2]) / 2 - 400) < 0.01 && Math.abs((rect[1] + rect[3]) / 2 - 340) < 0.01);
  const seal = { ink: inkOf(roundSeal(), 'seal'), widthMm: 36 };
  const [left, , right] = sealPlace(rect, seal);
  assert.ok(Math.abs(right - left - (36 * 72) / 25.4) < 0.01, 'in its true size');
  assert.ok(Math.abs((right - rect[0]) / (rect[2] - rect[0]) - 1 / 3) < 0.01, 'over a third, on the left');
});

test('V5: a seal over a third of a signature is whole; over more of it, or over text, something was covered', async () => {
  const authority = createAuthority();
  const signer = authority.signerOf(authority.official(), at);
  const ink = inkOf(flourish(), 'signature');
  const hand = inkPlace([300, 300, 500, 380], { ink });
  const once = await signPdf(
    tablePdf(),
    { signerName: 'Trần Thị Bích', at, visible: { page: 0, rect: hand, lines: [], ink } },
    signer,
  );
  const seal = { ink: inkOf(roundSeal(), 'seal'), widthMm: 36 };
  const third = sealPlace(hand, seal);
  const moved = (x: number, y = 0) => [third[0] + x, third[1] + y, third[2] + x, third[3] + y] as const;
  const judged = async (rect: typeof third) => {
    const visible = { page: 0, rect, lines: [], ink: seal.ink, colour: 'red' as const };
    const sealed = await signPdf(once, { signerName: 'Trường', at, visible }, signer);
    const { signatures } = await validatePdf(sealed, { anchors: authority.anchors, at, requireRevocation: false });
    return signatures[0]?.changesAfter.filter(({ allowed }) => !allowed).map(({ kind }) => kind);
  };
  assert.deepEqual(await judged(third), []);
  assert.deepEqual(await judged(moved((hand[2] - hand[0]) / 2)), ['covering'], 'most of it');
  assert.deepEqual(await judged([72, 700, 174, 802]), ['covering'], 'the text of the page');

  // Three who each leave most of it to be seen, and together hide it.
  const width = (hand[2] - hand[0]) / 3;
  let hidden = once;
  for (const part of [0, 1, 2]) {
    const rect = [hand[0] + part * width, hand[1], hand[0] + (part + 1) * width, hand[3]] as const;
    hidden = await signPdf(hidden, { signerName: 'Người sau', at, visible: { page: 0, rect, lines: [], ink } }, signer);
  }
  const { verdict, signatures } = await validatePdf(hidden, {
    anchors: authority.anchors,
    at,
    requireRevocation: false,
  });
  assert.equal(signatures[0]?.reasons[0]?.code, 'covered-afterwards');
  assert.equal(verdict, 'indeterminate');
});
