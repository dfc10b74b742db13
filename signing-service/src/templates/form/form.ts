import type { Text } from '@edutrust/platform/messages';

/** Documents that are a heading, some sentences with fields in them, and signatures: all of them are data in `kinds.ts`. */
export type FormKind = 'study-confirmation' | 'graduation-certificate' | 'decision' | 'diploma';

/** One thing to fill in. What the registry knows is not asked for: it is in the sentences as `{fullName}`, `{birthDate}`, `{className}` … */
export interface FormField {
  readonly key: string;
  readonly label: Text;
  /** `line`: a few words; `lines`: some sentences; `date`: `YYYY-MM-DD`; `choice`: one of `choices`. */
  readonly type: 'line' | 'lines' | 'date' | 'choice';
  readonly choices?: readonly string[];
  readonly isRequired: boolean;
}

/** One kind of document. */
export interface Form {
  readonly kind: FormKind;
  readonly name: Text;
  /** Heading as a person writes it, and what stands below it; `{…}` are fields. */
  readonly heading: string;
  readonly below: string;
  /** Sentences of the document, each a paragraph; one whose field is empty is left out. */
  readonly body: readonly string[];
  readonly fields: readonly FormField[];
  /** Whether it is about a learner of the school. */
  readonly isAboutLearner: boolean;
  /** Grade that the learner is or was in, where the document asks for one. */
  readonly grade?: number;
  /** Abbreviation in its number, such as `GXN` (Decree 30/2020/ND-CP, annex III). */
  readonly abbreviation: string;
  /** At most one that is in force for each learner. */
  readonly isOnce: boolean;
  readonly fileStem: string;
}

/** What a form of one kind says. Texts are Vietnamese and are put to NFC. */
export interface FormData {
  readonly form: Form;
  readonly department: string;
  readonly school: { readonly name: string };
  /** In the register, such as `12/GXN`, and its year. */
  readonly number: string;
  readonly year: number;
  /** Every field by its key, as it is printed. */
  readonly values: Readonly<Record<string, string>>;
  readonly principal: { readonly fullName: string; readonly title: string };
  /** Code of the document whose place it takes. */
  readonly replaces?: string;
  readonly place: string;
  readonly issuedAt: Date;
  readonly url: string;
  readonly code: string;
}

/** A sentence with its fields; undefined when one of them is empty. */
export function filled(sentence: string, values: Readonly<Record<string, string>>): string | undefined {
  let isWhole = true;
  const text = sentence.replaceAll(/\{(\w+)\}/gu, (_, key: string) => {
    const value = values[key];
    if (!value) isWhole = false;
    return value ?? '';
  });
  return isWhole ? text : undefined;
}
