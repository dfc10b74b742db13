import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { gradeOfClassCode } from '../classes/grade.ts';
import { parseBirthDate, parseFullName } from '../people/name.ts';
import type { Gender } from '../tables.ts';
import { detailFields, headerOf, type RosterField } from './columns.ts';
import type { RawRow } from './read.ts';

/** A row that says something sensible by itself. */
export interface RosterRow {
  readonly row: number;
  readonly schoolCode: string;
  readonly classCode: string;
  readonly fullName: string;
  readonly birthDate: string;
  readonly gender: Gender | null;
  readonly moetId: string | null;
  readonly personalNumber: string | null;
  readonly details: Readonly<Record<string, string>>;
}

/** Why a row is not taken: the cell, and a sentence that says what to do. */
export interface Refusal {
  readonly row: number;
  readonly column: string;
  readonly value: string;
  readonly reason: Text;
}

/** The row, or the first thing that is wrong with it. */
export function parseRow({ row, cells, columns }: RawRow): RosterRow | Refusal {
  const cell = (field: RosterField) => (cells[columns.get(field) ?? -1] ?? '').normalize('NFC').trim();
  const refuse = (field: RosterField, reason: Text): Refusal => ({
    row,
    column: headerOf(field),
    value: cell(field).slice(0, 100),
    reason,
  });

  let fullName: string;
  try {
    fullName = parseFullName(cell('fullName'));
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    return refuse('fullName', error.detail);
  }
  const birthDate = parseDay(cell('birthDate'));
  if (!birthDate) {
    return refuse('birthDate', {
      vi: 'Không có ngày này trong lịch; ghi dạng ngày/tháng/năm, ví dụ 05/09/2015.',
      en: 'There is no such day; write day/month/year, such as 05/09/2015.',
    });
  }
  const classCode = cell('classCode').toUpperCase();
  if (gradeOfClassCode(classCode) === undefined) {
    return refuse('classCode', {
      vi: 'Mã lớp phải bắt đầu bằng khối 1–12, ví dụ 5A hoặc 5/2.',
      en: 'A class code begins with the grade 1–12, such as 5A or 5/2.',
    });
  }
  const gender = parseGender(cell('gender'));
  if (gender === undefined) return refuse('gender', { vi: 'Giới tính ghi Nam hoặc Nữ.', en: 'Gender is Nam or Nữ.' });
  const personalNumber = cell('personalNumber').replaceAll(/\s/g, '') || null;
  if (personalNumber && !/^\d{12}$/.test(personalNumber)) {
    return refuse('personalNumber', {
      vi: 'Số định danh cá nhân có đúng 12 chữ số; định dạng cột là văn bản để không mất số 0 đầu.',
      en: 'A personal number has exactly 12 digits; format the column as text to keep leading zeros.',
    });
  }
  const moetId = cell('moetId').replaceAll(/\s/g, '') || null;
  if (moetId && !/^[A-Za-z0-9._-]{4,40}$/.test(moetId)) {
    return refuse('moetId', {
      vi: 'Mã định danh Bộ GD&ĐT gồm 4–40 chữ và số.',
      en: "The ministry's identifier has 4–40 letters and digits.",
    });
  }
  const details: Record<string, string> = {};
  for (const field of detailFields) {
    const value = cell(field).slice(0, 200);
    if (value) details[field] = value;
  }
  return {
    row,
    schoolCode: cell('schoolCode'),
    classCode,
    fullName,
    birthDate,
    gender,
    moetId,
    personalNumber,
    details,
  };
}

export function isRefusal(result: RosterRow | Refusal): result is Refusal {
  return 'reason' in result;
}

/** `dd/mm/yyyy` (also with - or .) or `yyyy-mm-dd`, as a real day; undefined otherwise. */
function parseDay(text: string): string | undefined {
  const local = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  const iso = local ? `${local[3]}-${local[2]?.padStart(2, '0')}-${local[1]?.padStart(2, '0')}` : text;
  try {
    return parseBirthDate(iso);
  } catch {
    return undefined;
  }
}

function parseGender(text: string): Gender | null | undefined {
  const folded = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  if (folded === '') return null;
  if (folded === 'nam') return 'male';
  if (folded === 'nu') return 'female';
  return undefined;
}
