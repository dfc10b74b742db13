import { createHash } from 'node:crypto';
import { wallClockInVietnam } from '@edutrust/platform/calendar';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { openPdf, type PdfView } from '../pdf/document.ts';
import { MalformedPdf } from '../pdf/malformed.ts';
import {
  array,
  as,
  dictionary,
  integerOf,
  name,
  nameOf,
  number,
  type PdfDictionary,
  type PdfObject,
  type PdfReference,
  textOf,
  textString,
  withEntries,
} from '../pdf/object.ts';
import { pagesOf } from '../pdf/pages.ts';
import { IncrementalUpdate, serialize } from '../pdf/writer.ts';
import { putAppearance, type VisibleSignature } from './appearance.ts';

/** What one signature field is to be. */
export interface SignatureRequest {
  /** Unique in the file; a free one is chosen when absent (`Signature1`, …). */
  readonly fieldName?: string;
  readonly signerName: string;
  /** What screen readers say of the field (`/TU`); the signer's name when absent. */
  readonly description?: string;
  readonly reason?: string;
  readonly location?: string;
  /** The claimed signing time (`/M`), to the second. */
  readonly at: Date;
  readonly visible?: VisibleSignature;
  /** Room for the CMS; default 16,384. `completeSignature` says so when it is too little. */
  readonly contentsBytes?: number;
}

export interface PreparedSignature {
  /** The whole file with room for the signature; starts with the bytes of the original. */
  readonly prepared: Buffer;
  readonly byteRange: readonly [number, number, number, number];
  /** SHA-256 of the two ranges. */
  readonly digest: Buffer;
}

const defaultContentsBytes = 16_384;

/**
 * Adds a signature field in an incremental update (ISO 32000-1 §12.8, ETSI EN 319 142-1 §5): nothing that was there is
 * touched, so earlier signatures stay whole.
 *
 * Throws `InvalidInput` `pdf/…` for a file that cannot be read strictly, `Conflict` `sign/field-exists`, and
 * `InvalidInput` `sign/no-such-page`.
 */
export function prepareSignature(pdf: Uint8Array, request: SignatureRequest): PreparedSignature {
  const entries = dictionary({
    Type: name('Sig'),
    Filter: name('Adobe.PPKLite'),
    SubFilter: name('ETSI.CAdES.detached'),
    Name: textString(request.signerName.normalize('NFC')),
    Reason: request.reason === undefined ? undefined : textString(request.reason.normalize('NFC')),
    Location: request.location === undefined ? undefined : textString(request.location.normalize('NFC')),
    M: textString(vietnamDate(request.at)),
  });
  return prepare(pdf, entries, {
    stem: 'Signature',
    description: request.description ?? `Chữ ký số của ${request.signerName}`,
    contentsBytes: request.contentsBytes,
    fieldName: request.fieldName,
    visible: request.visible,
  });
}

/**
 * Like `prepareSignature` for a document time stamp (ETSI EN 319 142-1 §5.4.3, `/SubFilter /ETSI.RFC3161`): complete it
 * with a DER TimeStampToken over `digest`.
 */
export function prepareDocumentTimeStamp(
  pdf: Uint8Array,
  request: { readonly contentsBytes?: number } = {},
): PreparedSignature {
  const entries = dictionary({
    Type: name('DocTimeStamp'),
    Filter: name('Adobe.PPKLite'),
    SubFilter: name('ETSI.RFC3161'),
  });
  return prepare(pdf, entries, {
    stem: 'TimeStamp',
    description: 'Dấu thời gian của văn bản',
    contentsBytes: request.contentsBytes,
  });
}

/** What the field of a signature is to be. */
interface FieldWish {
  /** Names are this with a number. */
  readonly stem: string;
  readonly description: string;
  readonly contentsBytes?: number | undefined;
  readonly fieldName?: string | undefined;
  readonly visible?: VisibleSignature | undefined;
}

