import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import type { PersonClaims } from '@edutrust/registry/people';
import { isCommon } from './common-passwords.ts';

/** Longer ones are refused, never cut (A1). */
const longest = 256;

/** What a person's passwords must be like, by who they are (A1; SP 800-63B-4 §3.1.1.2, credential by grade). */
export interface PasswordRule {
  readonly minimumLength: number;
  readonly isPupil: boolean;
  readonly advice: Text;
}

/** By the grades of a learner's classes: a class may be called «Chuyên Toán», its grade is its own fact. */
export function passwordRuleFor(claims: PersonClaims, grades: readonly number[]): PasswordRule {
  const roles = claims.affiliations.map(({ role }) => role);
  const isAdult = roles.length === 0 || roles.some((role) => role !== 'learner');
  if (isAdult) {
    return {
      // Also beside a passkey: a thief of the password needs nothing else to sign in with it (A1).
      minimumLength: 15,
      isPupil: false,
      advice: {
        vi: 'Một câu dài dễ nhớ là tốt nhất, ví dụ bốn năm từ không liên quan nhau. Passkey còn an toàn hơn.',
        en: 'A long phrase that you remember is best: four or five unrelated words. A passkey is safer still.',
      },
    };
  }
  const grade = Math.max(0, ...grades);
  return {
    minimumLength: grade >= 10 ? 12 : grade >= 6 ? 8 : 6,
    isPupil: true,
    advice: {
      vi: 'Chọn ba từ dễ nhớ mà bạn khác không đoán được, ví dụ tên một con vật, một món ăn và một màu.',
      en: 'Choose three easy words that nobody guesses: an animal, a dish and a colour.',
    },
  };
}

/** The password as it is hashed: NFC, so that a phone and a computer that spell «ế» differently agree. */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/** Without marks, case and separators: how guessers try variants. */
function folded(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/[\s._-]/g, '');
}

/**
 * The normalized password when the rule allows it.
 *
 * @throws InvalidInput `passwords/…` beside the field `password`, saying what to do.
 */
export async function checkPassword(password: string, rule: PasswordRule, claims: PersonClaims): Promise<string> {
  const normal = normalizePassword(password);
  const length = [...normal].length;
  if (length < rule.minimumLength) {
    throw refuse('too-short', {
      vi: `Mật khẩu cần ít nhất ${rule.minimumLength} ký tự, đây là ${length}.`,
      en: `The password needs at least ${rule.minimumLength} characters, this has ${length}.`,
    });
  }
  if (length > longest) {
    throw refuse('too-long', {
      vi: `Mật khẩu dài hơn ${longest} ký tự.`,
      en: `The password is longer than ${longest} characters.`,
    });
  }
  const core = folded(normal);
  if ((await isCommon(core)) || isGuessable(core, claims)) {
    throw refuse('guessable', {
      vi: 'Mật khẩu này dễ đoán: nó phổ biến, lặp lại, hoặc chứa tên, ngày sinh, mã của chính mình.',
      en: 'This password is easy to guess: it is common, repeats itself, or is your own name, birth date or ID.',
    });
  }
  return normal;
}

function isGuessable(core: string, claims: PersonClaims): boolean {
  if (new Set(core).size < 4) return true; // «111111», «abababab»
  if (isSequence(core) || isRepetition(core) || isRepetition(core.replace(/\d{1,4}$/, ''))) return true;
  const [year = '', month = '', day = ''] = claims.birthdate?.split('-') ?? [];
  const own = [claims.education_id, folded(claims.name), folded(claims.given_name), `${day}${month}${year}`]
    .concat([`${year}${month}${day}`, `${day}${month}${year.slice(2)}`])
    .filter((word) => word.length >= 3);
  const rest = own.reduce((text, word) => text.replaceAll(word, ''), core);
  return rest.length < core.length && rest.replaceAll(/\d/g, '').length < 4;
}

/** Every character follows the one before, around the clock of digits too: `123456789012`, `abcdef`, `987654`. */
function isSequence(text: string): boolean {
  const follows = (step: number) => (character: string, index: number) =>
    index === 0 ||
    character.charCodeAt(0) - text.charCodeAt(index - 1) === step ||
    `${text[index - 1]}${character}` === (step === 1 ? '90' : '09');
  return [...text].every(follows(1)) || [...text].every(follows(-1));
}

/** One piece again and again: `abcdabcdabcd`, `passwordpassword`. */
function isRepetition(text: string): boolean {
  return Array.from({ length: Math.floor(text.length / 2) }, (_, index) => index + 1).some(
    (length) => text.length >= 2 * length && text === text.slice(0, length).repeat(text.length).slice(0, text.length),
  );
}

function refuse(reason: string, detail: Text): InvalidInput {
  return new InvalidInput(`passwords/${reason}`, detail, { fields: [{ pointer: '/password', detail }] });
}
