import { deflateSync } from 'node:zlib';
import type { ValidationData } from '../format.ts';
import { openPdf } from '../pdf/document.ts';
import { MalformedPdf } from '../pdf/malformed.ts';
import { array, as, dictionary, name, type PdfObject, withEntries } from '../pdf/object.ts';
import { IncrementalUpdate } from '../pdf/writer.ts';

/** Of values that are at hand: what a batch of documents shares is compressed once. */
const deflatedOf = new WeakMap<Uint8Array, Buffer>();

function deflated(der: Uint8Array): Buffer {
  const bytes = deflatedOf.get(der) ?? deflateSync(der);
  deflatedOf.set(der, bytes);
  return bytes;
}

/**
 * Adds certificates and revocation data to the document security store, as a revision of its own (ETSI EN 319 142-1
 * §5.4.2): with it a B-T file becomes B-LT, and with a document time stamp behind it B-LTA. What the store already
 * holds stays.
 *
 * Throws `InvalidInput` `pdf/…` for a file that cannot be read strictly.
 */
export function addValidationData(pdf: Uint8Array, data: ValidationData): Buffer {
  const file = openPdf(pdf);
  const view = file.current;
  const root = as('reference', view.trailer.entries.get('Root'));
  const catalog = view.dictionary(root);
  if (!root || !catalog) throw new MalformedPdf('no catalogue');
  const update = new IncrementalUpdate(file);
  const storeEntry = catalog.entries.get('DSS');
  const store = view.dictionary(storeEntry) ?? dictionary({ Type: name('DSS') });
  const extended = (key: string, values: readonly Uint8Array[] = []): PdfObject | undefined => {
    if (values.length === 0) return store.entries.get(key);
    const added = values.map((der) => {
      const reference = update.newReference();
      update.put(reference, dictionary({ Filter: name('FlateDecode') }), deflated(der));
      return reference;
    });
    return array([...(view.array(store.entries.get(key)) ?? []), ...added]);
  };
  const newStore = withEntries(store, {
    Certs: extended('Certs', data.certificates),
    CRLs: extended('CRLs', data.crls),
    OCSPs: extended('OCSPs', data.ocspResponses),
  });
  const place = as('reference', storeEntry) ?? update.newReference();
  update.put(place, newStore);
  if (!as('reference', storeEntry)) update.put(root, withEntries(catalog, { DSS: place }));
  return update.finish();
}
