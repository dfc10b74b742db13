import { findAlarms } from '@edutrust/certs/alarms';
import { variables } from '@edutrust/platform/config';
import { type Program, withContext } from './command.ts';

export function addOperationsCommands(program: Program): void {
  program.command
    .command('migrate')
    .description('bring the database up to date')
    .addHelpText('after', '\nExample: DATABASE_URL=postgres://… EDUTRUST_SECRET_FILE=… edutrust migrate')
    .action(async () => {
      // Opening the platform migrates; several processes may do it at once.
      await withContext(program, async () => undefined);
      program
        .output()
        .result({ migrated: true }, { vi: 'Cơ sở dữ liệu đã ở bản mới nhất.', en: 'The database is up to date.' });
    });
  program.command
    .command('seed')
    .argument('<what>', 'demo')
    .description('fill an empty platform with the demo city')
    .addHelpText('after', '\nExample: edutrust seed demo')
    .action(async () => {
      const output = program.output();
      const { seedDemoCity } = await import('../process/first-start.ts');
      const welcome = await withContext(program, (context) => seedDemoCity(context, output));
      output.result(welcome, { vi: 'Đã có thành phố mẫu.', en: 'The demo city is there.' });
    });
  program.command
    .command('doctor')
    .description('what this installation needs and whether it has it')
    .option('--variables', 'every environment variable')
    .addHelpText('after', '\nExample: edutrust doctor')
    .action(async (options: { variables?: boolean }) => {
      const output = program.output();
      if (options.variables) {
        for (const [name, { about, fallback }] of Object.entries(variables)) {
          output.result({ name, about, default: fallback }, `${name}${fallback ? ` (${fallback})` : ''}\n  ${about}`);
        }
        return;
      }
      await withContext(program, async (context) => {
        const { database, store, ledger } = context;
        const { rows } = await database.pool.query<{ version: string }>('SELECT version() AS version');
        output.result(
          { check: 'database', ok: true, version: rows[0]?.version },
          `✓ ${rows[0]?.version?.split(' on ')[0]}`,
        );
        await store.ping();
        output.result({ check: 'store', ok: true }, '✓ short-lived store');
        const verdict = await ledger.verify('audit');
        output.result(
          { check: 'ledger', ok: verdict.intact },
          `${verdict.intact ? '✓' : '✗'} ledger, ${verdict.size} entries`,
        );
        if (!verdict.intact) process.exitCode = 1;
        const alarms = await findAlarms(context);
        if (alarms.length === 0) output.result({ check: 'certificates', ok: true }, '✓ certificates');
        for (const { code, about, sentence } of alarms) {
          output.result(
            { check: 'certificates', ok: false, code, about, detail: sentence.en },
            { vi: `✗ ${sentence.vi}`, en: `✗ ${sentence.en}` },
          );
          process.exitCode = 1;
        }
      });
    });
}
