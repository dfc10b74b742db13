import { Readable } from 'node:stream';
import { EduTrustError, InvalidInput, TooLarge } from '@edutrust/platform/errors';
import { readTable, type SheetRow } from '@edutrust/registry/spreadsheets';

/** A class's file is small; a larger one is something else. */
export const largestMarksBytes = 2 * 1024 * 1024;
const mostRows = 500;

/** A file's cells below its header, with the row numbers that a spreadsheet shows. */
export interface MarksTable {
  readonly header: readonly string[];
  readonly rows: readonly SheetRow[];
}

/**
 * Reads a class's file as rosters are read: an Excel workbook, or CSV in Unicode (comma, semicolon or tab), from the row
 * that `isHeader` recognises.
 *
 * @throws InvalidInput `marks/no-header`, and `roster/…` that names what the file is; TooLarge `marks/too-large`.
 */
export async function readMarksTable(
  file: { readonly name: string; readonly bytes: Buffer },
  isHeader: (cells: readonly string[]) => boolean,
): Promise<MarksTable> {
  if (file.bytes.length > largestMarksBytes) throw tooLarge();
  let header: readonly string[] = [];
  const rows: SheetRow[] = [];
  const stream = Readable.from([file.bytes]);
  try {
    await readTable(
      { name: file.name, bytes: file.bytes.length, stream },
      {
        kind: 'learners',
        example: 'Mã giáo dục',
        isHeader,
        onHead: (head) => {
          header = head.cells;
        },
        onRows: async (found) => {
          rows.push(...found.filter(({ cells }) => cells.some((cell) => cell.trim() !== '')));
          if (rows.length > mostRows) throw tooLarge();
        },
      },
    );
  } catch (error) {
    if (error instanceof EduTrustError && error.code === 'roster/no-header') throw noHeader();
    throw error;
  }
  return { header, rows };
}

function noHeader(): InvalidInput {
  return new InvalidInput(
    'marks/no-header',
    {
      vi: 'Không thấy dòng tiêu đề có cột «Mã giáo dục» và các cột điểm của lớp.',
      en: 'There is no header row with «Mã giáo dục» and the columns of the class.',
    },
    { remedy: { vi: 'Tải tệp mẫu của lớp và nhập điểm vào đó.', en: 'Download the class’s template and fill it in.' } },
  );
}

function tooLarge(): TooLarge {
  return new TooLarge(
    'marks/too-large',
    {
      vi: `Tệp lớn hơn 2 MiB hoặc hơn ${mostRows} dòng.`,
      en: `The file is larger than 2 MiB or has more than ${mostRows} rows.`,
    },
    { remedy: { vi: 'Mỗi tệp là điểm của một lớp.', en: 'A file is the marks of one class.' } },
  );
}
