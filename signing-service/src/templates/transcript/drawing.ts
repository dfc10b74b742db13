import { encode } from 'uqr';
import type { MarksRow, Signatory, TranscriptData } from './data.ts';
import { transcriptPlaces } from './places.ts';
import { faintInk, ink, page, pale, type Rect, ruled, type Sheet, type TextStyle } from './sheet.ts';
import { dateText, educationIdText, longDateText, markText } from './wording.ts';

const width = page.right - page.left;

/** The issuer at the left, the country's name and motto at the right (Decree 30/2020/NĐ-CP, annex I). */
export function drawMasthead(sheet: Sheet, data: Pick<TranscriptData, 'department' | 'school'>): void {
  const left = { width: 208, align: 'center' } as const;
  const right = { width: 268, align: 'center' } as const;
  const rightX = page.right - right.width;
  let y = page.top;
  const rightHeight = sheet.heightOf('C', { ...right, size: 10 });
  const issuer = balanced(sheet, data.department.toLocaleUpperCase('vi'), { ...left, size: 8.5 });
  y += sheet.text('P', issuer, page.left, y, { ...left, size: 8.5 }) + 1;
  const school = balanced(sheet, data.school.name.toLocaleUpperCase('vi'), { ...left, size: 9.5, font: 'bold' });
  y += sheet.text('P', school, page.left, y, { ...left, size: 9.5, font: 'bold' });
  rule(sheet, page.left + 64, y + 3, 80);
  const country = 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM';
  sheet.text('P', country, rightX, page.top, { ...right, size: 10, font: 'bold' });
  const mottoY = page.top + rightHeight + 1;
  const mottoHeight = sheet.text('P', 'Độc lập - Tự do - Hạnh phúc', rightX, mottoY, {
    ...right,
    size: 10.5,
    font: 'semibold',
  });
  rule(sheet, rightX + 59, mottoY + mottoHeight + 3, 150);
  sheet.y = Math.max(y, mottoY + mottoHeight) + 26;
}

/** What the document is, and below it of when or about what. */
export function drawTitle(sheet: Sheet, heading: string, below: string): void {
  const centred = { width, align: 'center' } as const;
  sheet.y += sheet.text('H1', heading.toLocaleUpperCase('vi'), page.left, sheet.y, {
    ...centred,
    size: 22,
    font: 'bold',
    spacing: 0.4,
  });
  sheet.y += 1;
  sheet.y += sheet.text('P', below, page.left, sheet.y, {
    ...centred,
    size: 11,
    font: 'medium',
    color: faintInk,
  });
  sheet.y += 14;
}

/** Who: the name large, the rest in two columns of ruled rows, each label beside its value. */
export function drawPupil(sheet: Sheet, data: Pick<TranscriptData, 'pupil' | 'className'>): void {
  const { pupil } = data;
  const fields: readonly (readonly [string, string])[] = [
    ['Mã giáo dục', educationIdText(pupil.educationId)],
    ['Lớp', data.className],
    ['Ngày sinh', dateText(pupil.birthDate)],
    ['Giới tính', pupil.gender === 'female' ? 'Nữ' : pupil.gender === 'male' ? 'Nam' : '–'],
    ...(pupil.birthPlace ? [['Nơi sinh', pupil.birthPlace] as const] : []),
  ];
  sheet.y += sheet.text('P', 'Học sinh', page.left, sheet.y, { size: 8.5, color: faintInk });
  sheet.y += sheet.text('H2', pupil.fullName, page.left, sheet.y, { width, size: 17, font: 'semibold' }) + 4;
  for (let index = 0; index < fields.length; index += 2) {
    rule(sheet, page.left, sheet.y, width, ruled);
    fields.slice(index, index + 2).forEach(([label, value], column) => {
      const x = page.left + column * (width / 2);
      sheet.text('P', label, x, sheet.y + 3.6, { size: 9, color: faintInk, width: 78 });
      const style = { size: 10, font: 'medium', width: width / 2 - 84 } as const;
      sheet.text('P', fitted(sheet, value, style.width - 8), x + 78, sheet.y + 2.8, style);
    });
    sheet.y += rowHeight;
  }
  rule(sheet, page.left, sheet.y, width, ruled);
  sheet.y += 16;
}

