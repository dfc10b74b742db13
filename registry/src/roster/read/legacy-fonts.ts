/**
 * Text typed with a font that draws Vietnamese letters at the places of others: TCVN3 («NguyÔn ThÞ An») and VNI
 * («Nguyeãn Thò An»). Read as Unicode it looks like letters and is wrong.
 */
export type LegacyFont = 'TCVN3 (ABC)' | 'VNI';

export interface Witness {
  readonly row: number;
  readonly text: string;
  readonly font: LegacyFont;
}

/** Signs that no name is written with, and that TCVN3 puts letters on. */
const tcvn3Signs = /[\u00a1-\u00a9\u00ab-\u00ae\u00b5-\u00b9\u00bb-\u00be\u00d7\u00f7]/u;
/** A capital with a mark inside a word: «NguyÔn». */
const tcvn3Inside = /\p{Ll}[\u00c0-\u00de]/u;
/** Letters that a foreign name may have: «Weiß», «Mª». */
const tcvn3Letters = /\p{L}[\u00aa\u00de\u00df]/u;

/** Two vowels that no Vietnamese syllable has beside each other, the second carrying VNI's mark. */
const vniPairs =
  /[aAeE][\u00e0-\u00e5\u00e8-\u00eb\u00f5\u00f9-\u00fc\u00ef\u00f8]|[oO][\u00e2-\u00e5\u00f5\u00f9\u00fb\u00ef\u00f8]|[uU\u00f4\u00f6][\u00f5\u00f9\u00fb\u00ef\u00f8]|\u00f1[aoeiuyaâôö]/u;

/**
 * Looks at names as they pass. TCVN3's signs are proof at once. VNI's pairs stand in some foreign names («Raphaël»), so
 * that they count only where many names of the file have one.
 */
export function createFontWitness() {
  let names = 0;
  let suspicious = 0;
  let first: Witness | undefined;
  const kinds = new Set<string>();
  return {
    /** `text` in NFC. */
    look(row: number, text: string): Witness | undefined {
      if (text === '') return undefined;
      names += 1;
      if (tcvn3Signs.test(text) || tcvn3Inside.test(text)) return { row, text: text.slice(0, 60), font: 'TCVN3 (ABC)' };
      const letter = tcvn3Letters.exec(text)?.[0].slice(-1);
      const isTcvn3 = letter !== undefined;
      const found = letter ?? vniPairs.exec(text)?.[0];
      if (found !== undefined) {
        kinds.add(found);
        suspicious += 1;
        first ??= { row, text: text.slice(0, 60), font: isTcvn3 ? 'TCVN3 (ABC)' : 'VNI' };
      }
      return undefined;
    },
    /** What the names of the file say together. */
    verdict(): Witness | undefined {
      return kinds.size >= 2 && suspicious * 5 >= names ? first : undefined;
    },
  };
}

/** TCVN 5712:1993, table 3: the letter that stands at each place of ISO 8859-1. */
const tcvn3: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...'¡Ă,¢Â,£Ê,¤Ô,¥Ơ,¦Ư,§Đ,¨ă,©â,ªê,«ô,¬ơ,\u00adư,®đ,µà,¶ả,·ã,¸á,¹ạ,»ằ,¼ẳ,½ẵ,¾ắ,Æặ,Çầ,Èẩ,Éẫ,Êấ,Ëậ,Ìè,Îẻ,Ïẽ,Ðé,Ñẹ,Òề,Óể,Ôễ,Õế,Öệ,×ì,Øỉ,Üĩ,Ýí,Þị,ßò,áỏ,âõ,ãó,äọ,åồ,æổ,çỗ,èố,éộ,êờ,ëở,ìỡ,íớ,îợ,ïù,ñủ,òũ,óú,ôụ,õừ,öử,÷ữ,øứ,ùự,úỳ,ûỷ,üỹ,ýý,þỵ'.split(
      ',',
    ),
  ].map((pair) => [pair.slice(0, 1), pair.slice(1)] as const),
);

/** The words of a TCVN3 header, to recognise a file by it. */
export function fromTcvn3(text: string): string {
  return [...text].map((letter) => tcvn3[letter] ?? letter).join('');
}
