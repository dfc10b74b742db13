export type { Mark, SubjectMarks, TermResults, TranscriptData } from './data.ts';
import type { TranscriptData } from './data.ts';

/** Where the principal's visible signature goes: a place at the foot of the last page that nothing else is drawn on. In points from the lower left corner. */
export const transcriptSignaturePlace: { readonly page: 'last'; readonly rect: readonly [number, number, number, number] } = {
  page: 'last',
  rect: [306, 96, 546, 176],
};

/** Makes the transcript, A4, one page unless the remarks are long. The same data gives the same bytes. */
export declare function makeTranscript(data: TranscriptData): Promise<Buffer>;
