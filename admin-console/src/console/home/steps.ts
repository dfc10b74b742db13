import { formatNumber, t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';
import type { Me } from '../me.ts';

type Home = paths['/api/v1/home']['get']['responses']['200']['content']['application/json'];
export type Filled = NonNullable<Home['filled']>;

/** One step on the way to a city that teaches and signs. */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly isDone: boolean;
  /** The forms that do it, the first one first. */
  readonly ways: readonly { readonly label: string; readonly href: string }[];
}

/** How far signing is, as the signing service knows it. */
export interface Signed {
  readonly hasRequested: boolean;
  readonly hasIssued: boolean;
}

/**
 * The steps of those who fill organisations: the whole city for the department, one's own school for a school. They lead
 * to the first issued transcript; after that there are none.
 */
export function stepsOf(me: Me, { filled }: Home, signed: Signed): readonly Step[] {
  if (!filled || signed.hasIssued) return [];
  const isDepartment = me.roles.some(({ role }) => role === 'department-administrator');
  const school = me.roles.find(({ role }) => role === 'school-administrator')?.organisation;
  const schoolPage = school ? `/admin/schools/${school.id}` : '/admin/schools';
  return [
    ...(isDepartment ? citySteps(filled) : []),
    ...schoolSteps(filled, schoolPage, isDepartment),
    ...signingSteps(filled, signed, schoolPage, isDepartment),
  ];
}

function citySteps({ schools, wards, securityOfficers, schoolsWithAdministrator }: Filled): Step[] {
  return [
    {
      id: 'schools',
      title: t('Các trường', 'Schools'),
      note:
        schools > 0
          ? t(
              `${formatNumber(schools)} trường, ${formatNumber(wards)} phường xã`,
              `${formatNumber(schools)} schools, ${formatNumber(wards)} wards`,
            )
          : t('Nhập danh sách trường, hay thêm từng trường.', 'Import the list of schools, or add one by one.'),
      isDone: schools > 0,
      ways: [
        { label: t('Thêm một trường', 'Add a school'), href: '/admin/schools/new' },
        { label: t('Thêm phường, xã', 'Add a ward'), href: '/admin/wards/new' },
        { label: t('Nhập từ tệp', 'Import a file'), href: '/admin/import?kind=schools' },
      ],
    },
    {
      id: 'officer',
      title: t('Cán bộ an toàn thông tin', 'Security officer'),
      note:
        securityOfficers > 0
          ? t(`${securityOfficers} người`, `${securityOfficers} people`)
          : t(
              'Người thứ hai, duyệt điện thoại ký, con dấu và vai trò cao. Không được là chính mình.',
              'The second person, who approves signing phones, seals and high roles. It cannot be you.',
            ),
      isDone: securityOfficers > 0,
      ways: [{ label: t('Thêm cán bộ', 'Add an officer'), href: '/admin/people/new?as=staff&role=security-officer' }],
    },
    {
      id: 'administrators',
      title: t('Quản trị từng trường', 'An administrator for each school'),
      note: t(
        `${formatNumber(schoolsWithAdministrator)} trên ${formatNumber(schools)} trường có người quản trị. Họ nhập người và lớp của trường mình.`,
        `${formatNumber(schoolsWithAdministrator)} of ${formatNumber(schools)} schools have one. They enter their school’s people and classes.`,
      ),
      isDone: schools > 0 && schoolsWithAdministrator >= schools,
      ways: [
        {
          label: t('Thêm người quản trị trường', 'Add a school administrator'),
          href: '/admin/people/new?as=staff&role=school-administrator',
        },
      ],
    },
  ];
}

