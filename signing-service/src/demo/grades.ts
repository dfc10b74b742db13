import { createHash } from 'node:crypto';
import type { MarksColumn } from '../marks/columns.ts';
import type { MarkValue, MarkValues } from '../marks/values.ts';

/**
 * Invented marks of one learner for every required column of the class, and four electives: the same each time for the
 * same education ID.
 */
export function makeGrades(educationId: string, columns: readonly MarksColumn[], grade: number): MarkValues {
  const byte = (of: string) => createHash('sha256').update(`marks of ${educationId}: ${of}`).digest()[0] ?? 0;
  const talent = 62 + (byte('talent') % 30); // 6.2 … 9.1
  const tenths = (key: string, more: number) => Math.min(100, Math.max(50, talent + more + ((byte(key) % 25) - 12)));
  const electives = new Set(
    [
      ...new Set(
        columns.flatMap(({ subject }) => (subject?.isElective && subject.judgedBy === 'marks' ? subject.id : [])),
      ),
    ].slice(0, grade >= 10 ? 4 : 0),
  );
  const value = ({ key, kind, choices = [], subject }: MarksColumn): MarkValue => {
    const id = subject?.id ?? key;
    switch (kind) {
      case 'mark': {
        const [term1, term2] = [tenths(`${id}.1`, 0), tenths(`${id}.2`, 2)];
        const all = { term1, term2, year: Math.round((term1 + 2 * term2) / 3) }; // the second term counts twice
        return (all[key.split('.')[1] as keyof typeof all] ?? term1) / 10;
      }
      case 'test':
        return Math.round(tenths(key, 4) / 10);
      case 'count':
        return byte(key) % 5;
      case 'choice':
        return choices[key.startsWith('learning') && talent < 75 ? 1 : 0]?.value ?? '';
      case 'text':
        return remarks[byte(key) % remarks.length] ?? '';
    }
  };
  const taken = columns.filter(
    ({ key, isRequired, subject }) =>
      isRequired || key === 'remarks' || (subject?.isElective && electives.has(subject.id)),
  );
  return {
    ...Object.fromEntries(taken.map((column) => [column.key, value(column)])),
    ...(talent >= 80 ? { award: grade <= 5 ? 'Học sinh Xuất sắc' : 'Học sinh Giỏi' } : {}),
  };
}

const remarks = [
  'Em chăm ngoan, lễ phép, học đều các môn; mạnh dạn phát biểu và hay giúp đỡ bạn bè.',
  'Em có ý thức học tập tốt, hoàn thành bài đầy đủ; cần đọc thêm sách để diễn đạt phong phú hơn.',
  'Em tiếp thu nhanh, làm bài cẩn thận; tích cực tham gia hoạt động của lớp.',
  'Em tiến bộ rõ trong học kì II; cần luyện tập thêm để tự tin hơn khi trình bày.',
];