interface Column {
  readonly title: string;
  readonly x: number;
  readonly width: number;
  readonly align: 'left' | 'center';
}

/** Number and subject, then the columns of marks in equal widths. */
function columnsFor(titles: readonly string[]): readonly Column[] {
  const subjectWidth = titles.length > 3 ? 193 : 213;
  const marksX = 34 + subjectWidth;
  const each = (width - marksX) / Math.max(titles.length, 1);
  return [
    { title: 'STT', x: 0, width: 34, align: 'center' },
    { title: 'Môn học', x: 34, width: subjectWidth, align: 'left' },
    ...titles.map((title, index) => ({ title, x: marksX + index * each, width: each, align: 'center' as const })),
  ];
}

/** Of a row of one line; what takes more lines has a taller one. */
const rowHeight = 18;
/** Above and below the words of a row. */
const rowPadding = { top: 3.2, bottom: 2.2 } as const;

type RowKind = 'head' | 'subject' | 'result';

/** Marks by subject, then the results of the whole learner, in one table whose header is repeated on a new page. */
export function drawMarks(sheet: Sheet, data: Pick<TranscriptData, 'columns' | 'subjects' | 'results'>): void {
  const table = sheet.group('Table');
  const columns = columnsFor(data.columns);
  const row = (cells: readonly string[], kind: RowKind) => {
    const drawn = columns.map((column, position) => {
      const inset = column.align === 'left' ? 8 : 0;
      const style = {
        ...styleOf(kind, position, position === columns.length - 1),
        align: column.align,
        width: column.width - inset,
      };
      const text = position === 1 ? fitted(sheet, cells[1] ?? '', column.width - 12) : (cells[position] ?? '');
      return { text, style, x: page.left + column.x + inset };
    });
    const tallest = Math.max(...drawn.map(({ text, style }) => sheet.heightOf(text, style)));
    const height = Math.max(rowHeight, rowPadding.top + tallest + rowPadding.bottom);
    if (kind !== 'head' && sheet.ensure(height)) head();
    drawRules(sheet, columns, kind, height);
    const element = sheet.group('TR', table);
    drawn.forEach(({ text, style, x }, position) => {
      const scope = kind === 'head' ? ('Column' as const) : position === 1 ? ('Row' as const) : undefined;
      const shift = kind !== 'head' && position > 1 ? commaShift(sheet, text, style) : 0;
      const cell = scope ? { ...style, scope } : style;
      sheet.text(scope ? 'TH' : 'TD', text, x + shift, sheet.y + rowPadding.top, cell, element);
    });
    element.end();
    sheet.y += height;
  };
  const head = () =>
    row(
      columns.map(({ title }) => title),
      'head',
    );
  head();
  const cells = ({ name, marks }: MarksRow) => [name, ...marks.map(markText)];
  data.subjects.forEach((subject, index) => {
    row([String(index + 1), ...cells(subject)], 'subject');
  });
  data.results.forEach((result, index) => {
    if (index === 0) rule(sheet, page.left, sheet.y, width, ink);
    row(['', ...cells(result)], 'result');
  });
  rule(sheet, page.left, sheet.y, width, ink);
  table.end();
  sheet.y += 12;
}

/** The year's column is tinted; a strong rule above and below the head, a fine one below each row. */
function drawRules(sheet: Sheet, columns: readonly Column[], kind: RowKind, height: number): void {
  const year = columns.at(-1);
  sheet.decorate((pdf) => {
    if (year && columns.length > 2) pdf.rect(page.left + year.x, sheet.y, year.width, height).fill(pale);
  });
  if (kind === 'head') rule(sheet, page.left, sheet.y, width, ink);
  rule(sheet, page.left, sheet.y + height, width, kind === 'head' ? ink : ruled);
}

function styleOf(kind: RowKind, position: number, isYear: boolean): TextStyle {
  const isStrong = kind !== 'subject' || isYear;
  return {
    size: kind === 'head' ? 9 : 10,
    font: isStrong ? 'semibold' : 'regular',
    color: position === 0 ? faintInk : ink,
  };
}

