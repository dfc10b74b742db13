/**
 * Rows as a CSV file that Excel opens in Vietnamese: UTF-8 with its mark, every cell quoted, and no cell that a
 * spreadsheet would take for a formula (a name may begin with «=», CWE-1236).
 */
export function csvOf(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
