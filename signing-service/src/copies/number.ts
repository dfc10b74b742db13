/**
 * A number of the register of copies as it is printed: one row of numbers a year for every form, with the abbreviation of the form, from 01
 * (Decree 30/2020/ND-CP, annex I part II): SY a copy of the whole (sao y), TrS an extract (trích sao).
 */
export function registerNumber(form: 'extract' | 'print', number: number): string {
  return `${String(number).padStart(2, '0')}/${form === 'print' ? 'SY' : 'TrS'}`;
}