function prepare(pdf: Uint8Array, signature: PdfDictionary, wish: FieldWish): PreparedSignature {
  const { visible, contentsBytes = defaultContentsBytes } = wish;
  const file = openPdf(pdf);
  const view = file.current;
  const update = new IncrementalUpdate(file);
  const rootReference = as('reference', view.trailer.entries.get('Root'));
  const catalog = view.dictionary(rootReference);
  if (!rootReference || !catalog) throw new MalformedPdf('no catalogue');
  const page = findPage(view, catalog, visible?.page ?? 0);
  const form = view.dictionary(catalog.entries.get('AcroForm'));
  const fields = (form && view.array(form.entries.get('Fields'))) ?? [];
  const value = update.newReference();
  const waiting = visible && wish.fieldName === undefined ? waitingField(view, fields, page, visible.rect) : undefined;
  const appearance = visible ? putAppearance(update, visible) : undefined;
  if (waiting && appearance) {
    const entries = { V: value, AP: dictionary({ N: appearance }) };
    update.put(waiting.reference, withEntries(waiting.field, entries));
    return withByteRange(update, value, signature, contentsBytes);
  }
  const field = update.newReference();
  const title = fieldName(view, fields, wish.fieldName, wish.stem);
  update.put(
    field,
    dictionary({
      Type: name('Annot'),
      Subtype: name('Widget'),
      FT: name('Sig'),
      T: textString(title),
      TU: textString(wish.description.normalize('NFC')), // what is said of it aloud (ISO 32000-1 §12.7.3.1)
      V: value,
      // Print and Locked (ISO 32000-1 §12.5.3).
      F: number(132),
      Rect: array((visible?.rect ?? [0, 0, 0, 0]).map(number)),
      P: page,
      AP: appearance && dictionary({ N: appearance }),
    }),
  );
  putForm(update, rootReference, catalog, form, [...fields, field]);
  putAnnotation(update, view, page, field);
  return withByteRange(update, value, signature, contentsBytes);
}

/** What an empty field of our templates has, and nothing that would bind who signs in it (`/Lock`, `/SV`). */
const waitingKeys = new Set('Type Subtype FT T TU F Rect P AP Border C StructParent'.split(' '));

/**
 * The empty field that a template keeps for this very place: it stands in the structure of the document, which a later signature may not extend
 * (ADR 0314).
 */
function waitingField(view: PdfView, fields: readonly PdfObject[], page: PdfReference, rect: VisibleSignature['rect']) {
  for (const entry of fields) {
    const reference = as('reference', entry);
    const field = view.dictionary(entry);
    if (!reference || !field || nameOf(field.entries.get('FT')) !== 'Sig') continue;
    const place = view.array(field.entries.get('Rect'))?.map((item) => as('number', item)?.value);
    const isThere =
      as('reference', field.entries.get('P'))?.number === page.number &&
      rect.every((edge, index) => edge === place?.[index]) &&
      field.entries.has('StructParent') &&
      [...field.entries.keys()].every((key) => waitingKeys.has(key));
    if (isThere) return { reference, field };
  }
  return undefined;
}

/** The catalogue's form with one more field; only the objects that change are put. */
function putForm(
  update: IncrementalUpdate,
  root: PdfReference,
  catalog: PdfDictionary,
  form: PdfDictionary | undefined,
  fields: readonly PdfObject[],
): void {
  const formEntry = catalog.entries.get('AcroForm');
  const fieldsEntry = as('reference', form?.entries.get('Fields'));
  if (fieldsEntry) update.put(fieldsEntry, array(fields));
  // SignaturesExist and AppendOnly (ISO 32000-1 §12.7.2).
  const flags = (integerOf(form?.entries.get('SigFlags')) ?? 0) | 3;
  const newForm = withEntries(form ?? dictionary({}), {
    Fields: fieldsEntry ?? array(fields),
    SigFlags: number(flags),
  });
  const formReference = as('reference', formEntry);
  if (formReference) update.put(formReference, newForm);
  else update.put(root, withEntries(catalog, { AcroForm: newForm }));
}

function putAnnotation(update: IncrementalUpdate, view: PdfView, page: PdfReference, field: PdfReference): void {
  const pageDictionary = view.dictionary(page);
  if (!pageDictionary) throw new MalformedPdf('no page');
  const entry = pageDictionary.entries.get('Annots');
  const annotations = array([...(view.array(entry) ?? []), field]);
  const shared = as('reference', entry);
  if (shared) update.put(shared, annotations);
  else update.put(page, withEntries(pageDictionary, { Annots: annotations }));
}

