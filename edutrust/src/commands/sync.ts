import { examineTarget, listTargets, runTarget } from '@edutrust/directory-sync/targets';
import { NotFound } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { operator, type Program, withContext } from './command.ts';

export function addSyncCommands(program: Program): void {
  const sync = program.command.command('sync').description('other directories');
  sync
    .command('targets')
    .description('what is fed, and how it is')
    .addHelpText('after', '\nExample: edutrust sync targets')
    .action(async () => {
      const output = program.output();
      await withContext(program, async (context) => {
        for (const target of await listTargets(context))
          output.result(target, `${target.name}  ${target.kind}  ${target.state}`);
      });
    });
  sync
    .command('run')
    .argument('<target>', 'name of the target')
    .option('--apply', 'do it; without this the command only shows the plan')
    .option('--plan <digest>', 'with --apply: only what this plan showed, or nothing')
    .description('bring a target in step')
    .addHelpText('after', '\nExample: edutrust sync run ldap-so --apply')
    .action(async (name: string, { apply, plan }: { apply?: boolean; plan?: string }) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const run = await runTarget(context, await targetNamed(context, name), {
          mode: apply ? 'apply' : 'plan',
          actor: operator(),
          ...(plan ? { digest: plan } : {}),
        });
        const { added, changed, disabled, unchanged, failed } = run.totals;
        const why = run.failure?.detail ?? (apply && run.state === 'held' ? heldSentence(run.heldReason) : undefined);
        output.result(run, {
          vi: `${run.state}: thêm ${added}, sửa ${changed}, vô hiệu ${disabled}, giữ nguyên ${unchanged}, lỗi ${failed}.${why ? ` ${why.vi}` : ''}\nplan ${run.digest ?? '–'}`,
          en: `${run.state}: ${added} added, ${changed} changed, ${disabled} disabled, ${unchanged} unchanged, ${failed} failed.${why ? ` ${why.en}` : ''}\nplan ${run.digest ?? '–'}`,
        });
        if (run.state !== 'done') process.exitCode = 1;
      });
    });
  sync
    .command('doctor')
    .argument('<target>', 'name of the target')
    .description('connect to a target, count what it holds of ours, and say what is wrong; nothing is written')
    .addHelpText('after', '\nExample: edutrust sync doctor ldap-so')
    .action(async (name: string) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const found = await examineTarget(context, await targetNamed(context, name));
        const { target, connectMs, people, groups, memberships, problems } = found;
        const list = (locale: 'vi' | 'en') => problems.map((problem) => `\n- ${problem[locale]}`).join('');
        output.result(found, {
          vi: `${target.name} (${target.kind}): kết nối ${connectMs ?? '–'} ms; ${people} người, ${groups} nhóm, ${memberships} lượt thuộc nhóm; ${target.pending} người đang chờ sang.${list('vi')}`,
          en: `${target.name} (${target.kind}): connected in ${connectMs ?? '–'} ms; ${people} people, ${groups} groups, ${memberships} memberships; ${target.pending} people on their way.${list('en')}`,
        });
        if (problems.length > 0) process.exitCode = found.isReachable ? 1 : 3;
      });
    });
}

/** @throws NotFound */
async function targetNamed(context: Parameters<typeof listTargets>[0], name: string): Promise<string> {
  const target = (await listTargets(context)).find((known) => known.name === name);
  if (target) return target.id;
  throw new NotFound('sync/no-target', { vi: `Không có đích «${name}».`, en: `There is no target "${name}".` });
}

/** A held run is released by two people in the console, never from here. */
function heldSentence(reason: Text | null): Text {
  return {
    vi: `${reason?.vi ?? ''} Hai người duyệt trong bảng điều khiển, mục Đồng bộ.`,
    en: `${reason?.en ?? ''} Two people release it in the console, under Directory sync.`,
  };
}
