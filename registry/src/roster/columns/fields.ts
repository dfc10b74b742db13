import type { Text } from '@edutrust/platform/messages';

/** Everything that a column of any roster may mean. */
export type FieldId =
  // where
  | 'schoolCode'
  | 'schoolName'
  | 'classCode'
  | 'grade'
  // who
  | 'moetId'
  | 'localCode'
  | 'personalNumber'
  | 'fullName'
  | 'lastNames'
  | 'givenName'
  | 'birthDate'
  | 'gender'
  | 'status'
  // kept as the source says it
  | 'ethnicity'
  | 'nationality'
  | 'province'
  | 'district'
  | 'ward'
  | 'fatherName'
  | 'fatherBirthYear'
  | 'motherName'
  | 'motherBirthYear'
  | 'guardianName'
  | 'guardianBirthYear'
  // staff
  | 'title'
  | 'homeroomOf'
  // guardians
  | 'childId'
  | 'childName'
  | 'childBirthDate'
  | 'relation'
  // organisations
  | 'organisationCode'
  | 'organisationName'
  | 'organisationKind'
  | 'level'
  | 'parentCode';

export interface Field {
  readonly id: FieldId;
  /** Headers that mean exactly this; the first is the one we show. */
  readonly names: readonly string[];
  /** Headers that may mean this; one of `names` in another column is better. */
  readonly also?: readonly string[];
  /** A line for the template. */
  readonly note?: Text;
}

/** The name of a column as people know it. */
export function headerOf(field: Field): string {
  return field.names[0] ?? field.id;
}

/** Without marks, case, spaces and punctuation; what is in brackets («(dd/mm/yyyy)», «(*)») falls away. */
export function foldHeader(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/\(.*?\)|\[.*?\]|[^a-z0-9]/g, '');
}

// Headers of real exports: the sector database's lists and update template, HCMC's lists, K12Online, SMAS, vnEdu.
export const schoolCode: Field = {
  id: 'schoolCode',
  names: ['Mã trường', 'Mã đơn vị', 'Mã cơ sở giáo dục', 'Mã trường học'],
  note: { vi: 'Để trống khi chọn trường lúc nhập', en: 'Empty when the school is chosen at the import' },
};
export const schoolName: Field = {
  id: 'schoolName',
  names: ['Tên trường', 'Trường học', 'Tên đơn vị', 'Tên trường học', 'Đơn vị công tác', 'Trường'],
};
export const classCode: Field = {
  id: 'classCode',
  names: ['Mã lớp', 'Lớp', 'Lớp học', 'Tên lớp', 'Tên lớp học'],
  also: ['Lớp hiện tại', 'Lớp đang học'],
};
export const grade: Field = {
  id: 'grade',
  names: ['Khối', 'Khối học', 'Khối lớp', 'Khối học/Nhóm lớp', 'Nhóm lớp', 'Khối/Nhóm lớp', 'Nhóm tuổi'],
  note: {
    vi: 'Khi tên lớp không cho biết khối: 1–12, Lá, Chồi, Mầm, Nhà trẻ',
    en: 'When the class name does not show it',
  },
};
export const moetId: Field = {
  id: 'moetId',
  names: [
    'Mã định danh Bộ GD&ĐT',
    'Mã định danh Bộ',
    'Mã định danh Bộ GDĐT',
    'Mã định danh BGDĐT',
    'Mã định danh do Bộ GD&ĐT cấp',
    'Mã định danh CSDL ngành',
  ],
  also: ['Mã định danh', 'Mã định danh học sinh', 'Mã định danh trẻ', 'Mã định danh cán bộ'],
};
export const personalNumber: Field = {
  id: 'personalNumber',
  names: [
    'Số ĐDCN',
    'Số định danh cá nhân',
    'Mã định danh cá nhân',
    'Mã số định danh cá nhân',
    'Số CCCD',
    'Số CMND/CCCD/ĐDCN',
    'Số CCCD/ĐDCN',
    'Số ĐDCN/CCCD',
    'ĐDCN',
    'CCCD',
    'Số căn cước',
    'Số căn cước công dân',
  ],
  also: ['Số CMND', 'Số CMND/CCCD', 'Số CMTND/CCCD', 'CMND/CCCD', 'CMND'],
  note: { vi: '12 chữ số, cột dạng văn bản', en: '12 digits, format the column as text' },
};
export const birthDate: Field = {
  id: 'birthDate',
  names: ['Ngày sinh', 'Ngày tháng năm sinh', 'Ngày, tháng, năm sinh', 'Sinh ngày'],
  note: { vi: 'ngày/tháng/năm', en: 'day/month/year' },
};
export const gender: Field = {
  id: 'gender',
  names: ['Giới tính', 'Phái', 'Nam/Nữ'],
  also: ['GT'],
  note: { vi: 'Nam, Nữ', en: 'Nam, Nữ' },
};
export const lastNames: Field = {
  id: 'lastNames',
  names: ['Họ đệm', 'Họ và tên đệm', 'Họ và đệm', 'Họ lót', 'Họ và chữ lót'],
  also: ['Họ'],
};
export const givenName: Field = { id: 'givenName', names: ['Tên'] };

const kept = (id: FieldId, ...names: string[]): Field => ({ id, names });
/** Kept with a learner as the source says them. */
export const learnerDetails: readonly Field[] = [
  kept('ethnicity', 'Dân tộc'),
  kept('nationality', 'Quốc tịch'),
  kept('province', 'Tỉnh', 'Tỉnh/Thành phố', 'Tỉnh thành'),
  kept('district', 'Huyện', 'Quận/Huyện', 'Quận huyện'),
  kept('ward', 'Xã', 'Phường/Xã', 'Phường xã', 'Xã/Phường'),
  kept('fatherName', 'Họ tên cha', 'Họ và tên cha', 'Tên cha', 'Họ tên bố', 'Họ và tên bố', 'Họ tên cha/bố'),
  kept('fatherBirthYear', 'Năm sinh cha', 'Năm sinh của cha', 'Năm sinh bố'),
  kept('motherName', 'Họ tên mẹ', 'Họ và tên mẹ', 'Tên mẹ'),
  kept('motherBirthYear', 'Năm sinh mẹ', 'Năm sinh của mẹ'),
  kept('guardianName', 'Họ và tên người giám hộ', 'Họ tên người giám hộ', 'Người giám hộ'),
  kept('guardianBirthYear', 'Năm sinh người giám hộ', 'Năm sinh của người giám hộ'),
];

/** The header that people know a field by. */
export function headerIn(fields: readonly Field[], id: string): string {
  const field = fields.find((one) => one.id === id);
  return field ? headerOf(field) : id;
}
