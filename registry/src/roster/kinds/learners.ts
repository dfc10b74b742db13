import * as changes from '../../changes/populations.ts';
import type { PersonRow } from '../../changes/row.ts';
import { gradeOfClassCode, parseGrade } from '../../classes/grade.ts';
import type { Field } from '../columns/fields.ts';
import * as fields from '../columns/fields.ts';
import type { Places } from '../places.ts';
import { type Cells, classCodeOf, fullNameOf, localCodeOf, moetIdOf, personalNumberOf, RowRefused } from './cells.ts';
import type { RosterKind } from './kind.ts';
import { standingOf, unknownLearnerStatus } from './status.ts';

const fullName: Field = {
  id: 'fullName',
  names: [
    'Họ và tên',
    'Họ tên',
    'Họ và tên học sinh',
    'Họ tên học sinh',
    'Họ và tên khai sinh',
    'Họ và tên trẻ',
    'Tên học sinh',
  ],
};
const localCode: Field = {
  id: 'localCode',
  names: ['Mã học sinh', 'Mã HS', 'Mã số học sinh', 'Mã trường cấp', 'Mã trẻ', 'Số đăng bộ'],
  note: { vi: 'Mã riêng của trường, nếu có', en: "The school's own code, if it has one" },
};
const status: Field = {
  id: 'status',
  names: ['Trạng thái', 'Trạng thái học sinh', 'Tình trạng', 'Trạng thái học tập'],
  note: { vi: 'Đang học, Chuyển trường, Thôi học, …', en: 'Đang học, Chuyển trường, Thôi học, …' },
};

/** Learners of schools: who is in which class this year. */
export const learners: RosterKind = {
  id: 'learners',
  name: { vi: 'Học sinh', en: 'Learners' },
  action: 'roster.import',
  fields: [
    fields.schoolCode,
    fields.schoolName,
    fields.classCode,
    fields.grade,
    fields.moetId,
    localCode,
    fullName,
    fields.lastNames,
    fields.givenName,
    fields.birthDate,
    fields.gender,
    fields.personalNumber,
    status,
    ...fields.learnerDetails,
  ],
  required: [[['classCode']], [['fullName'], ['lastNames', 'givenName'], ['moetId']], [['birthDate'], ['moetId']]],
  examples: [
    {
      classCode: '5A',
      moetId: '7912345601',
      localCode: 'HS001',
      fullName: 'Nguyễn Thị An',
      birthDate: '05/09/2015',
      gender: 'Nữ',
      personalNumber: '079315000001',
      status: 'Đang học',
      ethnicity: 'Kinh',
      nationality: 'Việt Nam',
    },
    {
      classCode: 'Hoa Mai',
      grade: 'Lá',
      moetId: '7912345602',
      fullName: 'Trần Văn Bình',
      birthDate: '20/11/2020',
      gender: 'Nam',
      status: 'Đang học',
    },
  ],
  notes: [
    {
      vi: 'Mỗi dòng một học sinh. Giữ nguyên dòng tiêu đề; cột không cần có thể xoá.',
      en: 'One learner a row. Keep the header row; columns that are not needed may go.',
    },
    {
      vi: 'Cần có: Mã lớp; Họ và tên và Ngày sinh (khi đã có mã định danh của Bộ thì không bắt buộc).',
      en: "Needed: the class; name and birth date (not when the ministry's identifier is known here).",
    },
    {
      vi: 'Ô trống không xoá điều đã biết. Chỉ tệp được khai là đầy đủ mới ghi học sinh «rời trường».',
      en: 'An empty cell erases nothing. Only a file that is declared complete says that learners left.',
    },
  ],
  population: changes.learners,
  placeKinds: ['school', 'centre'],
  rowOf,
};

function rowOf(cells: Cells, places: Places): PersonRow {
  const standing = standingOf(cells.text('status'), 'learner');
  if (!standing) throw new RowRefused('status', unknownLearnerStatus);
  const name = fullNameOf(cells);
  const birthDate = cells.has('birthDate') ? cells.day('birthDate') : null;
  const moetId = moetIdOf(cells, 'moetId');
  if (name === null && moetId === null)
    throw new RowRefused('fullName', { vi: 'Dòng không có họ tên.', en: 'The row has no name.' });
  if (birthDate === null && moetId === null)
    throw new RowRefused('birthDate', { vi: 'Dòng không có ngày sinh.', en: 'The row has no birth date.' });
  const gone = standing === 'gone' ? cells.text('status') : null;
  const classCode = gone !== null && !cells.has('classCode') ? null : classCodeOf(cells, 'classCode');
  const details: Record<string, string> = {};
  for (const { id } of fields.learnerDetails) {
    const value = cells.text(id).slice(0, 200);
    if (value) details[id] = value;
  }
  return {
    row: cells.row,
    organisationId: places.of(cells),
    classCode,
    grade: gradeOf(cells.text('grade'), classCode),
    fullName: name,
    birthDate,
    gender: cells.gender('gender'),
    moetId,
    personalNumber: personalNumberOf(cells, 'personalNumber'),
    localCode: localCodeOf(cells),
    details,
    gone,
  };
}

/** From «Khối»; else from the class's own name. */
function gradeOf(cell: string, classCode: string | null): number | null {
  if (cell === '') return classCode === null ? null : (gradeOfClassCode(classCode) ?? null);
  const grade = parseGrade(cell) ?? (classCode === null ? undefined : gradeOfClassCode(classCode));
  if (grade !== undefined) return grade;
  throw new RowRefused('grade', {
    vi: 'Không rõ khối này; ghi Khối 1–12, Lá, Chồi, Mầm hoặc Nhà trẻ.',
    en: 'This grade is not known; write 1–12, Lá, Chồi, Mầm or Nhà trẻ.',
  });
}
