import { open, stat } from 'node:fs/promises';
import { accountStatus, createActivationCode } from '@edutrust/idp/accounts';
import { importEarlierPasswords } from '@edutrust/idp/passwords';
import type { Database } from '@edutrust/platform/database';
import { Forbidden, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import type { Locale, Text } from '@edutrust/platform/messages';
import { dayText } from '@edutrust/platform/vietnam-time';
import { formatEducationId } from '@edutrust/registry/education-id';
import { findOrganisationByCode } from '@edutrust/registry/organisations';
import { findByEducationId, findPerson, type PersonView } from '@edutrust/registry/people';
import {
  applyImport,
  describePlan,
  findPlan,
  findUndo,
  planImport,
  type RosterPlan,
  rosterKinds,
  type Undo,
  undoPlan,
} from '@edutrust/registry/roster';
import { type Command, Option } from 'commander';
import type { Output } from '../output.ts';
import type { OpenContext } from '../process/context.ts';
import { operator, type Program, withContext } from './command.ts';
import { noFile } from './no-file.ts';

export function addPeopleCommands(program: Program): void {
  const people = program.command.command('people').description('people and rosters');
  addImport(people, program);
  addUndo(people, program);
  addPasswords(people, program);
  people
    .command('show')
    .argument('<id...>', 'education ID, also one from before a merge, or the id in the audit log')
    .description('who this is, where they belong, and why they can or cannot sign in')
    .addHelpText('after', "\nExample: edutrust people show '790 123 456 8'")
    .action(async (words: string[]) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const person = await findPerson(context.db, await personIdOf(context.db, words));
        const account = await accountStatus(context, person.id);
        output.result({ ...person, account }, [describe(person), ...steps(account, output.locale)].join('\n'));
      });
    });
  people
    .command('invite')
    .argument('<id...>', 'education ID')
    .description(
      'a one-time activation code, also for a person who lost their password or passkey; an earlier one stops working',
    )
    .addHelpText('after', "\nExample: edutrust people invite '790 123 456 8'")
    .action(async (words: string[]) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const { db, config } = context;
        const personId = await personIdOf(db, words);
        const { code, expiresAt } = await db
          .transaction()
          .execute((transaction) => createActivationCode(transaction, context, personId, operator()));
        const address = `${config.url.origin}/activate`;
        output.result(
          { personId, code, address, expiresAt },
          {
            vi: `Mã kích hoạt, dùng một lần tới ${dayText(expiresAt)}: ${code}\nNhập tại ${address}`,
            en: `Activation code, works once until ${dayText(expiresAt)}: ${code}\nEnter it at ${address}`,
          },
        );
      });
    });
}

interface ImportOptions {
  readonly kind: string;
  readonly school?: string;
  readonly complete?: string;
  readonly sheet?: string;
  readonly apply?: boolean;
}

function addImport(people: Command, program: Program): void {
  people
    .command('import')
    .argument('<file>', "Excel workbook (.xlsx) or CSV in Unicode, shaped like the sector database's template")
    .addOption(new Option('--kind <kind>', 'what the rows are').choices([...rosterKinds]).default('learners'))
    .option('--school <code>', 'the school of the rows, when the file has no column «Mã trường»')
    .addOption(
      new Option(
        '--complete <what>',
        'the file holds every learner of its classes, or of its schools: who is absent leaves',
      ).choices(['classes', 'schools']),
    )
    .option('--sheet <name>', 'the sheet of a workbook that has several')
    .option('--apply', 'do it; without this the command only shows what it would do')
    .description('read a roster: what would be added, changed, left and refused, and with --apply do it')
    .addHelpText('after', '\nExample: edutrust people import lop-1a.csv --school TH001 --apply')
    .action(async (file: string, options: ImportOptions) => {
      if (!(await isFile(file))) throw noFile(file);
      const output = program.output();
      await withContext(program, async (context) => {
        const bar = createProgress(output.json);
        const plan = await makePlan(context, file, options, bar);
        const waits = { vi: 'mã kế hoạch', en: 'plan' }[output.locale];
        output.result(plan, `${describePlan(plan, output.locale)}\n  ${waits}: ${plan.id}`);
        mustHaveRows(plan);
        if (options.apply) await apply(context, plan, bar, output);
      });
    });
}

/** Passwords of another system: each row is tried once by its old scheme, then kept by ours (ADR 0316). */
function addPasswords(people: Command, program: Program): void {
  people
    .command('import-passwords')
    .argument(
      '<file>',
      'lines «education ID, hash»: argon2, bcrypt, PBKDF2 (Django, passlib), {SSHA} and other LDAP forms',
    )
    .requiredOption('--weak-until <date>', 'YYYY-MM-DD, the day from which passwords of fast hashes open nothing')
    .option('--apply', 'do it; without this the command only shows what it would do')
    .description('take over passwords of another system for people who do not sign in here yet')
    .addHelpText('after', '\nExample: edutrust people import-passwords cu.csv --weak-until 2027-01-31 --apply')
    .action(async (path: string, { weakUntil, apply = false }: { weakUntil: string; apply?: boolean }) => {
      if (!(await isFile(path))) throw noFile(path);
      const output = program.output();
      await withContext(program, async (context) => {
        const file = await open(path);
        try {
          const how = { weakUntil: new Date(`${weakUntil}T00:00:00+07:00`), isApplied: apply, actor: operator() };
          const report = await importEarlierPasswords(context, file.readLines(), how);
          const lines = report.refused.map(({ line, reason }) => `  ${line}: ${reason}`).join('\n');
          output.result(report, {
            vi: `${report.taken} mật khẩu ${apply ? 'đã nhận' : 'sẽ nhận'}, ${report.weak} hết hạn ngày ${weakUntil}, ${report.refused.length} dòng bị từ chối.\n${lines}`,
            en: `${report.taken} passwords ${apply ? 'taken' : 'would be taken'}, ${report.weak} end on ${weakUntil}, ${report.refused.length} lines refused.\n${lines}`,
          });
        } finally {
          await file.close();
        }
      });
    });
}