/** How far a centred mark moves so that the commas of a column stand below each other: `10` as if it were `10,0`. */
function commaShift(sheet: Sheet, text: string, { font = 'regular', size = 10 }: TextStyle): number {
  if (!/^\d+(?:,\d)?$/u.test(text)) return 0;
  sheet.pdf.font(font).fontSize(size);
  const [whole = '', tenths] = text.split(',');
  const after = tenths === undefined ? 0 : sheet.pdf.widthOfString(`,${tenths}`);
  const [shown, usual] = [
    sheet.pdf.widthOfString(whole) - after,
    sheet.pdf.widthOfString('8') - sheet.pdf.widthOfString(',8'),
  ];
  return (usual - shown) / 2;
}

/** Days missed, award, outcome in one line; the class teacher's remarks below. */
export function drawRemarks(
  sheet: Sheet,
  data: Pick<TranscriptData, 'absentDays' | 'award' | 'outcome' | 'remarks'>,
): void {
  const facts = [
    data.absentDays === undefined ? null : `Số ngày nghỉ học: ${data.absentDays}`,
    data.award ? `Khen thưởng: ${data.award}` : null,
    data.outcome ?? null,
  ].filter((fact) => fact !== null);
  if (facts.length > 0) {
    const style: TextStyle = { size: 10, font: 'medium', width };
    const line = facts.join('   ·   ');
    sheet.ensure(sheet.heightOf(line, style) + 6);
    sheet.y += sheet.text('P', line, page.left, sheet.y, style) + 6;
  }
  if (!data.remarks) return;
  sheet.ensure(40);
  sheet.y += sheet.text('H2', 'Nhận xét của giáo viên chủ nhiệm', page.left, sheet.y, {
    size: 8.5,
    color: faintInk,
  });
  const style: TextStyle = { size: 10, width, lineGap: 1.5 };
  for (const part of brokenToFit(sheet, data.remarks, style, page.bottom - page.top - 60)) {
    sheet.ensure(sheet.heightOf(part, style));
    sheet.y += sheet.text('P', part, page.left, sheet.y + 1, style) + 1;
  }
}

/** QR, code and what they prove at the left; the two signatures beside each other, the seal's place below them: at the foot of the last page. */
export function drawFooting(sheet: Sheet, data: TranscriptData): void {
  const { 'class-teacher': teacherPlace, principal: principalPlace } = transcriptPlaces;
  const footTop = page.height - principalPlace.rect[3] - 32;
  sheet.ensure(page.bottom - footTop);
  drawVerification(sheet, data, footTop);
  const date = `${data.place}, ${longDateText(data.issuedAt)}`;
  const wide = 240; // for the longest name of a place, in one line
  sheet.text('P', date, page.right - wide, footTop, { width: wide, align: 'right', size: 8.5 });
  drawSignatory(sheet, data.classTeacher, teacherPlace.rect, footTop + 14);
  drawSignatory(sheet, data.principal, principalPlace.rect, footTop + 14);
  drawSeal(sheet, data.school.name);
}

/** The place of the school's seal. */
export function drawSeal(sheet: Sheet, school: string): void {
  const { rect } = transcriptPlaces['school-seal'];
  const [left, , , top] = rect;
  sheet.text('P', 'Dấu của trường', left, page.height - top - 8.4, { size: 6.5, color: faintInk });
  sheet.place(rect, `Ô dấu số của ${school}`);
}

/** The title above the place of a signature, the name below it. */
export function drawSignatory(sheet: Sheet, { fullName, title }: Signatory, rect: Rect, titleY: number): void {
  const [left, bottom, right] = rect;
  const style = { width: right - left, align: 'center' } as const;
  const upper = title.toLocaleUpperCase('vi');
  // Who signs in another's place has both titles, one below the other (Decree 30/2020/NĐ-CP, annex I).
  const lines = /^(?:KT|TL|TUQ)\. /.test(upper) ? upper.split(' – ') : [upper];
  lines.forEach((line, index) => {
    const [y, size] = lines.length > 1 ? [titleY - 3 + index * 9.4, 8] : [titleY, 9.5];
    sheet.text('P', line, left, y, { ...style, size, font: 'bold' });
  });
  sheet.place(rect, `Ô chữ ký số của ${fullName}, ${title}`);
  sheet.text('P', fullName, left, page.height - bottom + 2, { ...style, size: 10, font: 'semibold' });
}

