import type { Database } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { widthOf } from '../fonts/embedded.ts';
import type { Place, SignatureFormat } from '../formats/format.ts';
import { inkPlace, sealPlace } from '../formats/pades/ink-place.ts';
import { inkLook, noPicture } from '../pictures/looks.ts';
import { findPicture } from '../pictures/pictures.ts';
import { nameOfOrganisation } from '../requests/registry.ts';
import type { StepLook } from '../tables.ts';
import { firstPage, noPages, placeBlocks, type WishedPlace } from './placing.ts';

export type DocumentLook = 'block' | 'pictures' | 'copy' | 'annex';

/** What is seen of one signature, and where. */
export interface Seen {
  readonly place: Place | undefined;
  readonly look?: StepLook;
}

/** A signature without a place draws nothing. */
export const nothingSeen: Seen = { place: undefined };

interface LookWish {
  readonly organisationId: string;
  readonly look: DocumentLook;
  readonly line?: string | undefined;
  readonly signers: readonly { readonly place?: WishedPlace | undefined }[];
  readonly seal?: { readonly place?: WishedPlace | undefined } | undefined;
}

/** Room for the time behind a line, at ten points. */
const timeText = '; 2026-11-28T10:15:30+07:00';
const lineHeight = 28;
/** From the upper right corner of the page, in points. */
const lineMargins = { right: 43, top: 12 } as const;

/**
 * What is seen of each signature of a document that is asked for, by its pointer.
 *
 * @throws InvalidInput `signing/place`, `signing/no-picture`, `signing/no-line`
 */
export async function lookOf(
  db: Database,
  file: Buffer,
  format: SignatureFormat,
  wish: LookWish,
  people: readonly { readonly personId: string }[],
): Promise<ReadonlyMap<string, Seen>> {
  const { signers, seal, look } = wish;
  if (look === 'copy' || look === 'annex') return withLine(db, file, format, wish);
  const wishes = [
    ...signers.map(({ place }, index) => ({ place, pointer: `/signers/${index}/place` })),
    ...(look === 'block' ? [{ place: seal?.place, pointer: '/seal/place' }] : []), // a picture lies by the last signature
  ].flatMap(({ place, pointer }) => (place ? [{ place, pointer }] : []));
  const [first] = wishes;
  if (!first) return new Map();
  if (format.name !== 'PAdES') throw noPages(first.pointer);
  const places = await placeBlocks(file, wishes);
  const seen = new Map<string, Seen>(wishes.map(({ pointer }, index) => [pointer, { place: places[index] }]));
  return look === 'block' ? seen : withPictures(db, file, wish, people, seen);
}

/** Each in their own hand; the seal over the left third of the last of them, in its true size. */
async function withPictures(
  db: Database,
  file: Buffer,
  { organisationId, seal }: LookWish,
  people: readonly { readonly personId: string }[],
  placed: ReadonlyMap<string, Seen>,
): Promise<ReadonlyMap<string, Seen>> {
  const seen = new Map<string, Seen>();
  const missing: string[] = [];
  let last: Place | undefined;
  for (const [index, { personId }] of people.entries()) {
    const pointer = `/signers/${index}/place`;
    const place = placed.get(pointer)?.place;
    if (!place) continue;
    const picture = await findPicture(db, { personId });
    if (!picture) missing.push(pointer);
    else last = { page: place.page, rect: inkPlace(place.rect, inkLook(picture)) };
    seen.set(pointer, { place, look: { kind: 'picture' } });
  }
  const sealed = seal && (await findPicture(db, { organisationId }));
  if (seal && !sealed) missing.push('/seal/place');
  if (missing.length > 0) throw noPicture(missing);
  if (!sealed || !last || last.page === 'last') return seen;
  const rect = sealPlace(last.rect, inkLook(sealed));
  const [place] = await placeBlocks(file, [{ place: { page: last.page + 1, rect }, pointer: '/seal/place' }]);
  return seen.set('/seal/place', { place, look: { kind: 'picture' } });
}

/** One line at the upper right of the first page, of the last signature; the others are not seen. */
async function withLine(
  db: Database,
  file: Buffer,
  format: SignatureFormat,
  { organisationId, look, line, signers, seal }: LookWish,
): Promise<ReadonlyMap<string, Seen>> {
  const pointer = seal ? '/seal/place' : `/signers/${signers.length - 1}/place`;
  if (format.name !== 'PAdES') throw noPages(pointer);
  const said = line?.normalize('NFC').trim();
  if (!said) throw noLine();
  const text = look === 'copy' ? `${said}; ${await nameOfOrganisation(db, organisationId)}` : said;
  const { right, top } = firstPage(file);
  const width = Math.min(widthOf(text + timeText, 'times', 10) + 4, right - 2 * lineMargins.right);
  const end = { x: right - lineMargins.right, y: top - lineMargins.top };
  const rect = [end.x - width, end.y - lineHeight, end.x, end.y] as const;
  const [place] = await placeBlocks(file, [{ place: { page: 1, rect }, pointer }]);
  return new Map([[pointer, { place, look: { kind: 'line', text } }]]);
}

function noLine(): InvalidInput {
  return new InvalidInput(
    'signing/no-line',
    {
      vi: 'Thiếu hình thức sao, hoặc số và kí hiệu của văn bản chính.',
      en: 'The form of the copy, or the number and symbol of the main document, is missing.',
    },
    { remedy: { vi: 'Ghi thêm, như «SAO Y» hoặc «12/QĐ-LL».', en: 'Add it, such as “SAO Y” or “12/QĐ-LL”.' } },
  );
}
