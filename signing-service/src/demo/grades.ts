import { createHash } from 'node:crypto';
import type { SubjectMarks, TermResults } from '../transcript/transcript.ts';

/** Invented marks of one learner, the same each time for the same education ID. */
export interface DemoGrades {
  readonly subjects: string;
  readonly learning: string;
  readonly conduct: string;
  readonly absent_days: number;
  readonly award: string | null;
  readonly outcome: string;
  readonly remarks: string;
}

const marked = {
  primary: ['Tiếng Việt', 'Toán', 'Ngoại ngữ 1 (Tiếng Anh)', 'Lịch sử và Địa lí', 'Khoa học', 'Tin học và Công nghệ'],
  secondary: [
    'Ngữ văn',
    'Toán',
    'Ngoại ngữ 1 (Tiếng Anh)',
    'Lịch sử',
    'Địa lí',
    'Vật lí',
    'Hoá học',
    'Sinh học',
    'Công nghệ',
    'Tin học',
  ],
} as const;

/** Judged in words, not in marks. */
const judged = {
  primary: ['Đạo đức', 'Giáo dục thể chất', 'Nghệ thuật (Âm nhạc, Mĩ thuật)', 'Hoạt động trải nghiệm'],
  secondary: ['Giáo dục thể chất', 'Hoạt động trải nghiệm, hướng nghiệp', 'Nội dung giáo dục địa phương'],
} as const;

export function makeGrades(educationId: string, level: 'primary' | 'secondary'): DemoGrades {
  const bytes = createHash('sha256').update(`marks of ${educationId}`).digest();
  const talent = 62 + ((bytes[31] ?? 0) % 30); // 6.2 … 9.1
  const subjects: SubjectMarks[] = marked[level].map((name, index) => {
    const term1 = inScale(talent + spread(bytes[2 * index]));
    const term2 = inScale(talent + 2 + spread(bytes[2 * index + 1]));
    return { name, term1, term2, year: Math.round(((term1 + 2 * term2) / 3) * 10) / 10 }; // term 2 counts twice
  });
  const word = level === 'primary' ? 'Hoàn thành tốt' : 'Đạt';
  for (const name of judged[level]) subjects.push({ name, term1: word, term2: word, year: word });
  const learning = results(level, subjects);
  const isBest = learning.year === best[level];
  return {
    subjects: JSON.stringify(subjects),
    learning: JSON.stringify(learning),
    conduct: JSON.stringify({ term1: 'Tốt', term2: 'Tốt', year: 'Tốt' } satisfies TermResults),
    absent_days: (bytes[30] ?? 0) % 5,
    award: isBest ? 'Học sinh Giỏi' : null,
    outcome: level === 'primary' ? 'Hoàn thành chương trình lớp học' : 'Hoàn thành chương trình năm học',
    remarks: remarks[(bytes[29] ?? 0) % remarks.length] ?? '',
  };
}

/** −1.2 … +1.2, in tenths. */
function spread(byte = 0): number {
  return (byte % 25) - 12;
}

function inScale(tenths: number): number {
  return Math.min(100, Math.max(35, tenths)) / 10;
}

const best = { primary: 'Hoàn thành tốt', secondary: 'Tốt' } as const;

/** In the spirit of Circulars 27/2020 and 22/2021/TT-BGDĐT: the best word needs six subjects from 8 and none below 6.5. */
function results(level: 'primary' | 'secondary', subjects: readonly SubjectMarks[]): TermResults {
  const words = level === 'primary' ? ['Hoàn thành tốt', 'Hoàn thành', 'Hoàn thành'] : ['Tốt', 'Khá', 'Đạt'];
  const judge = (term: 'term1' | 'term2' | 'year') => {
    const marks = subjects.map((subject) => subject[term]).filter((mark) => typeof mark === 'number');
    const high = (least: number) => marks.filter((mark) => mark >= least).length;
    const lowest = Math.min(...marks);
    const rank = high(8) >= 6 && lowest >= 6.5 ? 0 : high(6.5) >= 6 && lowest >= 5 ? 1 : 2;
    return words[rank] ?? null;
  };
  return { term1: judge('term1'), term2: judge('term2'), year: judge('year') };
}

const remarks = [
  'Em chăm ngoan, lễ phép, học đều các môn; mạnh dạn phát biểu và hay giúp đỡ bạn bè.',
  'Em có ý thức học tập tốt, hoàn thành bài đầy đủ; cần đọc thêm sách để diễn đạt phong phú hơn.',
  'Em tiếp thu nhanh, làm bài cẩn thận; tích cực tham gia hoạt động của lớp.',
  'Em tiến bộ rõ trong học kì II; cần luyện tập thêm để tự tin hơn khi trình bày.',
];
