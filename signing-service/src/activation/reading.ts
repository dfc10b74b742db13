import type { Database } from '@edutrust/platform/database';
import { marksInWords } from '../marks/in-words.ts';
import { unusualDueFor } from '../marks/unusual.ts';
import { isOfMarks } from '../templates/template.ts';
import type { DueDocument } from './documents.ts';

/** What somebody reads of a document before signing it. */
export interface Reading {
  /** The year's marks, for who signs without opening the file; null where there are none. */
  readonly marks: string | null;
  /** Its file has to be drawn: something in it stands out, or nothing but the file says what it is. */
  readonly mustOpen: boolean;
}

/**
 * What is read of each document. Nothing that stands out is signed unread, and neither is what has no marks that stand for
 * it; a seal asks for the second alone, since whoever signed has read what stood out.
 */
export async function readingOf(
  db: Database,
  documents: readonly DueDocument[],
  purpose: 'sign' | 'seal',
  signerId: string,
): Promise<(requestId: string) => Reading> {
  const ofMarks = documents.filter(({ kind }) => isOfMarks(kind));
  const marks = await marksInWords(db, ofMarks);
  const classIds = [...new Set(ofMarks.flatMap(({ classId }) => classId ?? []))];
  const odd = purpose === 'sign' && classIds.length > 0 ? await unusualDueFor(db, signerId, classIds) : [];
  const standOut = new Set(odd.map(({ requestId }) => requestId));
  return (requestId) => {
    const own = marks.get(requestId) ?? null;
    return { marks: own, mustOpen: own === null || standOut.has(requestId) };
  };
}
