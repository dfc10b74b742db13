import type { IconName } from './icons.ts';
import { type Text, t } from './language.ts';

/** The pictures of a PIN by name: what each is called when it is read aloud, and which crayon paints it. */
const pictures: Readonly<Record<string, { readonly icon: IconName; readonly word: Text; readonly crayon: number }>> = {
  cat: { icon: 'cat', word: { vi: 'Mèo', en: 'Cat' }, crayon: 2 },
  fish: { icon: 'fish', word: { vi: 'Cá', en: 'Fish' }, crayon: 0 },
  rabbit: { icon: 'rabbit', word: { vi: 'Thỏ', en: 'Rabbit' }, crayon: 6 },
  turtle: { icon: 'turtle', word: { vi: 'Rùa', en: 'Turtle' }, crayon: 1 },
  bird: { icon: 'bird', word: { vi: 'Chim', en: 'Bird' }, crayon: 4 },
  apple: { icon: 'apple', word: { vi: 'Táo', en: 'Apple' }, crayon: 7 },
  bus: { icon: 'bus', word: { vi: 'Xe buýt', en: 'Bus' }, crayon: 5 },
  sailboat: { icon: 'sailboat', word: { vi: 'Thuyền', en: 'Boat' }, crayon: 0 },
  star: { icon: 'star', word: { vi: 'Ngôi sao', en: 'Star' }, crayon: 5 },
  flower: { icon: 'flower', word: { vi: 'Hoa', en: 'Flower' }, crayon: 3 },
  balloon: { icon: 'balloon', word: { vi: 'Bóng bay', en: 'Balloon' }, crayon: 6 },
  carrot: { icon: 'carrot', word: { vi: 'Cà rốt', en: 'Carrot' }, crayon: 2 },
};

/** A picture as it is drawn and called; one that this build does not know is called by its name. */
export function pictureOf(name: string): { readonly icon: IconName; readonly word: string; readonly crayon: number } {
  const { icon, word, crayon } = pictures[name] ?? { icon: 'circle-help', word: { vi: name, en: name }, crayon: 0 };
  return { icon, word: t(word.vi, word.en), crayon };
}
