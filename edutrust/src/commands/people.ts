import { stat } from 'node:fs/promises';
import { InvalidInput } from '@edutrust/platform/errors';
import { findOrganisationByCode } from '@edutrust/registry/organisations';
import { applyImport, describePlan, planImport } from '@edutrust/registry/roster';
import { type Program, withContext } from './command.ts';

const actor = { kind: 'system', name: 'cli' } as const;

export function addPeopleCommands(program: Program): void {
  const people = program.command.command('people').description('people and rosters');
  people
    .command('import')
    .argument('<file>', "CSV shaped like the sector database's template, UTF-8")
    .option('--school <code>', 'the school of the rows, when the file has no column «Mã trường»')
    .option('--apply', 'do it; without this the command only shows what it would do')
    .description('read a roster: what would be added, changed, left and refused, and with --apply do it')
    .addHelpText('after', '\nExample: edutrust people import lop-1a.csv --school TH001 --apply')
    .action(async (file: string, options: { school?: string; apply?: boolean }) => {
      const output = program.output();
      await mustBeFile(file);
      await withContext(program, async (context) => {
        const organisationId = options.school
          ? (await findOrganisationByCode(context.db, options.school)).id
          : undefined;
        const bar = createProgress(output.json);
        const plan = await planImport(context, { path: file, organisationId, actor, onProgress: bar.update });
        bar.end();
        output.result(plan, describePlan(plan, output.locale));
        if (!options.apply) return;
        const result = await applyImport(context, plan.id, actor, { onProgress: bar.update });
        bar.end();
        output.result(result, {
          vi: `Đã áp dụng: thêm ${result.totals.added}, sửa ${result.totals.changed}, rời ${result.totals.left}.`,
          en: `Applied: ${result.totals.added} added, ${result.totals.changed} changed, ${result.totals.left} left.`,
        });
      });
    });
}

async function mustBeFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return;
  throw new InvalidInput(
    'roster/no-file',
    { vi: `Không có tệp ${path}.`, en: `There is no file ${path}.` },
    { remedy: { vi: 'Kiểm tra lại đường dẫn.', en: 'Check the path.' } },
  );
}

/** A bar on a terminal; nothing where nobody looks. */
function createProgress(json: boolean) {
  const shown = process.stderr.isTTY && !json;
  return {
    update: ({ done, total, step }: { done: number; total: number; step: string }) => {
      if (!shown) return;
      const part = total > 0 ? Math.min(1, done / total) : 0;
      const width = Math.round(part * 30);
      process.stderr.write(
        `\r[${'█'.repeat(width)}${' '.repeat(30 - width)}] ${Math.round(part * 100)}% ${step}\x1b[K`,
      );
    },
    end: () => {
      if (shown) process.stderr.write('\r\x1b[K');
    },
  };
}
