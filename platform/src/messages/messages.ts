/**
 * Sentences for people, in the two languages of the platform.
 *
 * A catalogue is a typed object in the `messages.ts` of its capability whose entries are {@link Text}s or functions
 * that return one, so that a sentence without its translation does not compile.
 */

/** BCP 47 tags of the languages that every sentence exists in; the first is the default. */
export const locales = ['vi', 'en'] as const;
export type Locale = (typeof locales)[number];

/** One sentence in each language. */
export type Text = Readonly<Record<Locale, string>>;

/**
 * The language to answer in: the first of ours in an `Accept-Language` header (RFC 9110 §12.5.4, taken in the
 * order written: browsers list by preference), else Vietnamese.
 */
export function negotiateLocale(acceptLanguage: string | undefined): Locale {
  for (const part of acceptLanguage?.split(',', 20) ?? []) {
    const tag = part.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const match = locales.find((locale) => tag === locale || tag.startsWith(`${locale}-`));
    if (match) return match;
  }
  return 'vi';
}
