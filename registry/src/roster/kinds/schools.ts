import * as changes from '../../changes/populations.ts';
import type { OrganisationRow } from '../../changes/row.ts';
import type { OrganisationKind, SchoolLevel } from '../../tables.ts';
import { type Cells, fold, RowRefused } from './cells.ts';
import type { RosterKind } from './kind.ts';

/** Wards, schools and centres, each below another. */
export const schools: RosterKind = {
  id: 'schools',
  name: { vi: 'Đơn vị', en: 'Organisations' },
  action: 'organisations.write',
  fields: [
    {
      id: 'organisationCode',
      names: ['Mã đơn vị', 'Mã trường', 'Mã cơ sở', 'Mã trường học'],
      note: { vi: 'Văn bản, giữ số 0 đầu; không đổi về sau', en: 'Text with leading zeros; stays' },
    },
    { id: 'organisationName', names: ['Tên đơn vị', 'Tên trường', 'Trường học', 'Tên trường học', 'Đơn vị'] },
    {
      id: 'organisationKind',
      names: ['Loại', 'Loại đơn vị', 'Loại hình đơn vị'],
      note: {
        vi: 'Phường/xã, Trường, Trung tâm; để trống thì theo tên',
        en: 'Phường/xã, Trường, Trung tâm; by the name when empty',
      },
    },
    {
      id: 'level',
      names: ['Cấp học', 'Cấp', 'Bậc học'],
      note: {
        vi: 'Mầm non, Tiểu học, THCS, THPT, GDTX, Nhiều cấp',
        en: 'Mầm non, Tiểu học, THCS, THPT, GDTX, Nhiều cấp',
      },
    },
    {
      id: 'parentCode',
      names: ['Mã đơn vị cấp trên', 'Mã phường/xã', 'Mã phường xã', 'Đơn vị quản lý', 'Mã đơn vị quản lý', 'Thuộc'],
      note: {
        vi: 'Để trống: trực thuộc đơn vị được chọn khi nhập',
        en: 'Empty: below the organisation chosen at the import',
      },
    },
  ],
  required: [[['organisationCode']], [['organisationName']]],
  examples: [
    { organisationCode: '26740', organisationName: 'Phường Sài Gòn', organisationKind: 'Phường/xã' },
    {
      organisationCode: '79000729',
      organisationName: 'Trường Tiểu học Lê Lợi',
      organisationKind: 'Trường',
      level: 'Tiểu học',
      parentCode: '26740',
    },
  ],
  notes: [
    {
      vi: 'Mỗi dòng một đơn vị; đơn vị cấp trên có thể ở cùng tệp. Tệp không xoá và không chuyển đơn vị nào.',
      en: 'One organisation a row; its parent may be in the same file. A file removes and moves none.',
    },
  ],
  population: changes.organisations,
  placeKinds: [],
  rowOf,
};

const levels: readonly (readonly [RegExp, SchoolLevel])[] = [
  [
    /nhieu cap|lien cap|\bth\b.*\bthcs\b|\bthcs\b.*\bthpt\b|tieu hoc.*(?:thcs|trung hoc)|trung hoc co so.*trung hoc pho thong/,
    'multi-level',
  ],
  [/mam non|mau giao|nha tre|\bmn\b/, 'preschool'],
  [/tieu hoc|\bth\b|cap 1/, 'primary'],
  [/thcs|trung hoc co so|cap 2/, 'lower-secondary'],
  [/thpt|trung hoc pho thong|cap 3/, 'upper-secondary'],
  [/gdtx|thuong xuyen|gdnn/, 'continuing'],
];

function levelOf(cells: Cells, kind: OrganisationKind): SchoolLevel | null {
  if (kind !== 'school' && kind !== 'centre') return null;
  const said = cells.text('level');
  const found = levels.find(([pattern]) => pattern.test(fold(said || cells.text('organisationName'))))?.[1];
  if (found || !said) return found ?? null;
  throw new RowRefused('level', {
    vi: 'Cấp học ghi Mầm non, Tiểu học, THCS, THPT, GDTX hoặc Nhiều cấp.',
    en: 'The level is Mầm non, Tiểu học, THCS, THPT, GDTX or Nhiều cấp.',
  });
}

function kindIn(cells: Cells): OrganisationKind {
  const said = fold(cells.text('organisationKind'));
  const text = said || fold(cells.text('organisationName'));
  if (/^(?:phuong|xa|dac khu|thi tran|ubnd|uy ban)/.test(text)) return 'ward';
  if (/^(?:trung tam|tt )/.test(text)) return 'centre';
  if (/^(?:truong|mam non|tieu hoc|th|thcs|thpt|mau giao|nhom tre|lop)/.test(text) || said === '') return 'school';
  throw new RowRefused('organisationKind', {
    vi: 'Loại đơn vị ghi Phường/xã, Trường hoặc Trung tâm.',
    en: 'The kind is Phường/xã, Trường or Trung tâm.',
  });
}

function rowOf(cells: Cells): OrganisationRow {
  const code = cells.code('organisationCode').toUpperCase();
  if (!/^[A-Z0-9._-]{1,40}$/.test(code))
    throw new RowRefused('organisationCode', {
      vi: 'Mã đơn vị gồm 1–40 chữ không dấu, số, dấu . _ -',
      en: 'A code has 1–40 letters, digits, . _ -',
    });
  const name = cells.text('organisationName').replaceAll(/\s+/g, ' ');
  if (name === '' || name.length > 200)
    throw new RowRefused('organisationName', {
      vi: 'Đơn vị phải có tên, dài nhất 200 ký tự.',
      en: 'An organisation has a name, at most 200 characters.',
    });
  const kind = kindIn(cells);
  return {
    row: cells.row,
    code,
    name,
    kind,
    level: levelOf(cells, kind),
    parentCode: cells.code('parentCode').toUpperCase(),
  };
}
