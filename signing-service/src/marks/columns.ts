import { type Stage, type Subject, stageOf, subjectsOf } from './curriculum.ts';

/** One answer of a column that has a list of them. */
export interface Choice {
  /** As it is kept and printed. */
  readonly value: string;
  /** Further ways in which people write it. */
  readonly alsoWritten?: readonly string[];
  /** The result is still open (rèn luyện trong hè): nothing is signed before the new one. */
  readonly holdsBack?: true;
}

/**
 * One column of a class's marks. The form, the template, the file that comes back, what is still missing and the
 * transcript are all made from the columns of the class's grade.
 */
export interface MarksColumn {
  /** Stable; the name under which the value is kept. */
  readonly key: string;
  /** Header of the template and label of the form: `Toán – HK I`. */
  readonly label: string;
  /**
   * `mark`: 0 to 10 with at most one decimal; `test`: a whole number from 1 to 10; `choice`: one of `choices`;
   * `count`: a whole number from 0; `text`: a few sentences.
   */
  readonly kind: 'mark' | 'test' | 'choice' | 'count' | 'text';
  readonly choices?: readonly Choice[];
  readonly isRequired: boolean;
  readonly subject?: Subject;
}

const levelChoices: readonly Choice[] = [
  { value: 'T', alsoWritten: ['Hoàn thành tốt'] },
  { value: 'H', alsoWritten: ['Hoàn thành'] },
  { value: 'C', alsoWritten: ['Chưa hoàn thành'] },
];
const passChoices: readonly Choice[] = [
  { value: 'Đạt', alsoWritten: ['Đ', 'D'] },
  { value: 'Chưa đạt', alsoWritten: ['CĐ', 'CD'] },
];
const growthChoices: readonly Choice[] = [
  { value: 'Tốt', alsoWritten: ['T'] },
  { value: 'Đạt', alsoWritten: ['Đ', 'D'] },
  { value: 'Cần cố gắng', alsoWritten: ['C', 'CCG'] },
];
const resultChoices: readonly Choice[] = [
  { value: 'Tốt', alsoWritten: ['T'] },
  { value: 'Khá', alsoWritten: ['K'] },
  { value: 'Đạt', alsoWritten: ['Đ', 'D'] },
  { value: 'Chưa đạt', alsoWritten: ['CĐ', 'CD'] },
];
const yearResultChoices: readonly Choice[] = [
  { value: 'Hoàn thành xuất sắc', alsoWritten: ['HTXS'] },
  { value: 'Hoàn thành tốt', alsoWritten: ['HTT'] },
  { value: 'Hoàn thành', alsoWritten: ['HT'] },
  { value: 'Chưa hoàn thành', alsoWritten: ['CHT'] },
];
const outcomes: Readonly<Record<Stage, readonly Choice[]>> = {
  primary: [
    { value: 'Hoàn thành chương trình lớp học' },
    { value: 'Hoàn thành chương trình tiểu học' },
    { value: 'Rèn luyện trong kì nghỉ hè', alsoWritten: ['Rèn luyện trong hè', 'RLTH'], holdsBack: true },
    { value: 'Chưa hoàn thành chương trình lớp học' },
  ],
  'lower-secondary': [
    { value: 'Được lên lớp', alsoWritten: ['Lên lớp'] },
    { value: 'Hoàn thành chương trình THCS' },
    { value: 'Rèn luyện trong kì nghỉ hè', alsoWritten: ['Rèn luyện trong hè', 'RLTH'], holdsBack: true },
    { value: 'Không được lên lớp', alsoWritten: ['Ở lại lớp', 'Lưu ban'] },
  ],
  'upper-secondary': [
    { value: 'Được lên lớp', alsoWritten: ['Lên lớp'] },
    { value: 'Hoàn thành chương trình THPT' },
    { value: 'Rèn luyện trong kì nghỉ hè', alsoWritten: ['Rèn luyện trong hè', 'RLTH'], holdsBack: true },
    { value: 'Không được lên lớp', alsoWritten: ['Ở lại lớp', 'Lưu ban'] },
  ],
};

/** The parts of a year in which the stage is judged; the suffix of the keys. */
export const periodsOf: Readonly<Record<Stage, readonly { readonly key: string; readonly name: string }[]>> = {
  primary: [
    { key: 'term1', name: 'cuối HK I' },
    { key: 'year', name: 'cuối năm' },
  ],
  'lower-secondary': [
    { key: 'term1', name: 'HK I' },
    { key: 'term2', name: 'HK II' },
    { key: 'year', name: 'cả năm' },
  ],
  'upper-secondary': [
    { key: 'term1', name: 'HK I' },
    { key: 'term2', name: 'HK II' },
    { key: 'year', name: 'cả năm' },
  ],
};

/** The columns of a grade, in the order of the template; none for a grade without a transcript. */
export function columnsOf(grade: number): readonly MarksColumn[] {
  const stage = stageOf(grade);
  if (!stage) return [];
  return [
    ...subjectsOf(grade).flatMap((subject) => columnsOfSubject(subject, stage)),
    ...resultColumns(stage),
    { key: 'absent-days', label: 'Số ngày nghỉ', kind: 'count', isRequired: true },
    { key: 'award', label: 'Khen thưởng', kind: 'text', isRequired: false },
    { key: 'outcome', label: 'Kết luận', kind: 'choice', choices: outcomes[stage], isRequired: true },
    { key: 'remarks', label: 'Nhận xét của giáo viên chủ nhiệm', kind: 'text', isRequired: false },
  ];
}

function columnsOfSubject(subject: Subject, stage: Stage): MarksColumn[] {
  const isRequired = !subject.isElective;
  return periodsOf[stage].flatMap((period): MarksColumn[] => {
    const key = `${subject.id}.${period.key}`;
    if (subject.judgedBy === 'marks') {
      return [{ key, label: `${subject.name} – ${period.name}`, kind: 'mark', isRequired, subject }];
    }
    if (subject.judgedBy === 'pass') {
      const label = `${subject.name} – ${period.name}`;
      return [{ key, label, kind: 'choice', choices: passChoices, isRequired, subject }];
    }
    const level: MarksColumn = {
      key,
      label: `${subject.name} – mức ${period.name}`,
      kind: 'choice',
      choices: levelChoices,
      isRequired,
      subject,
    };
    if (subject.judgedBy === 'levels') return [level];
    const label = `${subject.name} – điểm ${period.name}`;
    return [level, { key: `${key}.test`, label, kind: 'test', isRequired, subject }];
  });
}

function resultColumns(stage: Stage): MarksColumn[] {
  const each = (id: string, name: string, choices: readonly Choice[]): MarksColumn[] =>
    periodsOf[stage].map((period) => ({
      key: `${id}.${period.key}`,
      label: `${name} – ${period.name}`,
      kind: 'choice',
      choices,
      isRequired: true,
    }));
  if (stage !== 'primary') {
    return [
      ...each('learning', 'Kết quả học tập', resultChoices),
      ...each('conduct', 'Kết quả rèn luyện', resultChoices),
    ];
  }
  return [
    ...each('qualities', 'Phẩm chất chủ yếu', growthChoices),
    ...each('abilities', 'Năng lực cốt lõi', growthChoices),
    {
      key: 'learning.year',
      label: 'Kết quả giáo dục – cuối năm',
      kind: 'choice',
      choices: yearResultChoices,
      isRequired: true,
    },
  ];
}
