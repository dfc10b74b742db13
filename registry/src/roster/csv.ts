/** Cells that a spreadsheet would compute are text (D10): `=`, `+`, `-`, `@`, also full-width, tab, return, NUL. */
const computed = /^[=+\-@\p{Cc}\uff1d\uff0b\uff0d\uff20]/u;

/** CSV as Excel opens it: UTF-8 with a byte order mark, CRLF (RFC 4180). */
export function toCsv(rows: readonly (readonly string[])[]): Buffer {
  const cell = (text: string) => `"${(computed.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return Buffer.from(`\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`, 'utf8');
}
