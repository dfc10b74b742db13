import { readFile, rename, writeFile } from 'node:fs/promises';
import { readVerifierKey } from '@edutrust/platform/cosignature';
import { InvalidInput, Unavailable } from '@edutrust/platform/errors';
import { logNames } from '@edutrust/platform/ledger';
import { type FetchPath, monitorLogs, type SeenLogs, type Watched } from '@edutrust/platform/ledger-monitor';
import { configuredWitness } from '@edutrust/platform/witness';
import type { Command } from 'commander';
import { type Program, readTextFile, withContext } from './command.ts';
import { addWitnessCommand } from './log-witness.ts';

export function addLogCommands(program: Program): void {
  const log = program.command.command('log').description('the tamper-evident logs');
  addMonitorCommand(program, log);
  addWitnessCommand(program, log);
  log
    .command('verify')
    .description('prove that no entry was altered, removed, reordered or added')
    .option('--witnessed <file>', 'a checkpoint of one of the logs that was saved elsewhere')
    .addHelpText('after', '\nExample: edutrust log verify')
    .action(async ({ witnessed }: { witnessed?: string }) => {
      const output = program.output();
      const checkpoint = witnessed ? await readTextFile(witnessed) : undefined;
      await withContext(program, async (context) => {
        const { ledger } = context;
        const given = logNames.find((name) => checkpoint?.startsWith(`${ledger.key(name).origin}\n`));
        if (checkpoint !== undefined && !given) throw otherLog();
        const witness = configuredWitness(context);
        for (const name of logNames) {
          const kept = (await witness?.notes(name)) ?? [];
          const all = name === given && checkpoint ? [...kept, checkpoint] : kept;
          const verdict = await ledger.verify(name, { witnessed: all });
          if (verdict.intact) {
            output.result(verdict, {
              vi: `Nhật ký ${name}: nguyên vẹn, ${verdict.size} mục.`,
              en: `Log ${name}: intact, ${verdict.size} entries.`,
            });
          } else {
            output.result(verdict, {
              vi: `Nhật ký ${name}: ĐÃ BỊ SỬA, mục sai đầu tiên là số ${verdict.firstBadIndex}: ${verdict.reason}.`,
              en: `Log ${name}: ALTERED, the first bad entry is number ${verdict.firstBadIndex}: ${verdict.reason}.`,
            });
            process.exitCode = 1;
          }
        }
      });
    });
}

function addMonitorCommand(program: Program, log: Command): void {
  log
    .command('monitor')
    .argument('<url>', 'address of an installation')
    .option('--state <file>', 'what is kept between two visits', 'edutrust-log.json')
    .description('watch the public logs of an installation from outside: nothing is taken back, nothing is shown twice')
    .option('--witness <key...>', 'keys of witnesses whose cosignatures count')
    .option('--quorum <number>', 'how many of them are enough; all when absent')
    .option('--within <hours>', 'how old a cosignature may be', '24')
    .addHelpText('after', '\nExample: edutrust log monitor https://dinhdanh.example.vn --state nhat-ky.json')
    .action(async (url: string, { state, ...asked }: { state: string } & AskedWitnesses) => {
      const output = program.output();
      const { findings, seen } = await monitorLogs(fetchFrom(url), await readState(state), watchedOf(asked));
      for (const { problem, ...finding } of findings) {
        if (problem) process.exitCode = 1;
        output.result(
          { ...finding, intact: !problem, ...(problem ? { problem } : {}) },
          problem
            ? {
                vi: `Sổ ${finding.log}: KHÔNG CÒN NHƯ TRƯỚC: ${problem}.`,
                en: `Log ${finding.log}: NOT WHAT IT WAS: ${problem}.`,
              }
            : {
                vi: `Sổ ${finding.log}: khớp với lần trước, ${finding.size} mục, thêm ${finding.added}.`,
                en: `Log ${finding.log}: agrees with the last visit, ${finding.size} entries, ${finding.added} new.`,
              },
        );
      }
      // A whole file in the place of the old one: whoever interrupts keeps what was known.
      await writeFile(`${state}.new`, `${JSON.stringify(seen, null, 2)}\n`);
      await rename(`${state}.new`, state);
    });
}

async function readState(file: string): Promise<SeenLogs> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'; // the first visit
    throw error;
  });
  try {
    return JSON.parse(text) as SeenLogs; // written by an earlier visit
  } catch {
    throw new InvalidInput('log/bad-state', {
      vi: `Không đọc được ${file}: không phải tệp của lần theo dõi trước.`,
      en: `${file} cannot be read: it is not what an earlier visit kept.`,
    });
  }
}

interface AskedWitnesses {
  readonly witness?: readonly string[];
  readonly quorum?: string;
  readonly within: string;
}

/** Whose word is asked for; undefined when nobody's. */
function watchedOf({ witness = [], quorum, within }: AskedWitnesses): Watched | undefined {
  if (witness.length === 0 && quorum === undefined) return undefined;
  const witnesses = witness.map((text) => readVerifierKey('witness', text));
  const known = witnesses.filter((key) => key !== undefined);
  const wanted = quorum === undefined ? witness.length : Number(quorum);
  const hours = Number(within);
  const isSound = known.length === witness.length && Number.isInteger(wanted) && wanted >= 1 && wanted <= known.length;
  if (!isSound || !(hours > 0))
    throw new InvalidInput('log/bad-policy', {
      vi: 'Mỗi --witness là một khoá làm chứng (tên+mã+khoá), --quorum từ 1 đến số khoá, --within là số giờ.',
      en: 'Each --witness is the key of a witness (name+id+key), --quorum is from 1 to their number, --within is in hours.',
    });
  const now = new Date();
  return { witnesses: known, quorum: wanted, now, since: new Date(now.getTime() - hours * 3_600_000) };
}

/** Longest answer that is read: a full bundle of the largest entries. */
const mostBytes = 32 * 2 ** 20;

function fetchFrom(address: string): FetchPath {
  const base = URL.parse(address);
  if (!base || !['http:', 'https:'].includes(base.protocol))
    throw new InvalidInput('log/bad-address', {
      vi: `«${address}» không phải địa chỉ http hay https.`,
      en: `"${address}" is no http or https address.`,
    });
  return async (path) => {
    const url = new URL(path, base);
    const silent = (cause: unknown) =>
      new Unavailable('log/no-answer', {
        vi: `${url} không trả lời như một sổ công khai (${String(cause)}).`,
        en: `${url} does not answer as a public log (${String(cause)}).`,
      });
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(30_000) }).catch(
      (error: unknown) => {
        throw silent(error);
      },
    );
    if (!answer.ok) throw silent(answer.status);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (bytes.length > mostBytes) throw silent(`${bytes.length} bytes`);
    return bytes;
  };
}

function otherLog(): InvalidInput {
  return new InvalidInput('log/other-log', {
    vi: 'Tệp này không phải mốc của sổ nào ở đây.',
    en: 'This file is no checkpoint of a log of this installation.',
  });
}
