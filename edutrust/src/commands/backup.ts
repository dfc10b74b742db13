import type { Text } from '@edutrust/platform/messages';
import { pino } from 'pino';
import { backup } from '../backup/backup.ts';
import type { LaterRevocations } from '../backup/later-revocations.ts';
import { restore } from '../backup/restore.ts';
import { operator, type Program, withContext } from './command.ts';

export function addBackupCommands(program: Program): void {
  program.command
    .command('backup')
    .argument('<folder>', 'a new folder')
    .description('copy what the database holds, while everything goes on; the secret file is kept apart')
    .addHelpText('after', '\nExample: edutrust backup /srv/backup/2026-11-24')
    .action(async (folder: string) => {
      const output = program.output();
      // What is still on its way into the log is in it when the copy begins.
      await withContext(program, async () => undefined);
      const { takenAt, tables, heads } = await withContext(program, (context) => backup(context, folder));
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      output.result(
        { folder, takenAt, tables: tables.length, rows, heads },
        {
          vi: `Đã sao lưu ${tables.length} bảng, ${rows} dòng vào ${folder}. Giữ tệp khoá ở nơi khác.`,
          en: `Copied ${tables.length} tables, ${rows} rows to ${folder}. Keep the secret file elsewhere.`,
        },
      );
    });
  program.command
    .command('restore')
    .argument('<folder>', 'what `edutrust backup` wrote')
    .option('--move', 'nothing happened after the backup: keep sessions, activation codes and sequences as they are')
    .option('--accept-altered-log', 'even when the log in the backup does not verify')
    .description('fill an empty database from a backup; all of it or nothing')
    .addHelpText('after', '\nExample: edutrust restore /srv/backup/2026-11-24')
    .action(async (folder: string, options: { move?: boolean; acceptAlteredLog?: boolean }) => {
      const output = program.output();
      const { takenAt, rows, logs, revocations } = await restore(program.config(), pino({ level: 'silent' }), folder, {
        isMove: options.move ?? false,
        acceptsAlteredLog: options.acceptAlteredLog ?? false,
        actor: operator(),
      });
      // The restore itself is an entry of the log: under a checkpoint when the command ends.
      await withContext(program, async () => undefined);
      const isIntact = logs.every(({ intact }) => intact);
      const entries = logs.reduce((sum, { size }) => sum + size, 0);
      output.result(
        { takenAt, rows, logs, revocations: revocations ?? null },
        isIntact
          ? {
              vi: `Đã khôi phục ${rows} dòng của ${takenAt}; nhật ký nguyên vẹn, ${entries} mục.`,
              en: `Restored ${rows} rows of ${takenAt}; the logs are intact, ${entries} entries.`,
            }
          : {
              vi: `Đã khôi phục ${rows} dòng của ${takenAt}; NHẬT KÝ ĐÃ BỊ SỬA.`,
              en: `Restored ${rows} rows of ${takenAt}; THE LOG WAS ALTERED.`,
            },
      );
      output.say(revocationsSentence(takenAt, revocations));
      if (!isIntact) process.exitCode = 1;
    });
}

/** B5: what the backup lacks, and whether it is there now. */
function revocationsSentence(takenAt: string, revocations: LaterRevocations | undefined): Text {
  if (!revocations) {
    return {
      vi: `CHÚ Ý: không có danh sách thu hồi bên ngoài (EDUTRUST_WITNESS). Chứng thư bị thu hồi sau ${takenAt} đang có hiệu lực trở lại; hãy thu hồi lại bằng tay.`,
      en: `NOTE: there is no list of revocations outside the backup (EDUTRUST_WITNESS). Certificates that were revoked after ${takenAt} are valid again; revoke them by hand.`,
    };
  }
  const { applied, unknown, until } = revocations;
  const lost = unknown.length === 0 ? undefined : unknown.join(', ');
  return {
    vi: `Thu hồi sau bản sao lưu: đã thực hiện lại ${applied.length} lần${until ? ` (danh sách bên ngoài đến ${until})` : ''}.${lost ? ` Chứng thư cấp sau bản sao lưu, không còn trong hệ thống: ${lost}.` : ''}`,
    en: `Revocations after the backup: ${applied.length} done again${until ? ` (the list outside reaches to ${until})` : ''}.${lost ? ` Certificates issued after the backup, no longer in the system: ${lost}.` : ''}`,
  };
}
