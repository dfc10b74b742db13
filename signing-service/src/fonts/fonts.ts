import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const resolve = createRequire(import.meta.url).resolve;
const files = {
  regular: '400Regular/BeVietnamPro_400Regular.ttf',
  medium: '500Medium/BeVietnamPro_500Medium.ttf',
  semibold: '600SemiBold/BeVietnamPro_600SemiBold.ttf',
  bold: '700Bold/BeVietnamPro_700Bold.ttf',
} as const;

export type FontWeight = keyof typeof files;

const loaded = new Map<FontWeight, Buffer>();

/** The whole TrueType file of Be Vietnam Pro: web subsets miss Vietnamese letters. Read once. */
export function fontFile(weight: FontWeight): Buffer {
  const known = loaded.get(weight);
  if (known) return known;
  const file = readFileSync(resolve(`@expo-google-fonts/be-vietnam-pro/${files[weight]}`));
  loaded.set(weight, file);
  return file;
}
