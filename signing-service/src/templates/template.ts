import type { FormKind } from './form/form.ts';
import type { StepRole, StepTemplate } from './order.ts';

export type DocumentKind = ClassTemplate | FormKind | 'upload' | 'extract' | 'parcel';

/** Those that a class's marks are made into. */
export type ClassTemplate = 'transcript' | 'school-report';

/** Whether the document says what the marks of its learner say. */
export const isOfMarks = (kind: DocumentKind): kind is ClassTemplate =>
  kind === 'transcript' || kind === 'school-report';

/** What a request's signatures are put on: the document that people read and, of some kinds, the same data as XML. */
export type Artefact = 'document' | 'data';

/** What anyone may know of an issued document beside its signatures. */
export interface PublicFacts {
  /** As the requester called it. */
  readonly title: string;
  /** The first of its two years; null for a document that is of none. */
  readonly schoolYear: number | null;
}

/** A kind of document: how it is called and signed, and what anyone who holds its code may see of it. */
export interface Template {
  readonly kind: DocumentKind;
  /** How its files are called, before the code. */
  readonly fileStem: string;
  /**
   * Who signs, one after another; `chosen` by who asks for the signatures. A seal is always last: it is put only on what the competent person has signed
   * (Decree 30/2020/NĐ-CP, article 32.2).
   */
  readonly order: readonly StepTemplate[] | 'chosen';
  /** What it is called to anyone: never by the name of whom it is about. */
  publicTitle(facts: PublicFacts): string;
}

/** What people read and, of kinds that have it, the same data as XML. */
export interface DrawnFiles {
  readonly document: Buffer;
  readonly data?: Buffer;
}

/** A kind that the platform draws itself from typed fields. */
export interface DrawnTemplate<Fields, Role extends StepRole = StepRole> extends Template {
  readonly order: readonly StepTemplate<Role>[];
  /** In the lists of those who may see whom it is about. */
  titleOf(fields: Fields): string;
  /** The unsigned files. The same fields give the same bytes. */
  make(fields: Fields): Promise<DrawnFiles>;
}
