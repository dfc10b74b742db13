/** Documents that one transaction is about. */
const mostDocuments = 25;
/** Of their files, which are in memory at once, several times over. */
const mostBytes = 8 * 1024 * 1024;

/** Parts in their order, so that a thousand take the memory of a few, and the transactions of a few: one document at least, whatever its size. */
export function* partsOf<Document>(
  documents: readonly Document[],
  bytesOf: (document: Document) => number,
): Generator<Document[]> {
  let part: Document[] = [];
  let bytes = 0;
  for (const document of documents) {
    const size = bytesOf(document);
    if (part.length > 0 && (part.length >= mostDocuments || bytes + size > mostBytes)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(document);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