function schoolSteps(
  { staff, classes, classesWithTeacher, learners, learnersWithGuardian }: Filled,
  schoolPage: string,
  isDepartment: boolean,
): Step[] {
  return [
    {
      id: 'staff',
      title: t('Giáo viên và nhân viên', 'Teachers and staff'),
      note: t(`${formatNumber(staff)} người`, `${formatNumber(staff)} people`),
      isDone: staff > (isDepartment ? 0 : 1), // the school's administrator alone is no staff yet
      ways: [
        { label: t('Thêm một người', 'Add a person'), href: '/admin/people/new?as=teacher' },
        { label: t('Nhập từ tệp', 'Import a file'), href: '/admin/import?kind=staff' },
      ],
    },
    {
      id: 'classes',
      title: t('Lớp và giáo viên chủ nhiệm', 'Classes and class teachers'),
      note: t(
        `${formatNumber(classes)} lớp năm học này, ${formatNumber(classesWithTeacher)} lớp có chủ nhiệm`,
        `${formatNumber(classes)} classes this school year, ${formatNumber(classesWithTeacher)} with a class teacher`,
      ),
      isDone: classes > 0 && classesWithTeacher >= classes,
      ways: [
        { label: isDepartment ? t('Chọn trường', 'Choose a school') : t('Mở lớp', 'Open a class'), href: schoolPage },
      ],
    },
    {
      id: 'learners',
      title: t('Học sinh và phụ huynh', 'Pupils and guardians'),
      note: t(
        `${formatNumber(learners)} học sinh, ${formatNumber(learnersWithGuardian)} em có phụ huynh`,
        `${formatNumber(learners)} pupils, ${formatNumber(learnersWithGuardian)} with a guardian`,
      ),
      isDone: learners > 0,
      ways: [
        { label: t('Nhập danh sách lớp', 'Import class lists'), href: '/admin/import' },
        { label: t('Thêm một em', 'Add a pupil'), href: '/admin/people/new?as=learner' },
      ],
    },
  ];
}

function signingSteps(
  { schools, schoolsWithSigner, schoolsWithClerk }: Filled,
  { hasRequested }: Signed,
  schoolPage: string,
  isDepartment: boolean,
): Step[] {
  return [
    {
      id: 'signers',
      title: t('Người ký và văn thư', 'Who signs and who seals'),
      note: isDepartment
        ? t(
            `${formatNumber(schoolsWithSigner)} trên ${formatNumber(schools)} trường có người ký, ${formatNumber(schoolsWithClerk)} có văn thư. Hai vai trò này cần hai người của Sở giao.`,
            `${formatNumber(schoolsWithSigner)} of ${formatNumber(schools)} schools have a signer, ${formatNumber(schoolsWithClerk)} a clerk. Both roles take two people of the department.`,
          )
        : schoolsWithSigner > 0 && schoolsWithClerk > 0
          ? t('Đã có', 'Appointed')
          : t('Sở giao vai trò cho hiệu trưởng và văn thư.', 'The department appoints the principal and the clerk.'),
      isDone: schools > 0 && schoolsWithSigner >= schools && schoolsWithClerk >= schools,
      ways: isDepartment
        ? [
            { label: t('Thêm người ký', 'Add a signer'), href: '/admin/people/new?as=staff&role=signer' },
            { label: t('Thêm văn thư', 'Add a clerk'), href: '/admin/people/new?as=staff&role=clerk' },
          ]
        : [],
    },
    {
      id: 'marks',
      title: t('Điểm', 'Marks'),
      note: t(
        'Giáo viên chủ nhiệm nhập điểm ở lớp của mình, từng em hay cả lớp bằng một tệp.',
        'Class teachers enter marks on their class’s page, one by one or the whole class in a file.',
      ),
      isDone: hasRequested,
      ways: [
        {
          label: isDepartment ? t('Xem các trường', 'See the schools') : t('Chọn lớp', 'Choose a class'),
          href: schoolPage,
        },
      ],
    },
    {
      id: 'transcripts',
      title: t('Học bạ ký số', 'Signed transcripts'),
      note: t(
        'Giáo viên chủ nhiệm trình, ký; hiệu trưởng ký; văn thư đóng dấu.',
        'The class teacher asks and signs, the principal signs, the clerk seals.',
      ),
      isDone: false, // the list goes away with the first one
      ways: [{ label: t('Xem tài liệu trình ký', 'See what waits'), href: '/admin/signing' }],
    },
  ];
}
