import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf } from './csv.ts';

test('D10: a cell that a spreadsheet would run is only text; quotes, commas and lines stay in their cell', () => {
  assert.equal(csvOf([['Họ tên', '=HYPERLINK("http://evil")']]), '\uFEFF"Họ tên","\'=HYPERLINK(""http://evil"")"\r\n');
  for (const begin of ['=', '+', '-', '@', '\t', '\r']) assert.equal(csvOf([[`${begin}1`]]), `\uFEFF"'${begin}1"\r\n`);
  assert.equal(csvOf([['a,b\nc', '']]), '\uFEFF"a,b\nc",""\r\n');
});
