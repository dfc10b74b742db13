import { drawYear } from '../transcript/transcript.ts';
import { normalised } from '../transcript/wording.ts';
import { agreementOf, boundXml, canonicalData, dataFileName } from './agreement.ts';
import type { SchoolReportData } from './data.ts';
import { reportXml } from './data-xml.ts';
import { drawCompletion, drawReplaced, drawTeachers } from './drawing.ts';

/** The two forms of one report, unsigned. */
export interface SchoolReportFiles {
  /** PDF/A-3a (ISO 19005-3) with the data in it. */
  readonly document: Buffer;
  /** The same data as XML, with the digest of the document. */
  readonly data: Buffer;
}

/**
 * Makes a school report in its two forms from one object. The same object gives the same bytes.
 *
 * @throws TypeError when the two do not agree: nobody signs such a pair
 */
export async function makeSchoolReport(input: SchoolReportData): Promise<SchoolReportFiles> {
  const report = normalised(input);
  const carried = canonicalData(reportXml(report));
  const document = await drawYear(report, {
    heading: 'Học bạ',
    file: { name: dataFileName, bytes: carried, description: 'Dữ liệu của học bạ này' },
    further: (sheet) => {
      drawTeachers(sheet, report);
      drawCompletion(sheet, report);
      drawReplaced(sheet, report);
    },
  });
  const data = boundXml(carried, document);
  if (!agreementOf(document, data).agrees) throw new TypeError('a report whose two forms do not agree');
  return { document, data };
}
