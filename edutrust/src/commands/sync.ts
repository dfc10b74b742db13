import { once } from 'node:events';
import { readSources, runSource, type SourceRun } from '@edutrust/directory-sync/sources';
import { examineTarget, listTargets, runTarget, writeLoadFile } from '@edutrust/directory-sync/targets';
import { NotFound } from '@edutrust/platform/errors';
import type { Locale, Text } from '@edutrust/platform/messages';
import { describePlan } from '@edutrust/registry/roster';
import type { Command } from 'commander';
import { operator, type Program, withContext } from './command.ts';

export function addSyncCommands(program: Program): void {
  const sync = program.command.command('sync').description('other directories');
  addSourceCommands(sync, program);
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
    .command('ldif')
    .argument('<target>', 'name of the target')
    .description('everything that an LDAP target should hold, as LDIF for slapadd; the next run adopts what was loaded')
    .addHelpText('after', '\nExample: edutrust sync ldif ldap-so > first-load.ldif')
    .action(async (name: string) => {
      await withContext(program, async (context) => {
        const { people, groups } = await writeLoadFile(context, await targetNamed(context, name), operator(), writeOut);
        const said = { vi: `${people} người, ${groups} nhóm.`, en: `${people} people, ${groups} groups.` };
        process.stderr.write(`${said[program.output().locale]}\n`);
      });
    });
  sync
    .command('doctor')
    .argument('<target>', 'name of the target')
    .description('what a target needs, step by step, and what to do next; nothing is written there')
    .addHelpText('after', '\nExample: edutrust sync doctor ldap-so')
    .action(async (name: string) => {
      const output = program.output();
      await withContext(program, async (context) => {
        for await (const finding of examineTarget(context, await targetNamed(context, name))) {
          const { step, state, sentence, next } = finding;
          const line = (locale: Locale) => `${signs[state]} ${sentence[locale]}${next ? `\n  → ${next[locale]}` : ''}`;
          output.result(
            { step, state, detail: sentence[output.locale], next: next?.[output.locale] ?? null },
            { vi: line('vi'), en: line('en') },
          );
          if (state !== 'good') process.exitCode = Math.max(Number(process.exitCode ?? 0), exitOf(finding));
        }
      });
    });
}

/** Systems that rosters are read from. */
function addSourceCommands(sync: Command, program: Program): void {
  sync
    .command('sources')
    .description('systems that rosters are read from')
    .addHelpText('after', '\nExample: edutrust sync sources')
    .action(async () => {
      const output = program.output();
      await withContext(program, async (context) => {
        for (const { id, name, kind, rosters, state } of await readSources(context.db))
          output.result({ id, name, kind, rosters, state }, `${name}  ${kind}  ${rosters.join(', ')}  ${state}`);
      });
    });
  sync
    .command('read')
    .argument('<source>', 'name of the source')
    .description('read a source now: a plan for each of its rosters, as every night')
    .addHelpText('after', '\nExample: edutrust sync read nhan-su')
    .action(async (name: string) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const source = (await readSources(context.db)).find((known) => known.name === name);
        if (!source)
          throw new NotFound('sync/no-source', {
            vi: `Không có nguồn «${name}».`,
            en: `There is no source "${name}".`,
          });
        const run = await runSource(context, source.id, { isForced: true });
        output.result({ id: run.id, state: run.state, plans: run.plans.map(({ id }) => id) }, describeRun(run));
      });
    });
}

/** Waits for a reader that is slower than we are. */
async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

function describeRun({ state, plans }: SourceRun): Text {
  const lines = (locale: Locale) =>
    plans
      .map((plan) => `\n${describePlan(plan, locale)}\n  ${{ vi: 'mã kế hoạch', en: 'plan' }[locale]}: ${plan.id}`)
      .join('');
  return { vi: `${state}${lines('vi')}`, en: `${state}${lines('en')}` };
}

const signs = { good: '✓', warning: '!', bad: '✗' } as const;

/** 3 when the target cannot be reached or entered, 1 for anything else that asks for somebody. */
const exitOf = ({ step, state }: { readonly step: string; readonly state: string }): number =>
  state === 'bad' && (step === 'connection' || step === 'credentials') ? 3 : 1;

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
