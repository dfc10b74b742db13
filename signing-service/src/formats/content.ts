/** Bytes that are read piece by piece, so that memory does not depend on how many they are. */
export interface ByteSource {
  readonly length: number;
  /** Fills `into` with what stands at an offset. Throws when there are fewer. */
  read(at: number, into: Uint8Array): void;
}

/** What is signed: in memory, or wherever it can be read from. */
export type Content = Uint8Array | ByteSource;

export const isHeld = (content: Content): content is Uint8Array => content instanceof Uint8Array;

const pieceBytes = 1024 * 1024;

/** Everything of it in order, as often as asked; a piece is good until the next one. */
export function piecesOf(content: Content): Iterable<Uint8Array> {
  return isHeld(content) ? [content] : { [Symbol.iterator]: () => read(content) };
}

function* read(source: ByteSource): Generator<Uint8Array, void> {
  const room = Buffer.alloc(Math.min(pieceBytes, source.length));
  for (let at = 0; at < source.length; at += room.length) {
    const piece = room.subarray(0, Math.min(room.length, source.length - at));
    source.read(at, piece);
    yield piece;
  }
}

/** A few bytes of it, held. */
export function bytesAt(content: Content, at: number, size: number): Buffer {
  if (isHeld(content)) return Buffer.from(content.buffer, content.byteOffset + at, size);
  const bytes = Buffer.alloc(size);
  content.read(at, bytes);
  return bytes;
}

/** A part of it that is read when it is asked for. */
export const partOf = (source: ByteSource, start: number, length: number): ByteSource => ({
  length,
  read: (at, into) => {
    if (at + into.length > length) throw new RangeError('beyond the part');
    source.read(start + at, into);
  },
});