/** QR, code and what they prove, at the left margin below `top`. */
export function drawVerification(sheet: Sheet, data: Pick<TranscriptData, 'code' | 'url'>, top: number): void {
  const address = new URL(`/verify/${encodeURIComponent(data.code)}`, data.url).href;
  const size = 76;
  sheet.figure(`Mã QR dẫn tới ${address}`, (pdf) => {
    const { data: modules, size: count } = encode(address, { ecc: 'M', border: 0 });
    const side = size / count;
    modules.forEach((line, row) => {
      // Neighbouring modules are one rectangle: no hairlines between them when printed.
      for (let from = 0; from < count; from++) {
        if (!line[from]) continue;
        let to = from;
        while (to < count && line[to]) to++;
        pdf.rect(page.left + from * side, top + 4 + row * side, (to - from) * side, side);
        from = to;
      }
    });
    pdf.fill(ink);
  });
  let y = top + size + 8;
  const line = (text: string, style: TextStyle) => {
    y += sheet.text('P', text, page.left, y, { width: 132, ...style }) + 1.5;
  };
  line(data.code, { size: 10, font: 'semibold' });
  line(address.replace(/^https?:\/\//u, ''), { size: 7 });
  line(
    'Quét mã hoặc mở địa chỉ này để xem bản gốc đã ký số và đối chiếu. Riêng tờ giấy này không chứng minh được gì.',
    {
      size: 7,
      color: faintInk,
    },
  );
}

function rule(sheet: Sheet, x: number, y: number, length: number, color = ink): void {
  sheet.decorate((pdf) => {
    pdf
      .lineWidth(color === ink ? 0.8 : 0.5)
      .strokeColor(color)
      .moveTo(x, y)
      .lineTo(x + length, y)
      .stroke();
  });
}

/** The text in two lines of nearly one width when it does not fit on one: a heading with one word on a line looks broken. */
function balanced(sheet: Sheet, text: string, style: TextStyle): string {
  sheet.pdf.font(style.font ?? 'regular').fontSize(style.size ?? 10);
  if (sheet.pdf.widthOfString(text) <= (style.width ?? width)) return text;
  // The kind of school stays together: "Trường Trung học cơ sở", then its name.
  const kind = /^TRƯỜNG (?:TIỂU HỌC|TRUNG HỌC CƠ SỞ|TRUNG HỌC PHỔ THÔNG|MẦM NON) /u.exec(text)?.[0];
  if (kind) return `${kind.trimEnd()}\n${text.slice(kind.length)}`;
  const words = text.split(' ');
  const widest = (at: number) =>
    Math.max(sheet.pdf.widthOfString(words.slice(0, at).join(' ')), sheet.pdf.widthOfString(words.slice(at).join(' ')));
  let best = 1;
  for (let at = 2; at < words.length; at++) if (widest(at) < widest(best)) best = at;
  return `${words.slice(0, best).join(' ')}\n${words.slice(best).join(' ')}`;
}

/** One line of the text: cut with an ellipsis where the cell ends. */
function fitted(sheet: Sheet, text: string, maxWidth: number): string {
  sheet.pdf.font('semibold').fontSize(10);
  if (sheet.pdf.widthOfString(text) <= maxWidth) return text;
  let cut = text;
  while (cut.length > 1 && sheet.pdf.widthOfString(`${cut}…`) > maxWidth) cut = cut.slice(0, -1);
  return `${cut.trimEnd()}…`;
}

/** The text in parts of whole words, none taller than a page. */
function brokenToFit(sheet: Sheet, text: string, style: TextStyle, maxHeight: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const word of text.split(' ')) {
    const longer = part ? `${part} ${word}` : word;
    if (part && longer.length % 40 < word.length + 1 && sheet.heightOf(longer, style) > maxHeight) {
      parts.push(part);
      part = word;
    } else part = longer;
  }
  return part ? [...parts, part] : parts;
}
