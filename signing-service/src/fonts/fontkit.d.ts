/** What we use of fontkit, which has no types of its own. */
declare module 'fontkit' {
  interface Glyph {
    /** The letters that it stands for. */
    readonly codePoints: readonly number[];
  }
  interface Font {
    layout(text: string): { readonly glyphs: readonly Glyph[] };
  }
  /** Reads a TrueType file; its tables when they are first needed. */
  export function create(file: Uint8Array): Font;
}
