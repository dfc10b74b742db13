import { InvalidInput } from '@edutrust/platform/errors';
import { logNames } from '@edutrust/platform/ledger';
import { configuredWitness } from '@edutrust/platform/witness';
import { type Program, readTextFile, withContext } from './command.ts';

export function addLogCommands(program: Program): void {
  const log = program.command.command('log').description('the tamper-evident logs');
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

function otherLog(): InvalidInput {
  return new InvalidInput('log/other-log', {
    vi: 'Tệp này không phải mốc của sổ nào ở đây.',
    en: 'This file is no checkpoint of a log of this installation.',
  });
}
