/**
 * Which subjects a grade has, and how each is judged: primary by Circular 27/2020/TT-BGDĐT (words T, H, C, and periodic
 * tests in some subjects), secondary by Circular 22/2021/TT-BGDĐT (marks of ten, or Đạt and Chưa đạt), both on the
 * programme of Circular 32/2018/TT-BGDĐT.
 */
export interface Subject {
  /** Stable: part of the key of its marks. */
  readonly id: string;
  /** As it is printed. */
  readonly name: string;
  /** `levels`: words of primary school; `levels-and-tests`: with periodic tests; `marks`: of ten; `pass`: Đạt or Chưa đạt. */
  readonly judgedBy: 'levels' | 'levels-and-tests' | 'marks' | 'pass';
  /** Not every learner takes it: it is printed, and must be whole, only for those who have marks in it. */
  readonly isElective?: true;
}

/** Who answers for the marks of a subject of a class. */
export interface SubjectAssignment {
  /** As in `Subject.id`. */
  readonly subject: string;
  readonly personId: string;
}

export type Stage = 'primary' | 'lower-secondary' | 'upper-secondary';

/** The stage of a grade; undefined for grades that have no transcript, such as those of nursery schools. */
export function stageOf(grade: number | null): Stage | undefined {
  if (grade === null || !Number.isInteger(grade) || grade < 1 || grade > 12) return undefined;
  return grade <= 5 ? 'primary' : grade <= 9 ? 'lower-secondary' : 'upper-secondary';
}

/** Least number of electives that a learner of grades 10 to 12 takes (Circular 13/2022/TT-BGDĐT). */
export const leastElectives = { 'upper-secondary': 4, 'lower-secondary': 0, primary: 0 } as const;

const levels = (id: string, name: string): Subject => ({ id, name, judgedBy: 'levels' });
const tested = (id: string, name: string): Subject => ({ id, name, judgedBy: 'levels-and-tests' });
const marks = (id: string, name: string): Subject => ({ id, name, judgedBy: 'marks' });
const pass = (id: string, name: string): Subject => ({ id, name, judgedBy: 'pass' });
const elective = (subject: Subject): Subject => ({ ...subject, isElective: true });

const foreignLanguage = 'Ngoại ngữ 1 (Tiếng Anh)';

function primarySubjects(grade: number): readonly Subject[] {
  return [
    tested('vietnamese', 'Tiếng Việt'),
    tested('mathematics', 'Toán'),
    ...(grade >= 3
      ? [tested('foreign-language-1', foreignLanguage)]
      : [elective(levels('foreign-language-1', foreignLanguage))]),
    levels('ethics', 'Đạo đức'),
    ...(grade <= 3
      ? [levels('nature-and-society', 'Tự nhiên và Xã hội')]
      : [tested('history-and-geography', 'Lịch sử và Địa lí'), tested('science', 'Khoa học')]),
    ...(grade >= 3 ? [tested('informatics-and-technology', 'Tin học và Công nghệ')] : []),
    levels('physical-education', 'Giáo dục thể chất'),
    levels('arts', 'Nghệ thuật (Âm nhạc, Mĩ thuật)'),
    levels('experience', 'Hoạt động trải nghiệm'),
    elective(levels('ethnic-language', 'Tiếng dân tộc thiểu số')),
  ];
}

const lowerSecondary: readonly Subject[] = [
  marks('literature', 'Ngữ văn'),
  marks('mathematics', 'Toán'),
  marks('foreign-language-1', foreignLanguage),
  marks('civics', 'Giáo dục công dân'),
  marks('history-and-geography', 'Lịch sử và Địa lí'),
  marks('natural-science', 'Khoa học tự nhiên'),
  marks('technology', 'Công nghệ'),
  marks('informatics', 'Tin học'),
  pass('physical-education', 'Giáo dục thể chất'),
  pass('arts', 'Nghệ thuật (Âm nhạc, Mĩ thuật)'),
  pass('experience', 'Hoạt động trải nghiệm, hướng nghiệp'),
  pass('local-education', 'Nội dung giáo dục địa phương'),
  elective(marks('foreign-language-2', 'Ngoại ngữ 2')),
  elective(marks('ethnic-language', 'Tiếng dân tộc thiểu số')),
];

const upperSecondary: readonly Subject[] = [
  marks('literature', 'Ngữ văn'),
  marks('mathematics', 'Toán'),
  marks('foreign-language-1', foreignLanguage),
  marks('history', 'Lịch sử'),
  elective(marks('geography', 'Địa lí')),
  elective(marks('economics-and-law', 'Giáo dục kinh tế và pháp luật')),
  elective(marks('physics', 'Vật lí')),
  elective(marks('chemistry', 'Hoá học')),
  elective(marks('biology', 'Sinh học')),
  elective(marks('technology', 'Công nghệ')),
  elective(marks('informatics', 'Tin học')),
  elective(pass('music', 'Âm nhạc')),
  elective(pass('fine-arts', 'Mĩ thuật')),
  marks('defence-education', 'Giáo dục quốc phòng và an ninh'),
  pass('physical-education', 'Giáo dục thể chất'),
  pass('experience', 'Hoạt động trải nghiệm, hướng nghiệp'),
  pass('local-education', 'Nội dung giáo dục địa phương'),
];

/** The subjects of a grade in the order in which they are printed; none for a grade without a transcript. */
export function subjectsOf(grade: number): readonly Subject[] {
  const stage = stageOf(grade);
  if (!stage) return [];
  return stage === 'primary' ? primarySubjects(grade) : stage === 'lower-secondary' ? lowerSecondary : upperSecondary;
}
