import type { Place } from '../formats/format.ts';

/** Who signs at a step; `subject-teacher` stands for one step for each teacher of a subject, due together. */
export type StepRole = 'subject-teacher' | 'class-teacher' | 'principal' | 'school-seal' | 'signer';

/** One step of a document's order. */
export interface StepTemplate<Role extends StepRole = StepRole> {
  readonly role: Role;
  /** Where its visible block goes, no two overlap; without one nothing is seen of the signature on the page. */
  readonly place: Place | undefined;
}

/** What a step of this role is: a person's signature, or the organisation's seal by a clerk's act. */
export function purposeOf(role: StepRole): 'sign' | 'seal' {
  return role === 'school-seal' ? 'seal' : 'sign';
}
