import type { TranscriptData } from './data.ts';
import { drawFooting, drawMarks, drawMasthead, drawPupil, drawRemarks, drawTitle } from './drawing.ts';
import { drawPdf, type SheetFrame } from './pdf.ts';
import type { Sheet } from './sheet.ts';
import { normalised } from './wording.ts';

export type { TranscriptData } from './data.ts';

/** How one kind of a year's results differs from another. */
export interface YearKind extends Required<Pick<SheetFrame, 'file'>> {
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

/** Makes the transcript, its data in it as JSON: one page unless the remarks are long. The same data gives the same bytes. */
export function makeTranscript(input: TranscriptData): Promise<Buffer> {
  const { url: _, ...data } = normalised(input);
  const bytes = Buffer.from(JSON.stringify({ type: 'urn:edutrust:transcript:1', ...data }), 'utf8');
  const file = { name: 'du-lieu.json', bytes, description: 'Dữ liệu của văn bản này', mediaType: 'application/json' };
  return drawYear(normalised(input), { heading: 'Bảng kết quả học tập', file });
}
