import type { TranscriptData } from './data.ts';
import { drawPdf } from './pdf.ts';
import { normalised } from './wording.ts';

export type { TranscriptData } from './data.ts';

/** Makes the transcript: one page unless the remarks are long. The same data gives the same bytes. */
export function makeTranscript(input: TranscriptData): Promise<Buffer> {
  return drawPdf(normalised(input), { heading: 'Bảng kết quả học tập' });
}
