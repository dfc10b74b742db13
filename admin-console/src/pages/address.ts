import type { Address } from '@edutrust/idp/pages';

/** The word for "you": `em`, `cô`, `thầy`, `chị`, `anh`; both where it is not known. */
export function you({ kind, gender }: Address): string {
  if (kind === 'pupil') return 'em';
  const [male, female] = kind === 'teacher' ? ['thầy', 'cô'] : ['anh', 'chị'];
  return gender === 'male' ? male : gender === 'female' ? female : `${male} ${female}`;
}
