import {
  attributeOf,
  childNamed,
  childrenNamed,
  MalformedXml,
  readXml,
  textOf,
  type XmlElement,
} from '../../formats/xml/read.ts';
import type { Mark } from '../transcript/data.ts';
import type { SchoolReportData, SubjectRow } from './data.ts';
import { reportNamespace } from './data-xml.ts';

/** What an issued report says, read back from its data: all but the address, which is of the file and not of the report. */
export type ReportContent = Omit<SchoolReportData, 'url'>;

/**
 * Reads the data of a report as `reportXml` writes it: alone, or inside the element that binds it to its document, signed or not.
 *
 * @throws MalformedXml
 */
export function readReport(xml: Uint8Array): ReportContent {
  const { root } = readXml(xml);
  const report = reportIn(root);
  if (!report) throw new MalformedXml('no school report');
  const one = (parent: XmlElement, local: string) => childNamed(parent, reportNamespace, local);
  const text = (parent: XmlElement | undefined, local: string) => {
    const found = parent && one(parent, local);
    return found && textOf(found);
  };
  const rows = (local: string, row: string) => {
    const list = one(report, local);
    return list ? childrenNamed(list, reportNamespace, row) : [];
  };
  const [learning, results] = [rows('Learning', 'Subject'), rows('Results', 'Result')];
  const columns = columnsOf([...learning, ...results]);
  const [pupil, year, made] = [one(report, 'Pupil'), one(report, 'SchoolYear'), one(report, 'Made')];
  const signatory = (local: string) => {
    const found = one(report, local);
    return { fullName: (found && textOf(found)) ?? '', title: (found && attributeOf(found, 'title')) ?? '' };
  };
  const absent = text(report, 'AbsentDays');
  const replaces = attributeOf(report, 'replaces');
  const gender = text(pupil, 'Gender');
  return {
    code: attributeOf(report, 'code') ?? '',
    version: Number(attributeOf(report, 'version') ?? 1),
    ...(replaces ? { replaces } : {}),
    department: text(report, 'Department') ?? '',
    school: { name: text(report, 'School') ?? '' },
    pupil: {
      fullName: text(pupil, 'FullName') ?? '',
      birthDate: text(pupil, 'BirthDate') ?? '',
      ...(gender === 'female' || gender === 'male' ? { gender } : {}),
      ...given('birthPlace', text(pupil, 'BirthPlace')),
      educationId: (pupil && attributeOf(pupil, 'educationId')) ?? '',
    },
    schoolYear: (year && textOf(year)) ?? '',
    grade: Number((year && attributeOf(year, 'grade')) ?? 0),
    className: (year && attributeOf(year, 'class')) ?? '',
    columns,
    subjects: learning.map((row) => ({ ...rowOf(row, columns), ...given('teacher', attributeOf(row, 'teacher')) })),
    results: results.map((row) => rowOf(row, columns)),
    ...(absent === undefined ? {} : { absentDays: Number(absent) }),
    ...given('award', text(report, 'Award')),
    ...given('remarks', text(report, 'Remarks')),
    ...given('outcome', text(report, 'Promotion')),
    ...given('completion', text(report, 'Completion')),
    classTeacher: signatory('ClassTeacher'),
    principal: signatory('Principal'),
    place: (made && attributeOf(made, 'place')) ?? '',
    issuedAt: new Date((made && textOf(made)) ?? 0),
  };
}

/** The report itself: the root, or what the binding element holds as data. */
function reportIn(root: XmlElement): XmlElement | undefined {
  if (root.namespace === reportNamespace && root.local === 'SchoolReport') return root;
  const data = childNamed(root, root.namespace, 'Data');
  return data && childNamed(data, reportNamespace, 'SchoolReport');
}

const given = <Key extends string>(key: Key, value: string | undefined) =>
  (value ? { [key]: value } : {}) as { readonly [K in Key]?: string }; // the computed key is that one

/** The periods in the order in which rows name them first; rows leave out what has no mark. */
function columnsOf(rows: readonly XmlElement[]): string[] {
  const longest = rows.map(periodsOf).reduce<string[]>((most, one) => (one.length > most.length ? one : most), []);
  const all = new Set([...longest, ...rows.flatMap(periodsOf)]);
  return [...all];
}

const marksOf = (row: XmlElement) => childrenNamed(row, reportNamespace, 'Mark');
const periodsOf = (row: XmlElement) => marksOf(row).map((mark) => attributeOf(mark, 'period') ?? '');

function rowOf(row: XmlElement, columns: readonly string[]): SubjectRow {
  const marks = new Map(marksOf(row).map((mark) => [attributeOf(mark, 'period') ?? '', textOf(mark) ?? '']));
  return { name: attributeOf(row, 'name') ?? '', marks: columns.map((column) => markOf(marks.get(column))) };
}

/** A number on the scale of ten is written with one decimal place; everything else is a word. */
function markOf(text: string | undefined): Mark | null {
  if (text === undefined) return null;
  return /^\d{1,2}\.\d$/u.test(text) ? Number(text) : text;
}
