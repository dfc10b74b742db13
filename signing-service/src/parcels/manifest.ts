import { createHash } from 'node:crypto';

/** A parcel as its manifest tells of it. */
export interface ParcelContent {
  /** As it stands in the register: `03/2025-2026`. */
  readonly number: string;
  /** Verification code of the parcel. */
  readonly code: string;
  /** Number of the parcel that it takes the place of. */
  readonly replaces: string | null;
  readonly school: { readonly code: string; readonly name: string };
  /** The first of its two years. */
  readonly schoolYear: number;
  readonly className: string;
  readonly madeAt: Date;
  readonly reports: readonly ParcelReport[];
}

export interface ParcelReport {
  readonly educationId: string;
  readonly code: string;
  readonly version: number;
  /** PDF, XML. */
  readonly files: readonly ParcelFile[];
}

export interface ParcelFile {
  /** Inside the container. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** How a parcel is described to who takes it: the warehouse's own schema takes the place of ours as another such value. */
interface ParcelSchema {
  /** Of the manifest inside the container. */
  readonly fileName: string;
  readonly write: (content: ParcelContent) => Buffer;
}

const namespace = 'urn:edutrust:school-report-parcel:1';

/** Ours, described in docs/school-report.md: the ministry's schema of exchange is not public. */
const own: ParcelSchema = {
  fileName: 'goi-hoc-ba.xml',
  write: ({ number, code, replaces, school, schoolYear, className, madeAt, reports }) =>
    Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n${element(
        'ReportParcel',
        { xmlns: namespace, number, code, ...(replaces === null ? {} : { replaces }), made: madeAt.toISOString() },
        element('School', { code: school.code, name: school.name }),
        element('Class', { name: className, schoolYear: `${schoolYear}-${schoolYear + 1}` }),
        element('Reports', { count: String(reports.length) }, ...reports.map(reportXml)),
      )}`,
      'utf8',
    ),
};

/** The schema in use. */
export const parcelSchema: ParcelSchema = own;

/** What goes in was issued and was in force when the parcel was made: anything else is refused. */
const reportXml = ({ educationId, code, version, files }: ParcelReport) =>
  element(
    'Report',
    { educationId, code, version: String(version), state: 'issued' },
    ...files.map(({ name, mediaType, bytes }) =>
      element('File', { name, mediaType, sha256: createHash('sha256').update(bytes).digest('hex') }),
    ),
  );

function element(name: string, attributes: Readonly<Record<string, string>>, ...content: string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

const escaped = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A number of the register as it is written: with its school year, from 01. */
export const parcelNumber = (number: number, schoolYear: number): string =>
  `${String(number).padStart(2, '0')}/${schoolYear}-${schoolYear + 1}`;
