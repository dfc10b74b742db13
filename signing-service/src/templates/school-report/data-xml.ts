import type { Mark, MarksRow } from '../transcript/data.ts';
import type { SchoolReportData, SubjectRow } from './data.ts';

/** Of our own schema, described in docs/school-report.md. */
export const reportNamespace = 'urn:edutrust:school-report:1';

/**
 * The data of a school report as XML, one element without white space between elements. The schema is this one file: another
 * is another such function, and nothing else knows what stands in it.
 */
export function reportXml(data: SchoolReportData): string {
  const { pupil, school, classTeacher, principal } = data;
  return element(
    'SchoolReport',
    {
      xmlns: reportNamespace,
      code: data.code,
      version: data.version,
      ...(data.replaces ? { replaces: data.replaces } : {}),
    },
    element('Department', {}, text(data.department)),
    element('School', {}, text(school.name)),
    element(
      'Pupil',
      { educationId: pupil.educationId },
      element('FullName', {}, text(pupil.fullName)),
      element('BirthDate', {}, text(pupil.birthDate)),
      optional('Gender', pupil.gender),
      optional('BirthPlace', pupil.birthPlace),
    ),
    element('SchoolYear', { grade: data.grade, class: data.className }, text(data.schoolYear)),
    element('Learning', {}, ...data.subjects.map((row) => rowXml('Subject', row, data.columns))),
    element('Results', {}, ...data.results.map((row) => rowXml('Result', row, data.columns))),
    optional('AbsentDays', data.absentDays),
    optional('Award', data.award),
    optional('Remarks', data.remarks),
    optional('Promotion', data.outcome),
    optional('Completion', data.completion),
    element('ClassTeacher', { title: classTeacher.title }, text(classTeacher.fullName)),
    element('Principal', { title: principal.title }, text(principal.fullName)),
    element('Made', { place: data.place }, text(data.issuedAt.toISOString())),
  );
}

function rowXml(name: string, row: MarksRow | SubjectRow, columns: readonly string[]): string {
  const teacher = 'teacher' in row && row.teacher ? { teacher: row.teacher } : {};
  const marks = row.marks.flatMap((mark, index) =>
    mark === null ? [] : [element('Mark', { period: columns[index] ?? '' }, text(markText(mark)))],
  );
  return element(name, { name: row.name, ...teacher }, ...marks);
}

/** With a full stop, as XML Schema's decimal; printed it has a comma. */
const markText = (mark: Mark) => (typeof mark === 'number' ? mark.toFixed(1) : mark);

function optional(name: string, value: string | number | undefined): string {
  return value === undefined || value === '' ? '' : element(name, {}, text(String(value)));
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, ...content: string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

const text = (value: string) => escaped(value);

const escaped = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
