import { certificatesInCms } from '../cms.ts';
import type { LongTerm } from '../format.ts';
import { openPdf } from '../pdf/document.ts';
import { as } from '../pdf/object.ts';
import { signedFields } from './fields.ts';
import { timeStampPdf } from './pades.ts';
import { addValidationData } from './validation-data.ts';

/** The document security store and a document time stamp (ETSI EN 319 142-1 §5.4). */
export const longTerm: LongTerm = {
  certificatesIn: (file) => {
    const { current } = openPdf(file);
    const found = signedFields(current).flatMap(({ value }) => {
      const signature = value === undefined ? undefined : as('dictionary', current.get(value));
      const contents = as('string', signature?.entries.get('Contents'));
      return contents ? certificatesInCms(contents.bytes, 'zeros') : [];
    });
    return [...new Map(found.map((der) => [der.toString('base64'), der])).values()];
  },
  extend: (file, data, timeStamp) => timeStampPdf(addValidationData(file, data), timeStamp),
};
