import { readFile, stat } from 'node:fs/promises';
import { EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import { largestFileBytes, verifyFile } from '@edutrust/signing-service/verify';
import { noFile, type Program, readTextFile, withContext } from './command.ts';

export function addVerifyCommand(program: Program): void {
  program.command
    .command('verify')
    .argument('<file...>', 'PDF files')
    .option('--trust <pem...>', 'files with further trust anchors')
    .option('--at <time>', 'judge as of this time (ISO 8601)')
    .description('who signed a file, whether it is unchanged, and whether the signer was trusted then')
    .addHelpText('after', '\nExample: edutrust verify --json hoc-ba.pdf')
    .action(async (files: string[], options: { trust?: string[]; at?: string }) => {
      const output = program.output();
      const at = options.at ? parseTime(options.at) : undefined;
      const trust = await Promise.all((options.trust ?? []).map(readTextFile));
      await withContext(program, async (context) => {
        for (const file of files) {
          try {
            const report = await verifyFile(context, await readBounded(file), { ...(at ? { at } : {}), trust });
            output.result({ file, ...report }, report.sentence[output.locale]);
            if (report.verdict !== 'valid') process.exitCode = 1;
          } catch (error) {
            if (!(error instanceof EduTrustError)) throw error;
            output.result(
              { file, error: { code: error.code, detail: error.detail[output.locale] } },
              `${file}: ${error.detail[output.locale]}`,
            );
            process.exitCode = error.exitCode;
          }
        }
      });
    });
}

function parseTime(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new InvalidInput('verify/bad-time', {
    vi: `Không đọc được thời điểm «${text}»; dùng dạng 2026-11-23T08:00:00Z.`,
    en: `"${text}" is no time; use a form such as 2026-11-23T08:00:00Z.`,
  });
}

async function readBounded(file: string): Promise<Buffer> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw noFile(file);
  if (found.size > largestFileBytes) {
    const mebibytes = Math.round(largestFileBytes / 2 ** 20);
    throw new InvalidInput('verify/too-large', {
      vi: `Tệp ${file} lớn hơn ${mebibytes} MiB.`,
      en: `The file ${file} is larger than ${mebibytes} MiB.`,
    });
  }
  return readFile(file);
}
