import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';

export const largestRosterBytes = 512 * 1024 * 1024;
export const mostRosterRows = 2_000_000;
/** Title lines that a template may carry above its header. */
export const mostTitleRows = 15;
/** Real exports have up to 71. */
export const mostColumns = 300;
/** A row, or a cell whose quote is never closed, that goes on for longer than this is no roster. */
export const largestRowBytes = 1024 * 1024;

/** The rosters that we read. */
export const rosterKinds = ['learners', 'staff', 'schools', 'guardians'] as const;
export type RosterKindId = (typeof rosterKinds)[number];

/** Where a template is downloaded; sentences that name one lead here. */
export const templatePath = (kind: RosterKindId) => `/api/v1/roster/templates/${kind}?format=xlsx`;

function takeTemplate(kind: RosterKindId): Text {
  return {
    vi: `Tải tệp mẫu (${templatePath(kind)}) và dán dữ liệu vào đó.`,
    en: `Download the template (${templatePath(kind)}) and paste the rows into it.`,
  };
}

export function tooLarge(): TooLarge {
  return new TooLarge(
    'roster/too-large',
    {
      vi: `Tệp lớn hơn ${largestRosterBytes / 2 ** 20} MiB hoặc hơn ${mostRosterRows.toLocaleString('vi')} dòng.`,
      en: `The file is larger than ${largestRosterBytes / 2 ** 20} MiB or has more than ${mostRosterRows.toLocaleString('en')} rows.`,
    },
    {
      remedy: {
        vi: 'Chia tệp theo trường rồi nhập từng tệp.',
        en: 'Split the file by school and import one after another.',
      },
    },
  );
}

export function notUtf8(): InvalidInput {
  return new InvalidInput(
    'roster/not-utf-8',
    {
      vi: 'Tệp không ở bảng mã Unicode (UTF-8 hay UTF-16) nên chữ tiếng Việt sẽ bị sai.',
      en: 'The file is neither UTF-8 nor UTF-16, so Vietnamese letters would be wrong.',
    },
    {
      remedy: {
        vi: 'Nhập thẳng tệp Excel (.xlsx), hoặc trong Excel chọn Lưu thành → «CSV UTF-8 (phân tách bằng dấu phẩy)».',
        en: 'Import the Excel file (.xlsx) itself, or choose Save as → "CSV UTF-8 (Comma delimited)" in Excel.',
      },
    },
  );
}

export function endlessRow(row: number): InvalidInput {
  return new InvalidInput(
    'roster/endless-row',
    {
      vi: `Dòng ${row} không kết thúc: một dấu ngoặc kép mở mà không đóng, hoặc tệp không phải CSV.`,
      en: `Row ${row} does not end: a quotation mark is open and never closed, or the file is not CSV.`,
    },
    {
      remedy: {
        vi: 'Mở tệp bằng phần mềm bảng tính, sửa dòng đó và lưu lại dạng .xlsx hoặc CSV UTF-8.',
        en: 'Open the file in a spreadsheet, correct that row and save it as .xlsx or CSV UTF-8 again.',
      },
    },
  );
}

export function tooManyColumns(row: number): InvalidInput {
  return new InvalidInput(
    'roster/too-many-columns',
    {
      vi: `Dòng ${row} có hơn ${mostColumns} cột; đây không phải danh sách.`,
      en: `Row ${row} has more than ${mostColumns} columns; this is not a roster.`,
    },
    {
      remedy: {
        vi: 'Xoá các cột thừa rồi nhập lại.',
        en: 'Remove the columns that are not needed, then import again.',
      },
    },
  );
}

export function noHeader(kind: RosterKindId, example: string): InvalidInput {
  return new InvalidInput(
    'roster/no-header',
    {
      vi: `Không tìm thấy dòng tiêu đề (${example}, …) ở đầu tệp.`,
      en: `There is no header row (${example}, …) at the top of the file.`,
    },
    { remedy: takeTemplate(kind) },
  );
}

/** A file that a package cannot be read without. */
export function packageLacks(format: string, name: string): InvalidInput {
  return new InvalidInput(
    'roster/package-incomplete',
    {
      vi: `Gói ${format} thiếu ${name}, hoặc phần ấy trống.`,
      en: `The ${format} package lacks ${name}, or it is empty.`,
    },
    {
      remedy: {
        vi: 'Xuất lại trọn gói từ hệ thống nguồn, đủ mọi tệp.',
        en: 'Export the package again from its system, with every file.',
      },
    },
  );
}

/** What is said to be everybody names what it does not have (D4). */
export function packageNotWhole(
  format: string,
  { table, names, count }: { readonly table: string; readonly names: string; readonly count: number },
): InvalidInput {
  return new InvalidInput(
    'roster/package-not-whole',
    {
      vi: `Gói ${format} không trọn vẹn: ${count} dòng của ${table} nhắc tới ${names} không có trong gói.`,
      en: `The ${format} package is not whole: ${count} lines of ${table} name ${names} that are not in it.`,
    },
    {
      remedy: {
        vi: 'Xuất lại trọn gói, hoặc bỏ khai đầy đủ để không ai bị ghi là rời.',
        en: 'Export it again, or do not declare it complete, so that nobody is taken to have left.',
      },
    },
  );
}

