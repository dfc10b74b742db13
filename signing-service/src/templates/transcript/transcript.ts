import type { TranscriptData } from './data.ts';
import { drawFooting, drawMarks, drawMasthead, drawPupil, drawRemarks, drawTitle } from './drawing.ts';
import { drawPdf, type SheetFrame } from './pdf.ts';
import type { Sheet } from './sheet.ts';
import { normalised } from './wording.ts';

export type { TranscriptData } from './data.ts';

/** How one kind of a year's results differs from another. */
export interface YearKind extends Pick<SheetFrame, 'subset' | 'file'> {
  /** As a person writes it: `Bảng kết quả học tập`. */
  readonly heading: string;
  /** Draws what only this kind has, behind the remarks. */
  readonly further?: (sheet: Sheet) => void;
}

/** Draws a learner's year, with a QR to `{url}/verify/{code}`. The same data gives the same bytes. */
export function drawYear(data: TranscriptData, { heading, further, ...kind }: YearKind): Promise<Buffer> {
  const frame = {
    ...kind,
    title: `${heading} – ${data.pupil.fullName} – lớp ${data.className}, năm học ${data.schoolYear}`,
    author: data.school.name,
    code: data.code,
    madeAt: data.issuedAt,
  };
  return drawPdf(frame, (sheet) => {
    drawMasthead(sheet, data);
    drawTitle(sheet, heading, `Năm học ${data.schoolYear}`);
    drawPupil(sheet, data);
    drawMarks(sheet, data);
    drawRemarks(sheet, data);
    further?.(sheet);
    drawFooting(sheet, data);
  });
}

/** Makes the transcript: one page unless the remarks are long. The same data gives the same bytes. */
export function makeTranscript(input: TranscriptData): Promise<Buffer> {
  return drawYear(normalised(input), { heading: 'Bảng kết quả học tập' });
}
