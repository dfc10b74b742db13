import { strict } from '@edutrust/platform/schemas';
import type { PersonClaims } from '@edutrust/registry/people';
import Type from 'typebox';
import { derivedClaims } from '../provider/claims.ts';

/**
 * A person who does not exist, for apps in their sandbox: known by an id that the registry never gives, of schools that it
 * does not have, with education IDs that begin with 0 and therefore are nobody's.
 */
export interface InventedPerson {
  readonly id: string;
  readonly claims: PersonClaims & { readonly email: string | null };
}

const primary = { school: 'Trường Tiểu học Mẫu', school_code: 'THMAU' } as const;
const secondary = { school: 'Trường THCS Mẫu', school_code: 'THCSMAU' } as const;

function invented(
  number: number,
  [family_name, given_name]: readonly [string, string],
  birthdate: string | null,
  affiliations: PersonClaims['affiliations'],
  email: string | null = null,
): InventedPerson {
  return {
    id: `00000000-0000-8000-8000-${String(number).padStart(12, '0')}`,
    claims: {
      name: `${family_name} ${given_name}`.trim(),
      given_name,
      family_name,
      birthdate,
      education_id: `00000000${String(number).padStart(2, '0')}`,
      affiliations,
      email,
    },
  };
}

/** One of each kind that an app meets, and those whom software gets wrong: no birth date, one word as a name, two schools. */
export const inventedPeople: readonly InventedPerson[] = [
  invented(1, ['Nguyễn Thị', 'Lan'], '2016-09-20', [{ role: 'learner', ...primary, class: '5A' }]),
  invented(2, ['Trần Minh', 'Khoa'], '2012-02-29', [{ role: 'learner', ...secondary, class: '9B' }]),
  invented(3, ["H'Hen Niê", 'Kđăm'], null, [{ role: 'learner', ...primary, class: null }]),
  invented(
    4,
    ['Lê Văn', 'Minh'],
    '1985-05-19',
    [
      { role: 'teacher', ...primary, class: null },
      { role: 'teacher', ...secondary, class: null },
    ],
    'minh.le@mau.example',
  ),
  invented(5, ['Phạm Thu', 'Hoà'], '1979-11-02', [{ role: 'staff', ...secondary, class: null }], 'hoa@mau.example'),
  invented(6, ['', 'Bình'], '1983-01-01', [{ role: 'guardian', ...primary, class: null }]),
];

/** All that there is to say of one; the scopes choose. */
export function inventedClaims({ claims: { email, ...claims } }: InventedPerson, sub: string): Record<string, unknown> {
  return { ...claims, ...derivedClaims(sub, claims), ...(email ? { email, email_verified: false } : {}) };
}

export const InventedId = Type.Enum(inventedPeople.map(({ id }) => id));
export const ChosenPerson = Type.Object({ person: InventedId }, strict);

export const inventedPerson = (id: string | null | undefined): InventedPerson | undefined =>
  inventedPeople.find((one) => one.id === id);
