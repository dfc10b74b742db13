import { t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';

export type Plan = paths['/api/v1/roster/plans/{id}']['get']['responses']['200']['content']['application/json'];
export type Inspection = paths['/api/v1/roster/columns']['post']['responses']['200']['content']['application/json'];
export type Kind = Plan['kind'];
export type Completeness = Plan['completeness'];

/** The rosters, as people call them, with what each needs to be allowed. */
export function rosterKinds(): readonly { kind: Kind; name: string; note: string; permission: string }[] {
  return [
    {
      kind: 'learners',
      name: t('Học sinh', 'Learners'),
      note: t('Ai học lớp nào năm nay', 'Who is in which class this year'),
      permission: 'roster.import',
    },
    {
      kind: 'staff',
      name: t('Nhân sự', 'Staff'),
      note: t('Giáo viên, nhân viên, lớp chủ nhiệm', 'Teachers, others, homeroom classes'),
      permission: 'roster.import',
    },
    {
      kind: 'guardians',
      name: t('Người giám hộ', 'Guardians'),
      note: t('Cha, mẹ, người giám hộ của từng em', 'Mother, father, guardian of each child'),
      permission: 'roster.import',
    },
    {
      kind: 'schools',
      name: t('Đơn vị', 'Organisations'),
      note: t('Phường, trường, trung tâm', 'Wards, schools, centres'),
      permission: 'organisations.write',
    },
  ];
}

/** How much of a school the file holds: the choices of a kind; only then does an absence mean that somebody left. */
export function completenessChoices(kind: Kind): readonly { value: Completeness; label: string; note: string }[] {
  if (kind !== 'learners' && kind !== 'staff') return [];
  const partial = {
    value: 'partial' as const,
    label: t('Tệp chỉ có một phần', 'The file is a part'),
    note: t(
      'Không ai rời trường vì vắng mặt trong tệp.',
      'Nobody is taken to have left because they are absent from it.',
    ),
  };
  const schools = {
    value: 'schools' as const,
    label: t('Tệp đầy đủ: cả trường', 'Complete: the whole school'),
    note: t('Ai không có trong tệp được ghi là rời trường.', 'Anyone not in the file has left the school.'),
  };
  if (kind === 'staff') return [partial, schools];
  return [
    partial,
    {
      value: 'classes' as const,
      label: t('Tệp đầy đủ: các lớp có trong tệp', 'Complete: the classes that are in it'),
      note: t(
        'Ai đang học các lớp đó mà không có trong tệp được ghi là rời.',
        'Anyone in these classes who is not in the file has left.',
      ),
    },
    schools,
  ];
}

export const templateLink = (kind: Kind, format: 'xlsx' | 'csv') => `/api/v1/roster/templates/${kind}?format=${format}`;