function fieldName(view: PdfView, fields: readonly PdfObject[], wished: string | undefined, stem: string): string {
  const taken = new Set<string>();
  for (const field of fields) {
    const title = as('string', view.resolve(view.dictionary(field)?.entries.get('T')));
    if (title) taken.add(textOf(title));
  }
  if (wished !== undefined) {
    if (wished === '' || wished.includes('.')) {
      throw new InvalidInput('sign/field-name', {
        vi: 'Tên trường chữ ký không được rỗng hay chứa dấu chấm.',
        en: 'A signature field needs a name without a full stop.',
      });
    }
    if (!taken.has(wished)) return wished;
    throw new Conflict('sign/field-exists', {
      vi: `Tệp đã có trường chữ ký tên “${wished}”.`,
      en: `The file already has a signature field named “${wished}”.`,
    });
  }
  let next = 1;
  while (taken.has(`${stem}${next}`)) next++;
  return `${stem}${next}`;
}

/** The page at a zero-based index, or the last. */
function findPage(view: PdfView, catalog: PdfDictionary, wanted: number | 'last'): PdfReference {
  let index = 0;
  let last: PdfReference | undefined;
  for (const page of pagesOf(view, catalog)) {
    if (index++ === wanted) return page;
    last = page;
  }
  if (wanted === 'last' && last) return last;
  throw new InvalidInput('sign/no-such-page', {
    vi: 'Tệp PDF không có trang được chọn để đặt chữ ký.',
    en: 'The PDF does not have the page that the signature is to be on.',
  });
}

const rangeWidth = 10;

/** The signature dictionary last of all, so that its `/ByteRange` is the last in the file. */
function withByteRange(
  update: IncrementalUpdate,
  value: PdfReference,
  signature: PdfDictionary,
  contentsBytes: number,
): PreparedSignature {
  const head = `${serialize(signature).slice(0, -2)}\n/Contents `;
  const room = `<${'0'.repeat(contentsBytes * 2)}>`;
  const rangeText = `[0 ${' '.repeat(3 * (rangeWidth + 1))}]`;
  const offset = update.putText(value, `${head}${room}\n/ByteRange ${rangeText}>>`);
  const prepared = update.finish();
  const gapStart = offset + head.length;
  const gapEnd = gapStart + room.length;
  const byteRange = [0, gapStart, gapEnd, prepared.length - gapEnd] as const;
  const rangeAt = gapEnd + '\n/ByteRange [0 '.length;
  prepared.write(
    byteRange
      .slice(1)
      .map(String)
      .join(' ')
      .padEnd(rangeText.length - 4),
    rangeAt,
    'latin1',
  );
  const digest = createHash('sha256').update(prepared.subarray(0, gapStart)).update(prepared.subarray(gapEnd)).digest();
  return { prepared, byteRange, digest };
}

/**
 * Puts the CMS into its place and gives the finished file: the last `/ByteRange` of the file names the place.
 *
 * Throws `InvalidInput` `sign/contents-too-small` when the room is too little, and `MalformedPdf` for a file that
 * `prepareSignature` did not make.
 */
export function completeSignature(prepared: Uint8Array, cms: Uint8Array): Buffer {
  return fillContents(Buffer.from(prepared), cms);
}

/** `completeSignature` in place, for bytes that are the caller's own. */
export function fillContents(out: Buffer, cms: Uint8Array): Buffer {
  const at = out.lastIndexOf('/ByteRange [', undefined, 'latin1');
  const match = at < 0 ? null : /^\/ByteRange \[0 (\d+) (\d+) (\d+) *\]/u.exec(out.toString('latin1', at, at + 80));
  const [gapStart, gapEnd, rest] = match ? match.slice(1).map(Number) : [];
  const isOurs =
    gapStart !== undefined &&
    gapEnd !== undefined &&
    rest === out.length - gapEnd &&
    out[gapStart] === 0x3c &&
    out[gapEnd - 1] === 0x3e;
  if (!isOurs) throw new MalformedPdf('no prepared signature');
  const room = (gapEnd - gapStart - 2) / 2;
  if (cms.length > room) {
    throw new InvalidInput('sign/contents-too-small', {
      vi: `Chữ ký cần ${cms.length} byte nhưng tệp chỉ dành ${room} byte.`,
      en: `The signature takes ${cms.length} bytes, but the file has room for ${room}.`,
    });
  }
  out.write(Buffer.from(cms.buffer, cms.byteOffset, cms.byteLength).toString('hex'), gapStart + 1, 'latin1');
  return out;
}

/** `D:20261123200501+07'00'` (ISO 32000-1 §7.9.4), in Vietnam's time, which has no summer time. */
function vietnamDate(at: Date): string {
  const local = wallClockInVietnam(at).toISOString();
  return `D:${local.slice(0, 19).replace(/[-T:]/gu, '')}+07'00'`;
}
