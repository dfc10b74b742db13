import type { PdfFile } from '../../pdf/document.ts';

const blank = /^[\0\t\n\f\r ]*$/u;

/**
 * Bytes behind the signed revision that belong to no listed object, cross-reference or trailer. A reader that repairs
 * files would find objects there which we do not see, so there may be none.
 */
export function strayBytes(file: PdfFile, revision: number, signedLength: number): string[] {
  const { bytes, revisions } = file;
  const problems: string[] = [];
  const report = (from: number, to: number) => {
    if (from < to && !blank.test(bytes.toString('latin1', from, to))) problems.push(`bytes ${from} to ${to}`);
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
      end = Math.max(end, object.end);
    }
    report(end, xrefOffset);
    const isTable = revisions[index]?.kind === 'table';
    const hasComment = isTable && bytes.subarray(xrefOffset, revisionEnd - '%%EOF'.length).includes('%');
    if (hasComment) problems.push(`a comment in the cross-reference at byte ${xrefOffset}`);
    end = revisionEnd;
  }
  report(end, bytes.length);
  if (end === signedLength && signedLength < bytes.length && problems.length === 0) return ['bytes behind the end'];
  return problems;
}
