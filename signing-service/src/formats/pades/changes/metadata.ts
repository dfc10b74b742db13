import { decodeStructureStream } from '../../pdf/filters.ts';
import { Budget, defaultLimits } from '../../pdf/limits.ts';
import { as, nameOf, type PdfDictionary, type PdfObject, sameObject, textOf } from '../../pdf/object.ts';
import type { Comparison } from './comparison.ts';
import type { Finding } from './finding.ts';

/** What every program that saves a file writes anew: dates and its own name. What the document is called stays. */
const bookkeeping = new Set(['ModDate', 'CreationDate', 'Producer', 'Creator', 'PTEX.Fullbanner', 'Trapped']);

/**
 * The file's description: `/Info` of the trailer and `/Metadata` of the catalogue (ISO 32000-1 §14.3). Who saved it when
 * may change; another title, author or subject is a change that is shown.
 */
export function checkMetadata(comparison: Comparison): Finding[] {
  const { signed, current } = comparison;
  const catalogOf = (view: typeof signed) => view.dictionary(view.trailer.entries.get('Root'));
  return [
    ...checkInfo(comparison, signed.trailer.entries.get('Info'), current.trailer.entries.get('Info')),
    ...checkXmp(comparison, catalogOf(signed)?.entries.get('Metadata'), catalogOf(current)?.entries.get('Metadata')),
  ];
}

function checkInfo(comparison: Comparison, was: PdfObject | undefined, is: PdfObject | undefined): Finding[] {
  const { signed, current } = comparison;
  const [before, after] = [signed.dictionary(was), current.dictionary(is)];
  if (sameObject(was, is) && !isTouched(comparison, is)) return [];
  const claimed = claim(comparison, was, is);
  const keys = new Set([...(before?.entries.keys() ?? []), ...(after?.entries.keys() ?? [])]);
  const differs = [...keys].filter((key) => !sameObject(resolved(signed, before, key), resolved(current, after, key)));
  if (claimed && differs.length === 0) return [];
  const isBookkeeping = after !== undefined && differs.every((key) => bookkeeping.has(key));
  const detail = `/Info: ${differs.map((key) => `/${key}`).join(', ')}`;
  return [{ kind: 'metadata', allowed: claimed && isBookkeeping, detail }];
}

function resolved(view: Comparison['signed'], dictionary: PdfDictionary | undefined, key: string): PdfObject {
  return view.resolve(dictionary?.entries.get(key));
}

function checkXmp(comparison: Comparison, was: PdfObject | undefined, is: PdfObject | undefined): Finding[] {
  if (sameObject(was, is) && !isTouched(comparison, is)) return [];
  const claimed = claim(comparison, was, is);
  const { signed, current } = comparison;
  const [before, after] = [descriptionIn(signed.resolve(was)), descriptionIn(current.resolve(is))];
  const isSame =
    after !== undefined &&
    // Where there was none, it may say again what /Info says.
    (before
      ? before.join('\n') === after.join('\n')
      : after.every((part) =>
          part
            .split(apart)
            .slice(1)
            .every((text) => infoTexts(comparison).has(text.trim())),
        ));
  return [{ kind: 'metadata', allowed: claimed && isSame, detail: '/Metadata' }];
}

function infoTexts({ signed }: Comparison): ReadonlySet<string> {
  const values = [...(signed.dictionary(signed.trailer.entries.get('Info'))?.entries.values() ?? [])];
  const texts = values.flatMap((value) => {
    const text = as('string', signed.resolve(value));
    return text ? [textOf(text).trim()] : [];
  });
  return new Set(['', ...texts]);
}

function isTouched({ modified, added }: Comparison, value: PdfObject | undefined): boolean {
  const link = as('reference', value);
  return link !== undefined && (modified.has(link.number) || added.has(link.number));
}

/** Accounts for the description's own object, replaced in place or new. */
function claim(comparison: Comparison, was: PdfObject | undefined, is: PdfObject | undefined): boolean {
  return comparison.claimOwn(was, is) && comparison.claimAdded(is);
}

/**
 * What an XMP packet says by Dublin Core: title, author, subject, description, each with its texts in order. How it is written
 * down is left to each program, as an element or as an attribute (ISO 16684-1 §7). `undefined` for what is no packet.
 */
function descriptionIn(value: PdfObject): string[] | undefined {
  const stream = as('stream', value);
  if (!stream || nameOf(stream.dictionary.entries.get('Type')) !== 'Metadata') return undefined;
  const text = decodeStructureStream(stream, new Budget(defaultLimits)).toString('utf8');
  const elements = text.matchAll(/<dc:(title|creator|subject|description)\b[^>]{0,2000}>([\s\S]{0,20000}?)<\/dc:\1>/gu);
  const attributes = text.matchAll(
    /\bdc:(title|creator|subject|description)\s{0,20}=\s{0,20}(?:"([^"<]*)"|'([^'<]*)')/gu,
  );
  return [
    ...[...elements].map(([, key, inside = '']) => [key, ...textsOf(inside)].join(apart)),
    ...[...attributes].map(([, key, one, other]) => [key, one ?? other ?? ''].join(apart)),
  ].sort();
}

const apart = '\0';
/** The texts between the tags, each once it has any. */
const textsOf = (inside: string) => inside.split(/<[^>]*>/u).flatMap((part) => part.trim() || []);
