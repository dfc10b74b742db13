import { faintInk, page, type Sheet } from '../transcript/sheet.ts';
import type { SchoolReportData } from './data.ts';

const width = page.right - page.left;

/** Who teaches which subject: those whose signatures the file carries without a block. */
export function drawTeachers(sheet: Sheet, { subjects }: SchoolReportData): void {
  const byTeacher = new Map<string, string[]>();
  for (const { name, teacher } of subjects)
    if (teacher) byTeacher.set(teacher, [...(byTeacher.get(teacher) ?? []), name]);
  if (byTeacher.size === 0) return;
  const line = [...byTeacher].map(([teacher, names]) => `${teacher} (${names.join(', ')})`).join('; ');
  drawPart(sheet, 'Giáo viên môn học đã ký xác nhận điểm', `${line}.`);
}

/** In grade 9 (Circular 10/2026/TT-BGDĐT). */
export function drawCompletion(sheet: Sheet, { completion }: SchoolReportData): void {
  if (completion) drawPart(sheet, 'Xác nhận hoàn thành chương trình giáo dục trung học cơ sở', completion);
}

/** Of a correction: which report it takes the place of. */
export function drawReplaced(sheet: Sheet, { version, replaces }: SchoolReportData): void {
  if (replaces) drawPart(sheet, 'Bản sửa', `Bản thứ ${version}, thay cho bản mang mã ${replaces}.`);
}

function drawPart(sheet: Sheet, heading: string, text: string): void {
  const style = { size: 9.5, width, lineGap: 1 };
  sheet.ensure(sheet.heightOf(text, style) + 24);
  sheet.y += 6;
  sheet.y += sheet.text('H2', heading, page.left, sheet.y, { size: 8.5, color: faintInk });
  sheet.y += sheet.text('P', text, page.left, sheet.y + 1, style) + 1;
}
