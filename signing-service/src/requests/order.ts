import { transcriptPlaces } from '../templates/transcript/places.ts';

/** Who signs at a step. */
export type StepRole = 'class-teacher' | 'principal' | 'school-seal';

/** One step of a document's order. */
export interface StepTemplate {
  readonly role: StepRole;
  /** A person's signature, or the organisation's seal by a clerk's act. */
  readonly purpose: 'sign' | 'seal';
  /** Where its visible block goes; no two overlap. */
  readonly place: {
    readonly page: number | 'last';
    readonly rect: readonly [number, number, number, number];
  };
}

/**
 * Who signs a document of a kind, one after another: each signature is an incremental update of the file with those
 * before it. A seal is always last: it is put only on what the competent person has signed (Decree 30/2020/NĐ-CP,
 * article 32.2).
 */
export const orders = {
  transcript: [
    { role: 'class-teacher', purpose: 'sign', place: transcriptPlaces['class-teacher'] },
    { role: 'principal', purpose: 'sign', place: transcriptPlaces.principal },
    { role: 'school-seal', purpose: 'seal', place: transcriptPlaces['school-seal'] },
  ],
} as const satisfies Readonly<Record<string, readonly StepTemplate[]>>;

/** What a step of this role is: a signature or the seal. */
export function purposeOf(role: StepRole): 'sign' | 'seal' {
  return role === 'school-seal' ? 'seal' : 'sign';
}
