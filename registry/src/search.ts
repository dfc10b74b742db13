import { type RawBuilder, sql } from 'kysely';

/** So many words of what somebody typed are looked for. */
const wordsAtMost = 8;

/** Text that LIKE takes as it stands. */
export const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

/**
 * That a folded column (`registry.fold`) holds every word that somebody typed, in any order, without marks and in any case.
 * One or two letters are the beginning of a word, which is what an index of three letters finds.
 */
export function hasWords(folded: RawBuilder<unknown>, typed: string): RawBuilder<boolean> {
  const words = typed.normalize('NFC').trim().split(/\s+/).slice(0, wordsAtMost);
  return sql<boolean>`(${sql.join(
    words.map((word) => hasWord(folded, word)),
    sql` AND `,
  )})`;
}

function hasWord(column: RawBuilder<unknown>, word: string) {
  const folded = sql`registry.fold(${escapeLike(word)})`;
  return word.length > 2
    ? sql`${column} LIKE '%' || ${folded} || '%'`
    : sql`(${column} LIKE ${folded} || '%' OR ${column} LIKE '% ' || ${folded} || '%')`;
}
