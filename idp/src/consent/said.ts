import { createHash } from 'node:crypto';
import type { Locale } from '@edutrust/platform/messages';
import type { Receipt } from '../tools.ts';

/** What somebody agreed to, in the words of then, by language. */
export type Said = Readonly<Record<Locale, Pick<Receipt, 'title' | 'sentence' | 'parts'>>> & {
  /** The children who are named in it, in that order. */
  readonly children: readonly string[];
};

/** SHA-256, hexadecimal, whatever order a database keeps members in: what the log has of it. */
export function digestOfSaid(said: Said): string {
  const plain = (['vi', 'en'] as const).map((locale) => {
    const { title, sentence, parts } = said[locale];
    return [title, sentence, parts.map(({ heading, facts }) => [heading, facts])];
  });
  return createHash('sha256')
    .update(JSON.stringify([plain, said.children]))
    .digest('hex');
}
