/** A block of a page in points: lower left and upper right corner, from the lower left corner of the page. */
export type Rect = [number, number, number, number];

interface PageSize {
  readonly width: number;
  readonly height: number;
}

const block = { width: 150, height: 56 } as const;
const margin = 42;
const gap = 12;

/**
 * Where blocks stand at the foot of a page when nobody says otherwise: in rows from the right, where Vietnamese papers are
 * signed; in each row in their order, the last one rightmost, a fuller row above the next.
 */
export function footPlaces({ width }: PageSize, count: number): Rect[] {
  const inRow = Math.max(1, Math.floor((width - 2 * margin + gap) / (block.width + gap)));
  const rows = Math.ceil(count / inRow);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / inRow);
    const ofRow = Math.min(inRow, count - row * inRow);
    const right = width - margin - (ofRow - 1 - (index % inRow)) * (block.width + gap);
    const bottom = margin + (rows - 1 - row) * (block.height + gap);
    return [right - block.width, bottom, right, bottom + block.height];
  });
}
