import type { Text } from '@edutrust/platform/messages';
import { fold } from './cells.ts';

/** What «Trạng thái» means for the school's roster. */
export type Standing = 'here' | 'gone';

const learnerWords: Readonly<Record<Standing, readonly string[]>> = {
  here: [
    'dang hoc',
    'hien dang hoc',
    'hoc',
    'chuyen den',
    'chuyen lop',
    'luu ban',
    'hoc lai',
    'o lai lop',
    'moi tuyen',
    'tuyen moi',
    'bao luu',
    'tam nghi',
    'nghi om',
    'dang hoc tap',
    'len lop',
  ],
  gone: [
    'chuyen truong',
    'chuyen di',
    'chuyen di truong khac',
    'chuyen den truong khac',
    'chuyen di tinh khac',
    'thoi hoc',
    'bo hoc',
    'nghi hoc',
    'da nghi hoc',
    'xin thoi hoc',
    'buoc thoi hoc',
    'tot nghiep',
    'da tot nghiep',
    'hoan thanh',
    'hoan thanh chuong trinh',
    'da ra truong',
    'ra truong',
    'mat',
  ],
};
const staffWords: Readonly<Record<Standing, readonly string[]>> = {
  here: [
    'dang lam viec',
    'dang cong tac',
    'dang day',
    'hop dong',
    'bien che',
    'tap su',
    'thinh giang',
    'biet phai den',
    'nghi thai san',
    'nghi om',
    'di hoc',
    'tam nghi',
    'chuyen den',
  ],
  gone: [
    'nghi viec',
    'da nghi viec',
    'thoi viec',
    'nghi huu',
    've huu',
    'chuyen cong tac',
    'chuyen truong',
    'chuyen di',
    'luan chuyen di',
    'cham dut hop dong',
    'biet phai di',
    'mat',
  ],
};

/** Undefined when the word is none that we know. */
export function standingOf(text: string, whose: 'learner' | 'staff'): Standing | undefined {
  const folded = fold(text.replaceAll(/[()[\]]/g, ' '));
  if (folded === '') return 'here';
  const words = whose === 'learner' ? learnerWords : staffWords;
  return (['here', 'gone'] as const).find((standing) => words[standing].includes(folded));
}

export const unknownLearnerStatus: Text = {
  vi: 'Không rõ trạng thái này; dùng: Đang học, Chuyển đến, Lưu ban, Bảo lưu · Chuyển trường, Thôi học, Bỏ học, Tốt nghiệp.',
  en: 'This status is not known; use: Đang học, Chuyển đến, Lưu ban, Bảo lưu · Chuyển trường, Thôi học, Bỏ học, Tốt nghiệp.',
};
