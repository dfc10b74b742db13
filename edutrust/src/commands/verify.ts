import { existsSync } from 'node:fs';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readVerifierKey, type WitnessKey } from '@edutrust/platform/cosignature';
import { EduTrustError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { createValidationPool, type LargeFile } from '@edutrust/signing-service/validation';
import {
  cosignedProofs,
  etsiReport,
  largestFileBytes,
  largestStreamedBytes,
  type VerificationReport,
  type VerifyOptions,
  verifyFile,
  verifyFileAlone,
} from '@edutrust/signing-service/verify';
import type { OpenContext } from '../process/context.ts';
import { openPlatform, type Program, readTextFile, withContext } from './command.ts';
import { noFile } from './no-file.ts';
import { writeVerifier } from './verify-bundle.ts';
import { verifyList } from './verify-list.ts';

export function addVerifyCommand(program: Program): void {
  program.command
    .command('verify')
    .argument('[file...]', 'PDF files, or signatures (.p7s, .p7m, .xml, .json, .asice)')
    .option('--trust <pem>', 'a file with further trust anchors; may be repeated', collect, [])
    .option('--content <file>', 'what a detached signature (.p7s) signs')
    .option('--password-file <file>', 'the password of encrypted PDFs, in a file of its own')
    .option('--at <time>', 'judge as of this time (ISO 8601)')
    .option(
      '--evidence <file>',
      'proofs that witnesses cosigned, as --save-evidence keeps them; may be repeated',
      collect,
      [],
    )
    .option(
      '--save-evidence <file>',
      'keep the proofs that witnesses cosigned until now, to verify without a network later',
    )
    .option('--witness <key>', 'the key of a witness whose cosignature counts; may be repeated', collect, [])
    .option('--quorum <number>', 'how many witnesses each signature has to have, or the exit code is 1')
    .option('--log <key>', 'the key of a public log that is believed, as its /log/key tells it (verifierKey)')
    .option('--proof <file>', 'that a list of documents was taken from an installation, by its audit log; with --log')
    .option('--etsi <xml>', 'write the report by ETSI TS 119 102-2; of one file')
    .option('--bundle <html>', 'write the verifier as one HTML file to keep, with what is trusted here now')
    .description('who signed a file, whether it is unchanged, and whether the signer was trusted then')
    .addHelpText(
      'after',
      '\nExamples: edutrust verify --json hoc-ba.pdf\n          edutrust verify --trust root.pem other.pdf\n          edutrust verify hop-dong.p7s --content hop-dong.docx\n          edutrust verify --evidence hoc-ba.tlog-proof --log KEY --witness KEY --quorum 2 hoc-ba.pdf',
    )
    .action(async (files: string[], options: Options) => {
      if (options.bundle) await writeVerifier(program, options.bundle);
      else if (files.length === 0) throw noFileNamed();
      const [file] = files;
      if ((options.etsi || options.saveEvidence || options.proof) && files.length !== 1) throw notOneFile();
      if (file && options.proof) await verifyTakenList(program, file, options.proof, options);
      else if (files.length > 0) await verifyFiles(program, files, options);
    });
}

interface Options {
  readonly trust: string[];
  readonly at?: string;
  readonly content?: string;
  readonly passwordFile?: string;
  readonly evidence: string[];
  readonly saveEvidence?: string;
  readonly witness: string[];
  readonly quorum?: string;
  readonly log?: string;
  readonly proof?: string;
  readonly etsi?: string;
  readonly bundle?: string;
}

async function verifyFiles(program: Program, files: readonly string[], options: Options): Promise<void> {
  const output = program.output();
  const at = options.at ? parseTime(options.at) : undefined;
  const content = options.content ? await readContent(options.content) : undefined;
  const trust = await Promise.all(options.trust.map(readTextFile));
  const { quorum, ...witnessing } = await readWitnessing(options);
  const password = options.passwordFile ? (await readTextFile(options.passwordFile)).replace(/\r?\n$/, '') : undefined;
  const pool = createValidationPool({ wallMs: 600_000 }); // nobody waits behind it, and Ctrl-C is at hand
  await using judge = fileJudge(program, {
    trust,
    pool,
    ...witnessing,
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
        if (report.verdict !== 'valid' || !isWitnessed(report, quorum)) process.exitCode = 1;
        if (options.saveEvidence) {
          const proofs = await judge.proofsOf(report);
          if (proofs.length === 0) throw noEvidence();
          await writeFile(options.saveEvidence, proofs.join(''));
        }
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

/** A list that an auditor took; its log is this installation's own unless `--log` names another. */
async function verifyTakenList(program: Program, file: string, proofFile: string, options: Options): Promise<void> {
  const { witnesses, logs, quorum } = await readWitnessing(options);
  const [given] = logs;
  const key = given ? { name: given.origin, publicKey: given.publicKey } : await ownAuditLog(program);
  const report = await verifyList(file, { proof: await readTextFile(proofFile), key, witnesses });
  const said = witnesses.length > 0 ? witnessLine(report.log.witnesses) : { vi: '', en: '' };
  const line = (locale: 'vi' | 'en') => [report.sentence[locale], said[locale]].filter(Boolean).join('\n');
  program.output().result(report, { vi: line('vi'), en: line('en') });
  if (report.verdict !== 'valid' || report.log.witnesses.length < quorum) process.exitCode = 1;
}

async function ownAuditLog(program: Program): Promise<WitnessKey> {
  return withContext(program, async ({ ledger }) => {
    const { origin, publicKey } = ledger.key('audit');
    return { name: origin, publicKey };
  });
}

/** The sentence, and beneath it every reason that it leaves out. */
function inLines({ sentence, reasons, signatures }: VerificationReport, locale: 'vi' | 'en'): string {
  const all = [...reasons, ...signatures.flatMap((signature) => signature.reasons)];
  const why = all.filter(({ code }) => code !== 'passed').map((reason) => `  ${reason[locale]}`);
  const look = signatures.flatMap(({ warnings }) => warnings.map((warning) => `  ${warning[locale]}`));
  const said = signatures.flatMap(({ log }) => (log?.witnesses ? [witnessLine(log.witnesses)[locale]] : []));
  return [sentence[locale], ...new Set([...why, ...look, ...said])].join('\n');
}

function witnessLine(names: readonly string[]): Text {
  const list = names.length === 0 ? '' : ` (${names.join(', ')})`;
  return {
    vi: `  Bên làm chứng đã ký xác nhận sổ: ${names.length}${list}.`,
    en: `  Witnesses that cosigned the log: ${names.length}${list}.`,
  };
}

/** Whether every signature has as many witnesses as were asked for. */
const isWitnessed = ({ signatures }: VerificationReport, quorum: number) =>
  signatures.every(({ log }) => (log?.witnesses?.length ?? 0) >= quorum);

/** Proofs, keys of witnesses and of a log, as they were given. @throws InvalidInput `verify/bad-witnesses` */
async function readWitnessing({ evidence: files, witness, quorum = '0', log }: Options) {
  const texts = await Promise.all(files.map(readTextFile));
  const evidence = texts.flatMap((text) => text.split(/(?=^c2sp\.org\/tlog-proof@v1$)/mu));
  const witnesses = witness.map((text) => readVerifierKey('witness', text)).filter((key) => key !== undefined);
  const key = log === undefined ? undefined : readVerifierKey('log', log);
  const isSound = witnesses.length === witness.length && /^\d{1,3}$/.test(quorum) && (log === undefined || key);
  if (!isSound)
    throw new InvalidInput('verify/bad-witnesses', {
      vi: '--witness là khoá của bên làm chứng, --log là khoá của sổ (đều dạng tên+mã+khoá), --quorum là một số.',
      en: '--witness is the key of a witness, --log the key of a log (both name+id+key), --quorum a number.',
    });
  const logs = key ? [{ origin: key.name, publicKey: key.publicKey }] : [];
  return { evidence, witnesses, logs, quorum: Number(quorum) };
}

function noFileNamed(): InvalidInput {
  return new InvalidInput('verify/no-file', {
    vi: 'Hãy ghi tên tệp cần kiểm tra, hoặc --bundle TỆP.html.',
    en: 'Name the file to verify, or --bundle FILE.html.',
  });
}

function notOneFile(): InvalidInput {
  return new InvalidInput('verify/not-one-file', {
    vi: 'Báo cáo theo ETSI và bằng chứng là của đúng một tệp.',
    en: 'The report by ETSI and a proof are of exactly one file.',
  });
}

/** An empty file would be taken for a proof. */
function noEvidence(): NotFound {
  return new NotFound(
    'verify/no-evidence',
    {
      vi: 'Chưa có bằng chứng nào để giữ: chưa bên làm chứng nào ký xác nhận mục của chữ ký này trong sổ. Không ghi tệp.',
      en: 'There is no proof to keep yet: no witness has cosigned the entry of this signature in the log. No file was written.',
    },
    {
      remedy: {
        vi: 'Chờ các bên làm chứng ký (vài phút sau khi phát hành), rồi chạy lại; chưa có bên nào thì xem docs/operations.md.',
        en: 'Wait until witnesses have signed, minutes after the document was issued, and run this again; docs/operations.md says how to get witnesses.',
      },
    },
  );
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
    /** What this installation's witnesses cosigned of the file's entries until now. */
    proofsOf: async (report: VerificationReport): Promise<string[]> => {
      if (report.signatures.length === 0) return [];
      opened ??= openPlatform(program);
      return cosignedProofs(await opened, report);
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
