import * as changes from '../../changes/populations.ts';
import type { PersonRow } from '../../changes/row.ts';
import type { Relation } from '../../guardians/guardians.ts';
import * as fields from '../columns/fields.ts';
import type { Places } from '../places.ts';
import { type Cells, fold, localCodeOf, moetIdOf, personalNumberOf, RowRefused } from './cells.ts';
import type { RosterKind } from './kind.ts';

/** Who are the mother, the father or another guardian of a learner. */
export const guardians: RosterKind = {
  id: 'guardians',
  name: { vi: 'Người giám hộ', en: 'Guardians' },
  action: 'roster.import',
  fields: [
    fields.schoolCode,
    fields.schoolName,
    {
      id: 'childId',
      names: [
        'Mã định danh học sinh',
        'Mã định danh Bộ GD&ĐT',
        'Mã định danh Bộ',
        'Mã định danh Bộ GD&ĐT của học sinh',
      ],
      also: ['Mã định danh'],
      note: { vi: 'Mã định danh Bộ GD&ĐT của học sinh', en: "The learner's ministry identifier" },
    },
    {
      id: 'localCode',
      names: ['Mã học sinh', 'Mã HS'],
      note: { vi: 'Mã riêng của trường', en: "The school's own code" },
    },
    { id: 'childName', names: ['Họ và tên học sinh', 'Họ tên học sinh', 'Học sinh', 'Họ tên con', 'Họ và tên con'] },
    {
      id: 'childBirthDate',
      names: ['Ngày sinh học sinh', 'Ngày sinh của học sinh', 'Ngày sinh con'],
      note: { vi: 'Khi không có mã nào', en: 'Where there is no identifier' },
    },
    {
      id: 'fullName',
      names: [
        'Họ và tên người giám hộ',
        'Họ tên người giám hộ',
        'Họ và tên phụ huynh',
        'Họ tên phụ huynh',
        'Phụ huynh',
        'Người giám hộ',
      ],
    },
    {
      id: 'relation',
      names: ['Quan hệ', 'Mối quan hệ', 'Quan hệ với học sinh'],
      note: { vi: 'Cha, Mẹ, Người giám hộ', en: 'Cha, Mẹ, Người giám hộ' },
    },
    { id: 'birthDate', names: ['Ngày sinh người giám hộ', 'Ngày sinh phụ huynh', 'Ngày sinh của người giám hộ'] },
    {
      id: 'personalNumber',
      names: ['Số ĐDCN người giám hộ', 'Số CCCD người giám hộ', 'Số CCCD phụ huynh', 'Số ĐDCN phụ huynh'],
      also: ['Số ĐDCN', 'Số CCCD', 'Số định danh cá nhân'],
      note: { vi: '12 chữ số, cột dạng văn bản', en: '12 digits, format the column as text' },
    },
  ],
  required: [[['fullName']], [['relation']], [['childName']], [['childId'], ['localCode'], ['childBirthDate']]],
  examples: [
    {
      childId: '7912345601',
      childName: 'Nguyễn Thị An',
      fullName: 'Nguyễn Văn Hùng',
      relation: 'Cha',
      birthDate: '15/01/1985',
      personalNumber: '079085000001',
    },
    { childName: 'Trần Văn Bình', childBirthDate: '20/11/2020', fullName: 'Lê Thị Lụa', relation: 'Mẹ' },
  ],
  notes: [
    {
      vi: 'Mỗi dòng một người giám hộ của một học sinh; em có hai người thì ghi hai dòng.',
      en: 'One guardian of one learner a row; two guardians are two rows.',
    },
    {
      vi: 'Học sinh phải đang học ở trường; tên phải khớp với hồ sơ. Tệp chỉ thêm, không bỏ người giám hộ nào.',
      en: 'The learner is at the school now and the name agrees. A file only adds guardians, it ends none.',
    },
  ],
  population: changes.guardians,
  placeKinds: ['school', 'centre'],
  rowOf,
};

const words: Readonly<Record<string, Relation>> = {
  cha: 'father',
  bo: 'father',
  ba: 'father',
  'cha ruot': 'father',
  'bo de': 'father',
  me: 'mother',
  ma: 'mother',
  'me ruot': 'mother',
  'me de': 'mother',
  'nguoi giam ho': 'guardian',
  'giam ho': 'guardian',
  'nguoi do dau': 'guardian',
  ong: 'guardian',
  'ba noi': 'guardian',
  'ba ngoai': 'guardian',
  'ong noi': 'guardian',
  'ong ngoai': 'guardian',
  anh: 'guardian',
  chi: 'guardian',
  co: 'guardian',
  chu: 'guardian',
  bac: 'guardian',
  di: 'guardian',
  cau: 'guardian',
  khac: 'guardian',
};

function relationOf(cells: Cells): Relation {
  const relation = words[fold(cells.text('relation'))];
  if (relation) return relation;
  throw new RowRefused('relation', {
    vi: 'Quan hệ ghi Cha, Mẹ hoặc Người giám hộ.',
    en: 'The relation is Cha, Mẹ or Người giám hộ.',
  });
}

function rowOf(cells: Cells, places: Places): PersonRow {
  const moetId = moetIdOf(cells, 'childId');
  const localCode = localCodeOf(cells);
  const birthDate = cells.has('childBirthDate') ? cells.day('childBirthDate') : null;
  if (moetId === null && localCode === null && birthDate === null)
    throw new RowRefused('childId', {
      vi: 'Dòng cần mã định danh, mã học sinh hoặc ngày sinh của học sinh.',
      en: "The row needs the learner's identifier, code or birth date.",
    });
  return {
    row: cells.row,
    organisationId: places.of(cells),
    fullName: cells.name('childName'),
    birthDate,
    moetId,
    personalNumber: null,
    localCode,
    guardianName: cells.name('fullName'),
    guardianBirthDate: cells.has('birthDate') ? cells.day('birthDate') : null,
    guardianNumber: personalNumberOf(cells, 'personalNumber'),
    relation: relationOf(cells),
  };
}
