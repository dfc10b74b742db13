import type { DrawnTemplate } from '../template.ts';
import type { ExtractData } from './data.ts';
import { makeExtract } from './extract.ts';
import { extractSealPlace } from './places.ts';

/**
 * An extract of an issued report: the clerk seals it as a copy that was made at the organisation (Decree 30/2020/ND-CP, articles 25 and 32.2); those who
 * signed the report signed what it says already.
 */
export const extractTemplate: DrawnTemplate<ExtractData, 'school-seal'> = {
  kind: 'extract',
  fileStem: 'trich-sao',
  order: [{ role: 'school-seal', place: extractSealPlace }],
  publicTitle: ({ schoolYear }) =>
    `Bản trích sao học bạ số${schoolYear === null ? '' : ` năm học ${schoolYear}–${schoolYear + 1}`}`,
  titleOf: ({ report, number, year }) => `Trích sao học bạ số ${report.pupil.fullName}, số ${number} năm ${year}`,
  make: async (fields) => ({ document: await makeExtract(fields) }),
};
