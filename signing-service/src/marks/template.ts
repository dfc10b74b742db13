import type { Database } from '@edutrust/platform/database';
import { toCsv, writeWorkbook } from '@edutrust/registry/spreadsheets';
import { listClassLearners } from '../requests/registry.ts';
import type { MarksColumn } from './columns.ts';
import { currentMarks, findMarkedClass } from './marks.ts';
import { byGivenName } from './sheet.ts';
import type { MarkValue } from './values.ts';

/** Headers that say who a row is about; the rest are the columns of the class. */
export const identityHeaders = {
  number: 'STT',
  educationId: 'Mã giáo dục',
  fullName: 'Họ và tên',
  birthDate: 'Ngày sinh',
} as const;

/** A class's file to fill in, as a download. */
export interface MarksTemplate {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  /** The ids of those who are in it. */
  readonly people: readonly string[];
}

/**
 * The class's template: a row for each of its learners, with the marks that are there. What is downloaded can be imported
 * as it is. In a workbook every cell is text and a second sheet says what each column takes.
 *
 * @throws NotFound; Conflict `marks/no-transcript`.
 */
export async function marksTemplate(db: Database, classId: string, format: 'csv' | 'xlsx'): Promise<MarksTemplate> {
  const marked = await findMarkedClass(db, classId);
  const learners = (await listClassLearners(db, classId)).sort(byGivenName);
  const marks = await currentMarks(db, classId);
  const header = [...Object.values(identityHeaders), ...marked.columns.map(({ label }) => label)];
  const rows = learners.map(({ personId, educationId, fullName, birthDate }, index) => [
    String(index + 1),
    educationId,
    fullName,
    birthDate?.split('-').reverse().join('/') ?? '',
    ...marked.columns.map(({ key }) => cellText(marks.get(personId)?.values[key] ?? null)),
  ]);
  const people = learners.map(({ personId }) => personId);
  const fileName = `diem-lop-${marked.code.replaceAll(/[^\p{L}\d.-]/gu, '-')}-${marked.schoolYear}.${format}`;
  if (format === 'csv') {
    return { fileName, people, contentType: 'text/csv; charset=utf-8', bytes: toCsv([header, ...rows]) };
  }
  return {
    fileName,
    people,
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    bytes: writeWorkbook([
      { name: 'Điểm', rows: [header, ...rows], isHeaderBold: true },
      { name: 'Hướng dẫn', rows: [...notes.map((note) => [note]), [''], ...marked.columns.map(explain)] },
    ]),
  };
}

const notes = [
  'Không đổi cột «Mã giáo dục» và «Họ và tên»: mỗi dòng phải đúng là em đó.',
  'Ô để trống thì giữ nguyên điểm đang có. Xoá điểm thì làm trên màn hình.',
  'Sau khi chọn tệp, hệ thống cho xem trước từng thay đổi; chưa có gì được ghi cho tới khi bấm áp dụng.',
];

/** A column's header and what may stand below it. */
function explain({ label, kind, choices = [], isRequired }: MarksColumn): string[] {
  const takes = {
    mark: 'từ 0 đến 10, nhiều nhất một chữ số thập phân',
    test: 'số nguyên từ 1 đến 10',
    count: 'số nguyên từ 0',
    text: 'một vài câu',
    choice: choices.map(({ value }) => value).join(' / '),
  }[kind];
  return [label, takes, isRequired ? 'bắt buộc' : ''];
}

/** `8.5` → `8,5`, as Vietnamese spreadsheets write it. */
export function cellText(value: MarkValue | null): string {
  return typeof value === 'number' ? String(value).replace('.', ',') : (value ?? '');
}
