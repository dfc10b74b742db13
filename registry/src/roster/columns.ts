import { InvalidInput } from '@edutrust/platform/errors';

/** What a column of the sector database's template means to us. */
export type RosterField =
  | 'schoolCode'
  | 'classCode'
  | 'moetId'
  | 'fullName'
  | 'birthDate'
  | 'gender'
  | 'personalNumber'
  | 'ethnicity'
  | 'nationality'
  | 'province'
  | 'district'
  | 'ward'
  | 'fatherName'
  | 'fatherBirthYear'
  | 'motherName'
  | 'motherBirthYear';

/** Headers as they are written, folded; the first is the one we show. */
const headers: Readonly<Record<RosterField, readonly string[]>> = {
  schoolCode: ['Mã trường', 'Mã đơn vị'],
  classCode: ['Mã lớp', 'Lớp'],
  moetId: ['Mã định danh Bộ GD&ĐT', 'Mã định danh Bộ', 'Mã học sinh'],
  fullName: ['Họ và tên', 'Họ tên', 'Họ và tên học sinh'],
  birthDate: ['Ngày sinh', 'Ngày sinh dd/mm/yyyy', 'Ngày tháng năm sinh'],
  gender: ['Giới tính'],
  personalNumber: ['Số ĐDCN', 'Số định danh cá nhân', 'Số CCCD'],
  ethnicity: ['Dân tộc'],
  nationality: ['Quốc tịch'],
  province: ['Tỉnh', 'Tỉnh/Thành phố'],
  district: ['Huyện', 'Quận/Huyện'],
  ward: ['Xã', 'Phường/Xã'],
  fatherName: ['Họ tên cha'],
  fatherBirthYear: ['Năm sinh cha'],
  motherName: ['Họ tên mẹ'],
  motherBirthYear: ['Năm sinh mẹ'],
};

export const requiredFields: readonly RosterField[] = ['classCode', 'fullName', 'birthDate'];
/** Kept with the person as the source says them. */
export const detailFields = [
  'ethnicity',
  'nationality',
  'province',
  'district',
  'ward',
  'fatherName',
  'fatherBirthYear',
  'motherName',
  'motherBirthYear',
] as const satisfies readonly RosterField[];

/** The name of a column as people know it. */
export function headerOf(field: RosterField): string {
  return headers[field][0] ?? field;
}

/** Without marks, case, spaces and punctuation; what is in brackets («(dd/mm/yyyy)») falls away. */
function foldHeader(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/\(.*?\)|[^a-z0-9]/g, '');
}

const byFoldedHeader = new Map(
  Object.entries(headers).flatMap(([field, names]) =>
    names.map((name) => [foldHeader(name), field as RosterField] as const),
  ),
);

/** Where each field stands in a row. */
export type ColumnMap = ReadonlyMap<RosterField, number>;

/** The columns of a header row; undefined when the row is none (a title above the table). */
export function readHeader(cells: readonly string[]): ColumnMap | undefined {
  const map = new Map<RosterField, number>();
  for (const [index, cell] of cells.entries()) {
    const field = byFoldedHeader.get(foldHeader(cell));
    if (field && !map.has(field)) map.set(field, index);
  }
  return map.size >= 2 ? map : undefined;
}

/** @throws InvalidInput `roster/missing-column`, naming each that is missing. */
export function mustHaveColumns(map: ColumnMap): void {
  const missing = requiredFields.filter((field) => !map.has(field)).map(headerOf);
  if (missing.length === 0) return;
  const list = missing.map((name) => `«${name}»`).join(', ');
  throw new InvalidInput(
    'roster/missing-column',
    { vi: `Tệp thiếu cột ${list}.`, en: `The file has no column ${list}.` },
    {
      remedy: {
        vi: 'Giữ nguyên dòng tiêu đề của tệp mẫu: STT, Mã lớp, Mã định danh Bộ GD&ĐT, Họ và tên, Ngày sinh, Giới tính, …',
        en: 'Keep the header row of the template: STT, Mã lớp, Mã định danh Bộ GD&ĐT, Họ và tên, Ngày sinh, Giới tính, …',
      },
    },
  );
}
