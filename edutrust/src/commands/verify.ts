import { existsSync } from 'node:fs';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { createValidationPool, type LargeFile } from '@edutrust/signing-service/validation';
import {
  etsiReport,
  largestFileBytes,
  largestStreamedBytes,
  type VerificationReport,
  type VerifyOptions,
  verifyFile,
  verifyFileAlone,
} from '@edutrust/signing-service/verify';
import type { OpenContext } from '../process/context.ts';
import { openPlatform, type Program, readTextFile } from './command.ts';
import { noFile } from './no-file.ts';
import { writeVerifier } from './verify-bundle.ts';

export function addVerifyCommand(program: Program): void {
  program.command
    .command('verify')
    .argument('[file...]', 'PDF files, or signatures (.p7s, .p7m, .xml, .json, .asice)')
    .option('--trust <pem>', 'a file with further trust anchors; may be repeated', collect, [])
    .option('--content <file>', 'what a detached signature (.p7s) signs')
    .option('--password-file <file>', 'the password of encrypted PDFs, in a file of its own')
    .option('--at <time>', 'judge as of this time (ISO 8601)')
    .option('--etsi <xml>', 'write the report by ETSI TS 119 102-2; of one file')
    .option('--bundle <html>', 'write the verifier as one HTML file to keep, with what is trusted here now')
    .description('who signed a file, whether it is unchanged, and whether the signer was trusted then')
    .addHelpText(
      'after',
      '\nExamples: edutrust verify --json hoc-ba.pdf\n          edutrust verify --trust root.pem other.pdf\n          edutrust verify hop-dong.p7s --content hop-dong.docx',
    )
    .action(async (files: string[], options: Options) => {
      if (options.bundle) await writeVerifier(program, options.bundle);
      else if (files.length === 0) throw noFileNamed();
      if (options.etsi && files.length !== 1) throw notOneFile();
      if (files.length > 0) await verifyFiles(program, files, options);
    });
}

interface Options {
  readonly trust: string[];
  readonly at?: string;
  readonly content?: string;
  readonly passwordFile?: string;
  readonly etsi?: string;
  readonly bundle?: string;
}

async function verifyFiles(program: Program, files: readonly string[], options: Options): Promise<void> {
  const output = program.output();
  const at = options.at ? parseTime(options.at) : undefined;
  const content = options.content ? await readContent(options.content) : undefined;
  const trust = await Promise.all(options.trust.map(readTextFile));
  const password = options.passwordFile ? (await readTextFile(options.passwordFile)).replace(/\r?\n$/, '') : undefined;
  const pool = createValidationPool({ wallMs: 600_000 }); // nobody waits behind it, and Ctrl-C is at hand
  await using judge = fileJudge(program, {
    trust,
    pool,
    ...(at ? { at } : {}),
    ...(content ? { content } : {}),
    ...(password ? { password } : {}),
  });
  try {
    for (const file of files) {
      try {
        const report = await judge.verify(await readSigned(file));
        if (options.etsi) await writeFile(options.etsi, etsiReport(report));
        output.result({ file, ...report }, inLines(report, output.locale));
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
  } finally {
    await pool.close();
  }
}

/** The sentence, and beneath it every reason that it leaves out. */
function inLines({ sentence, reasons, signatures }: VerificationReport, locale: 'vi' | 'en'): string {
  const all = [...reasons, ...signatures.flatMap((signature) => signature.reasons)];
  const why = all.filter(({ code }) => code !== 'passed').map((reason) => `  ${reason[locale]}`);
  const look = signatures.flatMap(({ warnings }) => warnings.map((warning) => `  ${warning[locale]}`));
  return [sentence[locale], ...new Set([...why, ...look])].join('\n');
}

function noFileNamed(): InvalidInput {
  return new InvalidInput('verify/no-file', {
    vi: 'Hãy ghi tên tệp cần kiểm tra, hoặc --bundle TỆP.html.',
    en: 'Name the file to verify, or --bundle FILE.html.',
  });
}

function notOneFile(): InvalidInput {
  return new InvalidInput('verify/not-one-file', {
    vi: 'Báo cáo theo ETSI là của đúng một tệp.',
    en: 'The report by ETSI is of exactly one file.',
  });
}

/** One option, several values: each with its own `--trust`, so that it never takes a file for a certificate. */
const collect = (value: string, before: string[]): string[] => [...before, value];

/**
 * Judges files with this installation's roots, lists and log. An embedded database that does not run is started only for
 * a file that they could decide about: not for one that is unsigned, changed, unreadable, or good by `--trust` alone.
 */
function fileJudge(program: Program, options: VerifyOptions) {
  let opened: Promise<OpenContext> | undefined;
  return {
    verify: async (signed: Buffer | LargeFile): Promise<VerificationReport> => {
      const { databaseUrl, dataDirectory } = program.config();
      const cluster = join(dataDirectory, 'postgres');
      if (!opened && !databaseUrl && !existsSync(join(cluster, 'postmaster.pid'))) {
        const alone = await verifyFileAlone(signed, options);
        if (isDecided(alone) || !existsSync(join(cluster, 'PG_VERSION'))) return alone;
      }
      opened ??= openPlatform(program);
      return verifyFile(await opened, signed, options);
    },
    [Symbol.asyncDispose]: async () => {
      await (await opened)?.close();
    },
  };
}

function isDecided({ verdict, unchanged, signatures }: VerificationReport): boolean {
  return verdict === 'valid' || verdict === 'unsigned' || unchanged.answer === 'no' || signatures.length === 0;
}

function parseTime(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new InvalidInput('verify/bad-time', {
    vi: `Không đọc được thời điểm «${text}»; dùng dạng 2026-11-23T08:00:00Z.`,
    en: `"${text}" is not a time; use a form such as 2026-11-23T08:00:00Z.`,
  });
}

/** What a signature signs: a large file is left where it is, and read piece by piece. */
async function readContent(file: string): Promise<Buffer | LargeFile> {
  const length = await lengthOf(file);
  if (length > largestStreamedBytes) throw tooLarge(file, largestStreamedBytes);
  return length > largestFileBytes ? { path: file, length } : readFile(file);
}

/** A file with signatures: only a container of files (ASiC) is read piece by piece. */
async function readSigned(file: string): Promise<Buffer | LargeFile> {
  const found = await readContent(file);
  if (Buffer.isBuffer(found) || (await isZip(file))) return found;
  throw tooLarge(file, largestFileBytes, {
    vi: ' Tệp lớn hơn được kiểm tra trong gói ASiC (.asice), hoặc bằng chữ ký để riêng: edutrust verify CHỮ-KÝ.p7s --content TỆP.',
    en: ' A larger file is verified in an ASiC container (.asice), or by a signature beside it: edutrust verify SIGNATURE.p7s --content FILE.',
  });
}

async function lengthOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw noFile(file);
  return found.size;
}

async function isZip(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.toString('latin1') === 'PK\u0003\u0004';
}

function tooLarge(file: string, most: number, instead: Text = { vi: '', en: '' }): InvalidInput {
  const mebibytes = Math.round(most / 2 ** 20);
  return new InvalidInput('verify/too-large', {
    vi: `Tệp ${file} lớn hơn ${mebibytes} MiB.${instead.vi}`,
    en: `The file ${file} is larger than ${mebibytes} MiB.${instead.en}`,
  });
}
