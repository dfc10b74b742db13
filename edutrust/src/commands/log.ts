import type { LogName } from '@edutrust/platform/ledger';
import { type Program, readTextFile, withContext } from './command.ts';

export function addLogCommands(program: Program): void {
  const log = program.command.command('log').description('the tamper-evident logs');
  log
    .command('verify')
    .description('prove that no entry was altered, removed, reordered or added')
    .option('--witnessed <file>', 'a checkpoint of the audit log that was saved elsewhere')
    .addHelpText('after', '\nExample: edutrust log verify')
    .action(async ({ witnessed }: { witnessed?: string }) => {
      const output = program.output();
      const checkpoint = witnessed ? await readTextFile(witnessed) : undefined;
      await withContext(program, async ({ ledger }) => {
        for (const name of ['audit', 'signatures'] satisfies LogName[]) {
          const witness = name === 'audit' && checkpoint ? { witnessed: [checkpoint] } : {};
          const verdict = await ledger.verify(name, witness);
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
