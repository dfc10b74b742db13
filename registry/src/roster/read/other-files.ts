import type { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { otherFile } from './refusals.ts';

const asSpreadsheet: Text = {
  vi: 'Mở tệp trong Excel và lưu lại dạng .xlsx rồi nhập.',
  en: 'Open it in Excel and save it as .xlsx, then import that.',
};
const bring: Text = {
  vi: 'Chọn tệp .xlsx hoặc .csv có danh sách.',
  en: 'Choose the .xlsx or .csv file with the roster.',
};

const same = (name: string): Text => ({ vi: name, en: name });

/** What a file is that begins so, when it is neither text nor a workbook; undefined for what may be one. */
export function otherFileOf(opening: Buffer): InvalidInput | undefined {
  const start = opening.subarray(0, 8).toString('latin1');
  if (start.startsWith('\xd0\xcf\x11\xe0'))
    return otherFile(
      {
        vi: 'tệp Excel đời cũ (.xls) hoặc tệp Excel có mật khẩu',
        en: 'an old Excel file (.xls) or one with a password',
      },
      asSpreadsheet,
    );
  if (start.startsWith('%PDF')) return otherFile({ vi: 'tệp PDF', en: 'a PDF file' }, bring);
  if (start.startsWith('\x89PNG') || start.startsWith('\xff\xd8\xff'))
    return otherFile({ vi: 'tệp ảnh', en: 'a picture' }, bring);
  if (start.startsWith('Rar!') || start.startsWith('7z\xbc\xaf') || start.startsWith('\x1f\x8b'))
    return otherFile(
      { vi: 'tệp nén', en: 'a compressed file' },
      { vi: 'Giải nén rồi nhập tệp bên trong.', en: 'Unpack it and import the file inside.' },
    );
  const text = opening
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
    .toLowerCase();
  if (/^<(?:!doctype html|html|table|head|body|meta|style|div)\b/.test(text))
    return otherFile(
      { vi: 'trang web (HTML) mang đuôi của bảng tính', en: 'a web page (HTML) named like a spreadsheet' },
      asSpreadsheet,
    );
  if (text.startsWith('<?xml') || text.startsWith('<'))
    return otherFile(
      text.includes('urn:schemas-microsoft-com:office:spreadsheet')
        ? { vi: 'bảng tính XML của Excel 2003', en: 'an XML spreadsheet of Excel 2003' }
        : { vi: 'tệp XML', en: 'an XML file' },
      asSpreadsheet,
    );
  if (text.startsWith('{') || text.startsWith('[{')) return otherFile({ vi: 'tệp JSON', en: 'a JSON file' }, bring);
  return undefined;
}

export function isZip(opening: Buffer): boolean {
  return opening.subarray(0, 4).toString('latin1') === 'PK\x03\x04';
}

/** What a ZIP archive is by what lies in it; undefined for a workbook that we read. */
export function otherArchiveOf(names: ReadonlySet<string>): InvalidInput | undefined {
  if (names.has('xl/workbook.xml') || names.has('[Content_Types].xml')) {
    const has = (folder: string) => [...names].some((name) => name.startsWith(folder));
    if (has('word/')) return otherFile(same('Word (.docx)'), bring);
    if (has('ppt/')) return otherFile(same('PowerPoint (.pptx)'), bring);
    if (names.has('xl/workbook.bin'))
      return otherFile({ vi: 'tệp Excel nhị phân (.xlsb)', en: 'a binary Excel file (.xlsb)' }, asSpreadsheet);
    return undefined;
  }
  if (names.has('content.xml'))
    return otherFile({ vi: 'tệp OpenDocument (.ods)', en: 'an OpenDocument file (.ods)' }, asSpreadsheet);
  return otherFile(
    { vi: 'tệp nén ZIP', en: 'a ZIP archive' },
    { vi: 'Giải nén rồi nhập tệp bên trong.', en: 'Unpack it and import the file inside.' },
  );
}

/** Headers that give a foreign format away: all of a row's words have to be there. */
const formats: readonly (readonly [string, readonly string[]])[] = [
  ['OneRoster', ['sourcedid', 'datelastmodified']],
  ['OneRoster', ['sourcedid', 'enableduser']],
  ['OneRoster (manifest)', ['propertyname', 'value']],
  ['School Data Sync', ['sourcedid', 'username', 'familyname']],
  ['School Data Sync', ['usersourcedid', 'orgsourcedid', 'role']],
  ['School Data Sync', ['sis id', 'school sis id']],
  ['Clever', ['school_id', 'student_id']],
  ['Clever', ['school_id', 'teacher_id']],
  ['Google Workspace', ['first name [required]', 'email address [required]']],
  ['Google Workspace', ['first name', 'last name', 'email address', 'org unit path']],
  ['Moodle', ['username', 'firstname', 'lastname']],
  ['Canvas', ['user_id', 'login_id']],
  ['Canvas', ['course_id', 'user_id', 'role']],
  ['VNPT vnEdu (mật khẩu)', ['tên đăng nhập', 'mật khẩu']],
];

/** Formats that are read, all of their files in one ZIP. */
const asPackages = new Set(['OneRoster', 'OneRoster (manifest)', 'School Data Sync', 'Clever']);
export const isOfPackage = (format: string): boolean => asPackages.has(format);

/** The foreign format that a header row belongs to. */
export function foreignFormatOf(cells: readonly string[]): string | undefined {
  const words = new Set(
    cells.map((cell) =>
      cell
        .replace(/^\ufeff/, '')
        .trim()
        .toLowerCase(),
    ),
  );
  return formats.find(([, needed]) => needed.every((word) => words.has(word)))?.[0];
}
