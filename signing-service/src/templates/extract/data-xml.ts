import { reportXml } from '../school-report/data-xml.ts';
import type { ExtractData } from './data.ts';

/** Described in docs/school-report.md. */
const extractNamespace = 'urn:edutrust:report-extract:1';

/** An extract's data: which copy it is, what it is from, and the rows that it holds in the report's own words. */
export function extractXml(data: ExtractData): string {
  const { report, withResults, number, year, code, sourceSha256 } = data;
  const { award: _award, outcome: _outcome, absentDays: _days, remarks: _remarks, completion, ...rows } = report;
  const shown = withResults
    ? { ...report, remarks: '' }
    : { ...rows, results: [], ...(completion ? { completion } : {}) };
  const attributes = `code="${code}" number="${number}" year="${year}" source="${report.code}" sourceSha256="${sourceSha256}"`;
  return `<ReportExtract xmlns="${extractNamespace}" ${attributes}>${reportXml({ ...shown, url: data.url })}</ReportExtract>`;
}
