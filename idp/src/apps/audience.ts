import type { Text } from '@edutrust/platform/messages';
import type { PersonClaims } from '@edutrust/registry/people';

/** Whom an app can be for: by what people are at the organisation that it serves. */
export const audiences = ['learner', 'teacher', 'staff', 'guardian'] as const satisfies readonly AffiliationRole[];
type AffiliationRole = PersonClaims['affiliations'][number]['role'];

export type Audience = (typeof audiences)[number];

export const audienceNames: Readonly<Record<Audience, Text>> = {
  learner: { vi: 'học sinh', en: 'pupils' },
  teacher: { vi: 'giáo viên', en: 'teachers' },
  staff: { vi: 'nhân viên', en: 'staff' },
  guardian: { vi: 'phụ huynh', en: 'guardians' },
};
