import type { Place } from '../formats/format.ts';

/** Who signs at a step. */
export type StepRole = 'class-teacher' | 'principal' | 'school-seal' | 'signer';

/** One step of a document's order. */
export interface StepTemplate<Role extends StepRole = StepRole> {
  readonly role: Role;
  /** Where its visible block goes; no two overlap. */
  readonly place: Place;
}

/** What a step of this role is: a person's signature, or the organisation's seal by a clerk's act. */
export function purposeOf(role: StepRole): 'sign' | 'seal' {
  return role === 'school-seal' ? 'seal' : 'sign';
}
