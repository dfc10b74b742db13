/** Cells that a spreadsheet would compute are text (D10): `=`, `+`, `-`, `@`, also full-width, tab, return, NUL. */
const computed = /^[=+\-@\p{Cc}\uff1d\uff0b\uff0d\uff20]/u;

/** Lines of CSV (RFC 4180), without a byte order mark. */
export function csvLines(rows: readonly (readonly string[])[]): Buffer {
  const cell = (text: string) => `"${(computed.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return Buffer.from(`${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`, 'utf8');
}

/** CSV as Excel opens it: UTF-8 with a byte order mark, CRLF. */
export const toCsv = (rows: readonly (readonly string[])[]): Buffer =>
  Buffer.concat([Buffer.from('\ufeff'), csvLines(rows)]);