function addUndo(people: Command, program: Program): void {
  people
    .command('undo')
    .argument('<plan>', 'the plan of an import that was applied in the last seven days')
    .option('--apply', 'do it; without this the command only shows what it would do')
    .description('give everybody of an applied import back what they had, or name who was changed since')
    .addHelpText('after', '\nExample: edutrust people undo 0199c1b2-… --apply')
    .action(async (planId: string, { apply }: { apply?: boolean }) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const plan = await findPlan(context.db, planId, operator());
        if (apply && plan.heldReason && isOwn(plan)) throw undoneByAnother();
        const undo = await context.db
          .transaction()
          .execute((transaction) =>
            apply ? undoPlan(context, transaction, plan.id, operator()) : findUndo(context, transaction, plan.id),
          );
        output.result(undo, describeUndo(undo));
      });
    });
}

const isOwn = ({ createdBy }: RosterPlan) => {
  const own = operator();
  return createdBy.kind === 'system' && own.kind === 'system' && createdBy.name === own.name;
};

function undoneByAnother(): Forbidden {
  return new Forbidden('roster/second-person', {
    vi: 'Hai người đã làm việc này; người nhập không tự hoàn tác. Nhờ người khác, bằng tài khoản máy của họ.',
    en: 'Two people did this, so its importer cannot undo it alone. Somebody else must, with their own account on the machine.',
  });
}

function describeUndo({ restored, withdrawn, isUndone, blocked, blockedCount }: Undo): Text {
  const names = (locale: Locale) =>
    blocked.map(({ fullName, reason }) => `\n  ${fullName}: ${reason[locale]}`).join('');
  if (isUndone)
    return {
      vi: `Đã hoàn tác: ${restored} người như trước, ${withdrawn} hồ sơ mới đã rời.`,
      en: `Undone: ${restored} people as before, ${withdrawn} new records have left.`,
    };
  if (blockedCount > 0)
    return {
      vi: `Không hoàn tác được vì ${blockedCount} người:${names('vi')}`,
      en: `Cannot be undone because of ${blockedCount} people:${names('en')}`,
    };
  return {
    vi: `Sẽ đưa ${restored} người về như trước và cho ${withdrawn} hồ sơ mới rời đi. Thêm --apply để làm.`,
    en: `Would give ${restored} people back what they had and let ${withdrawn} new records leave. Add --apply to do it.`,
  };
}

async function makePlan(
  context: OpenContext,
  path: string,
  { kind, school, complete, sheet }: ImportOptions,
  bar: ReturnType<typeof createProgress>,
): Promise<RosterPlan> {
  const organisationId = school ? (await findOrganisationByCode(context.db, school)).id : undefined;
  const plan = await planImport(context, {
    kind,
    path,
    organisationId,
    ...(complete === 'classes' || complete === 'schools' ? { completeness: complete } : {}),
    ...(sheet ? { sheet } : {}),
    actor: operator(),
    onProgress: bar.update,
  });
  bar.end();
  return plan;
}

async function apply(
  context: OpenContext,
  plan: RosterPlan,
  bar: ReturnType<typeof createProgress>,
  output: Output,
): Promise<void> {
  const result = await applyImport(context, plan.id, operator(), { onProgress: bar.update });
  bar.end();
  const { added, changed, left } = result.totals;
  output.result(result, {
    vi: `Đã áp dụng: thêm ${added}, sửa ${changed}, rời ${left}.`,
    en: `Applied: ${added} added, ${changed} changed, ${left} left.`,
  });
}

/** A file of which nothing was taken is bad input, whatever it was to do (exit code 2). */
function mustHaveRows({ totals }: RosterPlan): void {
  const { refused, ...others } = totals;
  if (refused === 0 || Object.values(others).some((count) => count > 0)) return;
  throw new InvalidInput(
    'roster/all-refused',
    {
      vi: `Cả ${refused} dòng đều bị từ chối; chưa có gì được ghi.`,
      en: `All ${refused} rows were refused; nothing was written.`,
    },
    {
      remedy: {
        vi: 'Sửa các dòng theo lý do ở trên rồi nhập lại.',
        en: 'Correct the rows listed above, then import again.',
      },
    },
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** The person of an education ID whose groups may have arrived as words of their own. */
export async function personIdOf(db: Database, words: readonly string[]): Promise<string> {
  const [first = ''] = words;
  if (words.length === 1 && isUuid(first)) return first; // as the audit log names people
  const found = await findByEducationId(db, words.join(' '));
  if (found) return found.id;
  throw new NotFound('people/not-found', { vi: 'Không có ai mang mã này.', en: 'Nobody has this ID.' });
}

function describe({ fullName, educationId, birthDate, status, affiliations }: PersonView): string {
  const places = affiliations.map(
    ({ role, title, organisation, className }) =>
      `  ${[title ?? role, className, organisation.name].filter(Boolean).join(', ')}`,
  );
  return [`${fullName}  ${formatEducationId(educationId)}  ${birthDate ?? '—'}  ${status}`, ...places].join('\n');
}

function steps({ checks }: Awaited<ReturnType<typeof accountStatus>>, locale: Locale): string[] {
  return checks.map(({ ok, sentence }) => `  ${ok ? '✓' : '✗'} ${sentence[locale]}`);
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
