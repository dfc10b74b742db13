import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const resolve = createRequire(import.meta.url).resolve;
const files = {
  regular: 'be-vietnam-pro/400Regular/BeVietnamPro_400Regular.ttf',
  medium: 'be-vietnam-pro/500Medium/BeVietnamPro_500Medium.ttf',
  semibold: 'be-vietnam-pro/600SemiBold/BeVietnamPro_600SemiBold.ttf',
  bold: 'be-vietnam-pro/700Bold/BeVietnamPro_700Bold.ttf',
  // Tinos has the letters of Times New Roman, which is not free, in the same widths (Decree 30/2020/NĐ-CP, annex I).
  times: 'tinos/400Regular/Tinos_400Regular.ttf',
} as const;

export type FontName = keyof typeof files;

const loaded = new Map<FontName, Buffer>();

/** The whole TrueType file of Be Vietnam Pro, or of Tinos: web subsets miss Vietnamese letters. Read once. */
export function fontFile(name: FontName): Buffer {
  const known = loaded.get(name);
  if (known) return known;
  const file = readFileSync(resolve(`@expo-google-fonts/${files[name]}`));
  loaded.set(name, file);
  return file;
}
