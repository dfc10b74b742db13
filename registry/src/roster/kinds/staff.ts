import * as changes from '../../changes/populations.ts';
import type { PersonRow } from '../../changes/row.ts';
import type { Field } from '../columns/fields.ts';
import * as fields from '../columns/fields.ts';
import type { Places } from '../places.ts';
import {
  type Cells,
  classCodeOf,
  fold,
  fullNameOf,
  localCodeOf,
  moetIdOf,
  personalNumberOf,
  RowRefused,
} from './cells.ts';
import type { RosterKind } from './kind.ts';
import { standingOf } from './status.ts';

const title: Field = {
  id: 'title',
  names: ['Chức vụ', 'Chức danh', 'Chức vụ/Chức danh'],
  also: ['Vị trí việc làm', 'Nhóm chức vụ', 'Loại cán bộ'],
  note: {
    vi: 'Giáo viên, Hiệu trưởng, Văn thư, …; «Giáo viên» được giao vai trò giáo viên ở trường',
    en: 'A «Giáo viên» is given the role of a teacher at the school',
  },
};
const homeroomOf: Field = {
  id: 'homeroomOf',
  names: ['Lớp chủ nhiệm', 'Chủ nhiệm lớp', 'Chủ nhiệm', 'GVCN lớp'],
  note: { vi: 'Tên lớp đã mở trong năm học này', en: 'A class that is open this year' },
};

/** Staff of schools, wards and the department, and which class a teacher is the homeroom teacher of. */
export const staff: RosterKind = {
  id: 'staff',
  name: { vi: 'Nhân sự', en: 'Staff' },
  action: 'roster.import',
  fields: [
    fields.schoolCode,
    fields.schoolName,
    fields.moetId,
    {
      id: 'localCode',
      names: ['Mã cán bộ', 'Mã CBGVNV', 'Mã CB-GV-NV', 'Mã giáo viên', 'Mã nhân viên', 'Mã GV', 'Mã viên chức'],
      note: { vi: 'Mã riêng của trường, nếu có', en: "The school's own code, if it has one" },
    },
    {
      id: 'fullName',
      names: [
        'Họ và tên',
        'Họ tên',
        'Họ tên cán bộ',
        'Họ và tên cán bộ',
        'Họ và tên giáo viên',
        'Họ tên giáo viên',
        'Họ và tên nhân viên',
      ],
    },
    fields.lastNames,
    fields.givenName,
    fields.birthDate,
    fields.gender,
    fields.personalNumber,
    title,
    homeroomOf,
    {
      id: 'status',
      names: ['Trạng thái', 'Tình trạng công tác', 'Trạng thái công tác', 'Trạng thái làm việc', 'Trạng thái CBGVNV'],
      note: {
        vi: 'Đang làm việc, Nghỉ việc, Nghỉ hưu, Chuyển công tác, …',
        en: 'Đang làm việc, Nghỉ việc, Nghỉ hưu, …',
      },
    },
  ],
  required: [
    [['fullName'], ['lastNames', 'givenName'], ['moetId']],
    [['birthDate'], ['moetId'], ['personalNumber'], ['localCode']],
  ],
  examples: [
    {
      moetId: '7910000001',
      localCode: 'GV001',
      fullName: 'Lê Thị Bích',
      birthDate: '14/03/1985',
      gender: 'Nữ',
      personalNumber: '079185000001',
      title: 'Giáo viên',
      homeroomOf: '5A',
      status: 'Đang làm việc',
    },
    {
      moetId: '7910000002',
      fullName: 'Phạm Quốc Bảo',
      birthDate: '02/09/1978',
      gender: 'Nam',
      title: 'Văn thư',
      status: 'Đang làm việc',
    },
  ],
  notes: [
    {
      vi: 'Mỗi dòng một người. Cần có: Họ và tên, và ít nhất một trong: Ngày sinh, mã định danh, số ĐDCN, mã cán bộ.',
      en: 'One person a row. Needed: the name, and one of birth date, identifier, personal number, code.',
    },
    {
      vi: 'Tệp không giao vai trò nào cao hơn giáo viên; các vai trò khác giao trên trang của từng người.',
      en: "A file gives no role above a teacher's; others are granted on the person's page.",
    },
  ],
  population: changes.staff,
  placeKinds: ['school', 'centre', 'ward', 'department'],
  rowOf,
};

function rowOf(cells: Cells, places: Places): PersonRow {
  const standing = standingOf(cells.text('status'), 'staff');
  if (!standing)
    throw new RowRefused('status', {
      vi: 'Không rõ trạng thái này; dùng: Đang làm việc, Nghỉ thai sản, Thỉnh giảng · Nghỉ việc, Nghỉ hưu, Chuyển công tác.',
      en: 'This status is not known; use: Đang làm việc, Nghỉ thai sản, Thỉnh giảng · Nghỉ việc, Nghỉ hưu, Chuyển công tác.',
    });
  const name = fullNameOf(cells);
  const birthDate = cells.has('birthDate') ? cells.day('birthDate') : null;
  const moetId = moetIdOf(cells, 'moetId');
  const personalNumber = personalNumberOf(cells, 'personalNumber');
  const localCode = localCodeOf(cells);
  if (name === null && moetId === null)
    throw new RowRefused('fullName', { vi: 'Dòng không có họ tên.', en: 'The row has no name.' });
  if (birthDate === null && moetId === null && personalNumber === null && localCode === null)
    throw new RowRefused('birthDate', {
      vi: 'Dòng cần ngày sinh, mã định danh, số ĐDCN hoặc mã cán bộ để nhận ra người này ở lần sau.',
      en: 'The row needs a birth date, an identifier, a personal number or a code, to know the person again.',
    });
  const what = cells.text('title').slice(0, 120);
  const homeroom = cells.has('homeroomOf') ? classCodeOf(cells, 'homeroomOf') : null;
  return {
    row: cells.row,
    organisationId: places.of(cells),
    fullName: name,
    birthDate,
    gender: cells.gender('gender'),
    moetId,
    personalNumber,
    localCode,
    gone: standing === 'gone' ? cells.text('status') : null,
    role:
      homeroom !== null || /\b(?:giao vien|giang vien|to truong chuyen mon|gv)\b/.test(fold(what))
        ? 'teacher'
        : 'staff',
    title: what || null,
    homeroomOf: homeroom,
  };
}
