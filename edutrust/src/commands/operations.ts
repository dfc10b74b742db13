import { variables } from '@edutrust/platform/config';
import { retryDeadJobs } from '@edutrust/platform/jobs';
import { pino } from 'pino';
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
      const { examine } = await import('../doctor/doctor.ts');
      await examine(program.config(), pino({ level: 'silent' }), ({ check, state, sentence, ...more }) => {
        const sign = { good: '✓', warning: '!', bad: '✗' }[state];
        output.result(
          { check, ok: state !== 'bad', state, ...more, detail: sentence[output.locale] },
          { vi: `${sign} ${sentence.vi}`, en: `${sign} ${sentence.en}` },
        );
        if (state === 'bad') process.exitCode = 1;
      });
    });
  const jobs = program.command.command('jobs').description('work that waits in the background');
  jobs
    .command('retry')
    .argument('[task]', 'only jobs of this task, such as mail.send')
    .description('try jobs again that have used up their tries')
    .addHelpText('after', '\nExample: edutrust jobs retry mail.send')
    .action(async (task: string | undefined) => {
      const output = program.output();
      const count = await withContext(program, ({ database }) => retryDeadJobs(database.pool, task));
      output.result(
        { retried: count },
        { vi: `Đã cho ${count} công việc chạy lại.`, en: `${count} jobs are tried again.` },
      );
    });
}
