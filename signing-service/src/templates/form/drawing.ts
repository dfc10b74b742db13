import { drawMasthead, drawSeal, drawSignatory, drawTitle, drawVerification } from '../transcript/drawing.ts';
import { drawPdf } from '../transcript/pdf.ts';
import { transcriptPlaces } from '../transcript/places.ts';
import { page, type Sheet } from '../transcript/sheet.ts';
import { longDateText, normalised } from '../transcript/wording.ts';
import { type FormData, filled } from './form.ts';

const width = page.right - page.left;

/** Makes a form (PDF/A-3a) with its fields in it as JSON. The same data gives the same bytes. */
export function makeForm({ form, ...fields }: FormData): Promise<Buffer> {
  const data = { ...normalised(fields), form, values: texts(fields.values) };
  const frame = {
    title: `${form.name.vi} – số ${data.number} năm ${data.year}`,
    author: data.school.name,
    code: data.code,
    madeAt: data.issuedAt,
    file: {
      name: 'du-lieu.json',
      bytes: Buffer.from(JSON.stringify(dataOf(data)), 'utf8'),
      description: 'Dữ liệu của văn bản này',
      mediaType: 'application/json',
    },
  };
  return drawPdf(frame, (sheet) => {
    drawMasthead(sheet, data);
    drawTitle(sheet, form.heading, filled(form.below, valuesOf(data)) ?? `Số ${data.number}`);
    for (const sentence of form.body) drawParagraph(sheet, filled(sentence, valuesOf(data)));
    if (data.replaces) drawParagraph(sheet, `Thay cho bản mang mã ${data.replaces}.`);
    drawFoot(sheet, data);
  });
}

/** What a program reads of it: the fields by their keys, and which document they are of. */
function dataOf({ form, code, number, year, replaces, school, department, principal, values, issuedAt }: FormData) {
  return {
    type: `urn:edutrust:form:${form.kind}:1`,
    code,
    number,
    year,
    ...(replaces ? { replaces } : {}),
    department,
    school: school.name,
    principal,
    values,
    made: issuedAt.toISOString(),
  };
}

const valuesOf = ({ values, number, school }: FormData) => ({ ...values, number, school: school.name });

/** Unlike other texts these keep their line breaks: articles of a decision are paragraphs. */
const texts = (values: FormData['values']) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.normalize('NFC').trim()]));

function drawParagraph(sheet: Sheet, text: string | undefined): void {
  for (const part of text?.split('\n') ?? []) {
    if (!part.trim()) continue;
    const style = { size: 11.5, width, lineGap: 2.5 };
    sheet.ensure(sheet.heightOf(part, style) + 8);
    sheet.y += sheet.text('P', part.trim(), page.left, sheet.y, style) + 8;
  }
}

function drawFoot(sheet: Sheet, data: FormData): void {
  const { principal } = transcriptPlaces;
  const footTop = page.height - principal.rect[3] - 32;
  sheet.ensure(page.bottom - footTop);
  drawVerification(sheet, data, footTop);
  const wide = 240;
  const date = `${data.place}, ${longDateText(data.issuedAt)}`;
  sheet.text('P', date, page.right - wide, footTop, { width: wide, align: 'right', size: 8.5 });
  drawSignatory(sheet, data.principal, principal.rect, footTop + 14);
  drawSeal(sheet, data.school.name);
}
