/** Thrown for PEM that is not written as RFC 7468 §3 allows. */
export class PemError extends Error {
  override readonly name = 'PemError';
}

/**
 * The DER inside every PEM block with one of these labels (RFC 7468); text and other blocks around them are passed over.
 * Takes time in proportion to the text, whatever it is.
 *
 * @throws PemError for a block that does not end, or whose body is no base64
 */
export function readPem(text: string, ...labels: readonly string[]): Buffer[] {
  const found: Buffer[] = [];
  const begin = '-----BEGIN ';
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const labelEnd = text.indexOf('-----', at + begin.length);
    const label = text.slice(at + begin.length, labelEnd);
    const end = `-----END ${label}-----`;
    const bodyEnd = labelEnd < 0 || label.length > 64 ? -1 : text.indexOf(end, labelEnd);
    if (bodyEnd < 0) throw new PemError('a PEM block that does not end');
    if (labels.includes(label)) found.push(decodeBody(text.slice(labelEnd + 5, bodyEnd)));
    at = bodyEnd + end.length;
  }
  return found;
}

function decodeBody(body: string): Buffer {
  const base64 = body.replaceAll(/[ \t\r\n\f\v]/g, '');
  const der = Buffer.from(base64, 'base64');
  if (base64.length === 0 || der.toString('base64') !== base64) throw new PemError('a PEM block that is not base64');
  return der;
}
