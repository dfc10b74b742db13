import type { Form, FormField, FormKind } from './form.ts';

const line = (key: string, vi: string, en: string, isRequired = true): FormField => ({
  key,
  label: { vi, en },
  type: 'line',
  isRequired,
});
const date = (key: string, vi: string, en: string): FormField => ({
  key,
  label: { vi, en },
  type: 'date',
  isRequired: true,
});

const decision = [
  line('decisionNumber', 'Số quyết định công nhận tốt nghiệp', 'Number of the decision that recognises graduation'),
  date('decisionDate', 'Ngày quyết định', 'Date of the decision'),
] as const;

/** Every form. Another one is another entry: drawing, screens, register and signatures are the same. */
export const forms: Readonly<Record<FormKind, Form>> = {
  'study-confirmation': {
    kind: 'study-confirmation',
    name: { vi: 'Giấy xác nhận đang học', en: 'Confirmation of study' },
    heading: 'Giấy xác nhận',
    below: 'Số {number} · Về việc đang học tại trường',
    body: [
      '{school} xác nhận:',
      'Em {fullName}, sinh ngày {birthDate}, mã giáo dục {educationId}, là học sinh lớp {className}, năm học {schoolYear}.',
      'Giấy này cấp theo đề nghị của {requester} để {purpose}.',
    ],
    fields: [line('requester', 'Người đề nghị', 'Who asked for it'), line('purpose', 'Để làm gì', 'What it is for')],
    isAboutLearner: true,
    abbreviation: 'GXN',
    isOnce: false,
    fileStem: 'giay-xac-nhan',
  },
  'graduation-certificate': {
    kind: 'graduation-certificate',
    name: { vi: 'Giấy chứng nhận tốt nghiệp tạm thời', en: 'Provisional certificate of graduation' },
    heading: 'Giấy chứng nhận tốt nghiệp trung học phổ thông',
    below: 'Số {number} · Tạm thời',
    body: [
      '{school} chứng nhận:',
      'Em {fullName}, sinh ngày {birthDate}, mã giáo dục {educationId}, học sinh lớp {className}, đã được công nhận tốt nghiệp trung học phổ thông năm {graduationYear} theo Quyết định số {decisionNumber} ngày {decisionDate}.',
      'Giấy này có giá trị đến khi được cấp bằng tốt nghiệp trung học phổ thông.',
    ],
    fields: [line('graduationYear', 'Năm tốt nghiệp', 'Year of graduation'), ...decision],
    isAboutLearner: true,
    grade: 12,
    abbreviation: 'GCN',
    isOnce: false,
    fileStem: 'chung-nhan-tot-nghiep',
  },
  decision: {
    kind: 'decision',
    name: { vi: 'Quyết định của hiệu trưởng', en: 'Decision of the principal' },
    heading: 'Quyết định',
    below: 'Số {number} · {about}',
    body: ['Căn cứ {basis};', 'Theo đề nghị của {proposer};', 'HIỆU TRƯỞNG QUYẾT ĐỊNH:', '{articles}'],
    fields: [
      line('about', 'Về việc', 'About'),
      { key: 'basis', label: { vi: 'Căn cứ', en: 'On the basis of' }, type: 'lines', isRequired: true },
      line('proposer', 'Theo đề nghị của', 'Proposed by', false),
      { key: 'articles', label: { vi: 'Các điều', en: 'The articles' }, type: 'lines', isRequired: true },
    ],
    isAboutLearner: false,
    abbreviation: 'QĐ',
    isOnce: false,
    fileStem: 'quyet-dinh',
  },
  // Issued by the principal (Circular 10/2026/TT-BGDĐT, read in the press only: the list of fields is not published where we could read it).
  diploma: {
    kind: 'diploma',
    name: { vi: 'Bằng tốt nghiệp trung học phổ thông', en: 'Upper secondary diploma' },
    heading: 'Bằng tốt nghiệp trung học phổ thông',
    below: 'Số vào sổ gốc cấp bằng: {number}',
    body: [
      'Hiệu trưởng {school} cấp cho:',
      'Em {fullName}, sinh ngày {birthDate}, mã giáo dục {educationId}, học sinh lớp {className}.',
      'Tốt nghiệp trung học phổ thông năm {graduationYear}, hình thức đào tạo: {mode}, theo Quyết định số {decisionNumber} ngày {decisionDate}.',
    ],
    fields: [
      line('graduationYear', 'Năm tốt nghiệp', 'Year of graduation'),
      {
        key: 'mode',
        label: { vi: 'Hình thức đào tạo', en: 'Mode of study' },
        type: 'choice',
        choices: ['Chính quy', 'Giáo dục thường xuyên'],
        isRequired: true,
      },
      ...decision,
    ],
    isAboutLearner: true,
    grade: 12,
    abbreviation: 'THPT',
    isOnce: true,
    fileStem: 'bang-tot-nghiep-thpt',
  },
};

export const formKinds = Object.keys(forms) as readonly FormKind[]; // the keys of the table
