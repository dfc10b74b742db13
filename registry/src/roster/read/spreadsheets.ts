// The door for capabilities elsewhere that read and write tables of their own, such as the marks of a class.
export { csvLines, toCsv } from '../csv.ts';
export { readTable, type SheetRow } from './table.ts';
export { writeWorkbook } from './xlsx-writer.ts';
