import { notUtf8 } from './refusals.ts';

/** Characters in which the separator is looked for. */
const openingLength = 16 * 1024;

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** By the byte order mark; without one, by the zero bytes that Latin letters leave in UTF-16. */
function encodingOf(opening: Buffer): Encoding {
  if (opening[0] === 0xff && opening[1] === 0xfe) return 'utf-16le';
  if (opening[0] === 0xfe && opening[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const length = Math.min(opening.length, 512);
  for (let index = 0; index < length; index += 1)
    if (opening[index] === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > length / 6 && even === 0) return 'utf-16le';
  if (even > length / 6 && odd === 0) return 'utf-16be';
  return 'utf-8';
}

/**
 * The text of the bytes (UTF-8 or UTF-16), without its byte order mark; the first piece is long enough to see the header
 * in. Lone surrogates are no text.
 *
 * @throws InvalidInput `roster/not-utf-8`
 */
export async function* decode(opening: Buffer, bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder(encodingOf(opening), { fatal: true, ignoreBOM: false });
  let start = '';
  let hasStarted = false;
  try {
    for await (const chunk of bytes) {
      const text = decoder.decode(chunk, { stream: true });
      if (hasStarted) yield text;
      else start += text;
      if (!hasStarted && start.length >= openingLength) {
        hasStarted = true;
        yield start;
      }
    }
    const end = decoder.decode();
    yield hasStarted ? end : start + end;
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      ? notUtf8()
      : error;
  }
}
