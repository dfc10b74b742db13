import { InvalidInput } from '@edutrust/platform/errors';

/** Fewest characters: staff alone 15 (SP 800-63B-4 §3.1.1), pupils by what they can type, at a lower assurance level. */
export const passwordLengths = { staff: 15, learner: 8 } as const;
const longest = 256;

/** Passwords that everybody tries first, folded; what contains only one of them and digits falls too. */
// biome-ignore format: a table of words reads better in lines
const common = [
  'password', 'matkhau', 'qwerty', 'qwertyuiop', 'asdfgh', 'abc123', 'iloveyou', 'anhyeuem', 'emyeuanh', 'vietnam', 'hochiminh', 'saigon',
  'hanoi', 'hocsinh', 'giaovien', 'truonghoc', 'edutrust', 'admin', 'welcome', 'letmein', 'khongbiet', 'tinhyeu', 'thanhpho',
];

/**
 * A1: length only, no composition rules; nothing that everybody tries; not the education ID; NFC; never cut.
 *
 * @throws InvalidInput `password/…`
 */
export function mustBeGoodPassword(
  password: string,
  { minimum, educationId }: { readonly minimum: number; readonly educationId: string },
): void {
  const length = [...password.normalize('NFC')].length;
  if (length < minimum) {
    throw new InvalidInput('password/short', {
      vi: `Mật khẩu cần ít nhất ${minimum} ký tự; ba bốn từ dễ nhớ là đủ.`,
      en: `A password has at least ${minimum} characters; three or four words you remember will do.`,
    });
  }
  if (length > longest) {
    throw new InvalidInput('password/long', {
      vi: `Mật khẩu dài nhất ${longest} ký tự.`,
      en: `A password has at most ${longest} characters.`,
    });
  }
  const folded = password
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  const letters = folded.replaceAll(/\d/g, '');
  const isRepeated = new Set(folded).size <= 2 && [...new Set(password)].length <= 3;
  const isSequence = '01234567890123456789'.includes(folded) || '98765432109876543210'.includes(folded);
  if (common.includes(letters) || isRepeated || (folded !== '' && isSequence) || folded.includes(educationId)) {
    throw new InvalidInput('password/common', {
      vi: 'Mật khẩu này quá dễ đoán (từ thông dụng, dãy số hoặc mã giáo dục).',
      en: 'This password is too easy to guess (a common word, a sequence or the education ID).',
    });
  }
}
