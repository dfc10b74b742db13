/** One row of a table: its number as a spreadsheet shows it, and its cells. */
export interface SheetRow {
  readonly row: number;
  readonly cells: readonly string[];
}
