/**
 * The Damm check digit (H. M. Damm, 2004): a totally anti-symmetric quasigroup of order 10, so that every wrong digit
 * and every swap of neighbours is noticed.
 */
const quasigroup = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
].map((row) => [...row].map(Number));

/** The check digit of the digits; 0 for digits that end in their own check digit. */
export function dammDigit(digits: string): number {
  let interim = 0;
  for (const digit of digits) interim = quasigroup[interim]?.[Number(digit)] ?? 0;
  return interim;
}
