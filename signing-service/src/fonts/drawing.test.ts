import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { create } from 'fontkit';
import { drawingFont } from './drawing.ts';

test('what a glyph stands for is said by each document anew: the letters that the font lacks share one', () => {
  const lettersOf = (text: string) =>
    (drawingFont('regular') as unknown as ReturnType<typeof create>).layout(text).glyphs[0]?.codePoints;
  assert.deepEqual(lettersOf('阮'), [0x962e]);
  assert.deepEqual(lettersOf('陳'), [0x9673]);
});
