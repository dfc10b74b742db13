import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { endlessRow, largestRowBytes, mostTitleRows } from './refusals.ts';
import type { SheetRow } from './row.ts';

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly records: number; readonly empty_lines: number };
}

/** The first lines decide: `sep=;` as Excel writes it, else the separator that stands most often. */
function separatorOf(opening: string): { separator: string; skip: number } {
  const said = /^sep=(.)\r?\n/.exec(opening);
  if (said?.[1]) return { separator: said[1], skip: said[0].length };
  const lines = opening.split(/\r\n|\n|\r/, mostTitleRows).join('\n');
  const count = (separator: string) => lines.split(separator).length;
  return { separator: [';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best), ','), skip: 0 };
}

/**
 * Reads CSV (RFC 4180, also with semicolons or tabs) in bounded memory.
 *
 * @throws InvalidInput `roster/endless-row`
 */
export async function readCsv(
  text: AsyncGenerator<string>,
  onRow: (row: SheetRow) => Promise<void> | void,
): Promise<void> {
  const opening = await text.next();
  const start = opening.done ? '' : opening.value;
  const { separator, skip } = separatorOf(start);
  const parser = parse({
    delimiter: separator,
    max_record_size: largestRowBytes,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true, // the numbers of rows, empty ones counted
  });
  let row = 0;
  const linesBefore = skip > 0 ? 1 : 0;
  await pipeline(
    async function* () {
      yield start.slice(skip);
      yield* text;
    },
    parser,
    async (records: AsyncIterable<ParsedRecord>) => {
      for await (const { record: cells, info } of records) {
        row = info.records + info.empty_lines + linesBefore;
        const done = onRow({ row, cells });
        if (done) await done;
      }
    },
  ).catch((error: unknown) => {
    throw error instanceof CsvError ? endlessRow(row + 1) : error;
  });
}
