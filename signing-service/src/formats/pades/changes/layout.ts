import type { PdfFile } from '../../pdf/document.ts';

/** White space and whole comments (ISO 32000-1 §7.2.3), as several programs write one before each `startxref`. */
const comment = /%[^\r\n]*(?=[\r\n])/gu;
const written = /[^\0\t\n\f\r ]/u;
/** What a reader that repairs files could take for a part of one. */
const structure = /\bobj\b|\bendobj\b|stream\b|xref\b|trailer\b|EOF|<<|>>/u;

/** What such a reader takes for an object or a trailer of its own, wherever it stands: in a stream's data, too. */
const inside =
  /(?:^|[\0\t\n\f\r >])\d{1,10}[\0\t\n\f\r ]+\d{1,5}[\0\t\n\f\r ]+obj\b|\btrailer[\0\t\n\f\r ]*<<|\bstartxref[\0\t\n\f\r ]+\d/u;
const header = /^\d+[^o]*obj/u;

const isHarmless = (text: string) => !written.test(text.replaceAll(comment, '')) && !structure.test(text);

/**
 * Bytes behind the signed revision that belong to no listed object, cross-reference or trailer. A reader that repairs
 * files would find objects there which we do not see, so there may be none.
 */
export function strayBytes(file: PdfFile, revision: number, signedLength: number): string[] {
  const { bytes, revisions } = file;
  const problems: string[] = [];
  const report = (from: number, to: number) => {
    if (from < to && !isHarmless(bytes.toString('latin1', from, to))) problems.push(`bytes ${from} to ${to}`);
  };
  let end = signedLength;
  for (let index = revision + 1; index < revisions.length; index++) {
    const { entries, xrefOffset, end: revisionEnd } = revisions[index] ?? { entries: new Map(), xrefOffset: 0, end: 0 };
    const placed: { start: number; end: number }[] = [];
    for (const [number, entry] of entries) {
      if (entry.type !== 'offset') continue;
      if (entry.offset < end) problems.push(`object ${number} points back to byte ${entry.offset}`);
      // A cross-reference stream lists itself; it is measured with the trailer.
      else if (entry.offset !== xrefOffset)
        placed.push(file.placedAt(entry.offset, number, entry.generation, file.at(index)));
    }
    placed.sort((a, b) => a.start - b.start);
    for (const object of placed) {
      if (object.start < end) problems.push(`objects overlap at byte ${object.start}`);
      report(end, object.start);
      const text = bytes.toString('latin1', object.start, object.end).replace(header, '');
      if (inside.test(text)) problems.push(`an object inside the object at byte ${object.start}`);
      end = Math.max(end, object.end);
    }
    report(end, xrefOffset);
    const isTable = revisions[index]?.kind === 'table';
    const table = isTable ? bytes.toString('latin1', xrefOffset, revisionEnd - '%%EOF'.length) : '';
    const comments = table.includes('%') ? (table.match(/%[^\r\n]*/gu) ?? []) : [];
    if (comments.some((comment) => structure.test(comment)))
      problems.push(`a comment in the cross-reference at byte ${xrefOffset}`);
    end = revisionEnd;
  }
  report(end, bytes.length);
  return problems;
}

/** Whether nothing but white space and comments stands behind the signed bytes: no later revision, and yet not all was signed. */
export function isOnlyPadded(file: PdfFile, revision: number, signedLength: number): boolean {
  return revision === file.revisions.length - 1 && signedLength < file.bytes.length;
}
