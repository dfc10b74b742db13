import type { Place } from '../format.ts';

const pointsPerMm = 72 / 25.4;
/** A signature is no wider than this, however large its place is. */
const mostWidth = 50 * pointsPerMm;

type Rect = Place['rect'];
interface Drawn {
  readonly ink: { readonly width: number; readonly height: number };
  /** True width in millimetres, of a seal. */
  readonly widthMm?: number | undefined;
}

/** Where ink lies in a place: a seal as large as it is, a signature as large as the place allows; in the middle of it. */
export function inkPlace([left, bottom, right, top]: Rect, { ink, widthMm }: Drawn): Rect {
  const shape = ink.height / ink.width;
  const width =
    widthMm === undefined ? Math.min(mostWidth, right - left, (top - bottom) / shape) : widthMm * pointsPerMm;
  const [x, y] = [(left + right - width) / 2, (bottom + top - width * shape) / 2];
  return [x, y, x + width, y + width * shape];
}

/** Where a seal lies that covers a third of a signature, on its left (Decree 30/2020/NĐ-CP, annex I). */
export function sealPlace(signature: Rect, seal: Drawn): Rect {
  const [left, bottom, right, top] = signature;
  const [x, y, endX, endY] = inkPlace(signature, seal);
  const [width, height] = [endX - x, endY - y];
  const edge = left + (right - left) / 3;
  const middle = (bottom + top) / 2;
  return [edge - width, middle - height / 2, edge, middle + height / 2];
}