/** Changes alone never say who left by saying nothing (D4). */
export function deltaIsNotComplete(format: string): InvalidInput {
  return new InvalidInput(
    'roster/delta-not-complete',
    {
      vi: `Gói ${format} này chỉ có thay đổi (delta), nên không thể khai là danh sách đầy đủ.`,
      en: `This ${format} package holds changes alone (delta), so it cannot be declared complete.`,
    },
    { remedy: { vi: 'Bỏ khai đầy đủ, hoặc xuất gói bulk.', en: 'Do not declare it complete, or export it as bulk.' } },
  );
}

/** A file of a kind that is no table of ours, called by its name (D17). */
export function otherFile(what: Text, remedy: Text): InvalidInput {
  return new InvalidInput('roster/other-file', { vi: `Đây là ${what.vi}.`, en: `This is ${what.en}.` }, { remedy });
}

export function foreignFormat(name: string, kind: RosterKindId, isOfPackage: boolean): InvalidInput {
  return new InvalidInput(
    'roster/foreign-format',
    {
      vi: `Đây là tệp ${name}, không phải danh sách theo mẫu của cơ sở dữ liệu ngành.`,
      en: `This is a ${name} file, not a roster shaped like the sector database's template.`,
    },
    {
      remedy: isOfPackage
        ? {
            vi: 'Nén mọi tệp của bộ ấy thành một tệp .zip rồi nhập tệp .zip.',
            en: 'Put every file of the set into one .zip and import that.',
          }
        : takeTemplate(kind),
    },
  );
}

/** A workbook or an archive whose bytes are not those that it promises. */
export function badWorkbook(cause?: unknown): InvalidInput {
  return new InvalidInput(
    'roster/bad-workbook',
    {
      vi: 'Tệp .xlsx hoặc .zip này bị cắt ngang hoặc bị hỏng.',
      en: 'This .xlsx or .zip file was cut off or is damaged.',
    },
    {
      cause,
      remedy: {
        vi: 'Mở tệp trong Excel và lưu lại dạng .xlsx, hoặc xuất lại từ hệ thống nguồn rồi tải lên lại.',
        en: 'Open it in Excel and save it as .xlsx again, or export it from its system and upload it again.',
      },
    },
  );
}

export function noSuchSheet(name: string, sheets: readonly string[]): InvalidInput {
  const list = sheets.map((sheet) => `«${sheet}»`).join(', ');
  return new InvalidInput('roster/no-sheet', {
    vi: `Tệp không có trang tính «${name}»; các trang có danh sách: ${list || 'không có'}.`,
    en: `The file has no sheet "${name}"; sheets with a roster: ${list || 'none'}.`,
  });
}

export function severalSheets(sheets: readonly string[]): InvalidInput {
  const list = sheets.map((name) => `«${name}»`).join(', ');
  return new InvalidInput(
    'roster/several-sheets',
    {
      vi: `Tệp có ${sheets.length} trang tính đều là danh sách: ${list}.`,
      en: `The file has ${sheets.length} sheets that are rosters: ${list}.`,
    },
    { remedy: { vi: 'Chọn trang tính cần nhập.', en: 'Choose the sheet to import.' } },
  );
}

export function legacyFont(row: number, text: string, font: string): InvalidInput {
  return new InvalidInput(
    'roster/legacy-font',
    {
      vi: `Dòng ${row} («${text}») gõ bằng phông ${font}, không phải Unicode; chữ sẽ bị sai nên không đọc tệp.`,
      en: `Row ${row} ("${text}") was typed with a ${font} font, not Unicode; its letters would be wrong, so the file is not read.`,
    },
    {
      remedy: {
        vi: `Chuyển mã sang Unicode (UniKey: Ctrl+Shift+F6, nguồn ${font}, đích Unicode) rồi nhập lại.`,
        en: `Convert it to Unicode (UniKey: Ctrl+Shift+F6, from ${font} to Unicode), then import again.`,
      },
    },
  );
}

export function mixedDates(
  monthFirst: { row: number; text: string },
  dayFirst?: { row: number; text: string },
): InvalidInput {
  return new InvalidInput(
    'roster/mixed-dates',
    dayFirst
      ? {
          vi: `Dòng ${monthFirst.row} ghi tháng trước (${monthFirst.text}) còn dòng ${dayFirst.row} ghi ngày trước (${dayFirst.text}): không biết các dòng khác ghi theo cách nào.`,
          en: `Row ${monthFirst.row} has the month first (${monthFirst.text}) and row ${dayFirst.row} the day (${dayFirst.text}): nobody can tell how the others are meant.`,
        }
      : {
          vi: `Dòng ${monthFirst.row} ghi tháng trước ngày (${monthFirst.text}); những dòng như 2/1/2016 sẽ bị đảo ngày với tháng.`,
          en: `Row ${monthFirst.row} has the month before the day (${monthFirst.text}); rows such as 2/1/2016 would be swapped.`,
        },
    {
      remedy: {
        vi: 'Ghi mọi ngày theo ngày/tháng/năm, hoặc định dạng cột là Ngày trong Excel và nhập tệp .xlsx.',
        en: 'Write every date as day/month/year, or format the column as Date in Excel and import the .xlsx file.',
      },
    },
  );
}
