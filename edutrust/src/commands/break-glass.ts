import {
  closeGlass,
  type GlassRole,
  glassRoles,
  linkToOpen,
  listGlasses,
  mostHours,
  openGlass,
} from '@edutrust/idp/break-glass';
import { minuteText } from '@edutrust/platform/vietnam-time';
import { findPerson } from '@edutrust/registry/people';
import { Option } from 'commander';
import type { Output } from '../output.ts';
import { operator, type Program, withContext } from './command.ts';
import { personIdOf } from './people.ts';

const explained = `
For when no officer gets in, or nobody can be the second person: one person of the staff gets one role for hours, by a link
that opens once. It rings: an entry of the log and a line to the security monitor, a notice and a mail to every department
administrator, security officer and auditor, a banner in their console and an alarm of the doctor until two others have
reviewed what was done. It never counts as one of two people, signs nothing, opens no app, and ends by itself.
A lasting way in for somebody who lost theirs is another thing: edutrust people invite ID.
`;

export function addBreakGlassCommands(program: Program): void {
  const glass = program.command
    .command('break-glass')
    .description(
      'emergency access: one person, one role, for hours, at the server only; loud, and reviewed by two others',
    )
    .addHelpText('after', explained);
  glass
    .command('open')
    .argument('<id...>', 'education ID of somebody of the staff with an account')
    .addOption(new Option('--role <role>', 'what they may do meanwhile').choices([...glassRoles]).makeOptionMandatory())
    .requiredOption('--reason <text>', 'for those who review it: what is the matter, who asked')
    .option('--hours <number>', `whole hours until it ends by itself, at most ${mostHours}`, String(mostHours / 2))
    .description('breaks the glass and prints the link, which opens once within 15 minutes')
    .addHelpText(
      'after',
      "\nExample: edutrust break-glass open '790 123 456 8' --role security-officer --hours 2 --reason 'Cả hai cán bộ mất điện thoại, Phó Giám đốc yêu cầu'",
    )
    .action(async (words: string[], options: { role: GlassRole; reason: string; hours: string }) => {
      const output = program.output();
      await withContext(program, async (context) => {
        const input = { ...options, personId: await personIdOf(context.db, words), hours: Number(options.hours) };
        tell(
          output,
          await context.db.transaction().execute((transaction) => openGlass(transaction, context, input, operator())),
        );
      });
    });
  glass
    .command('link')
    .description('a new link for the person to whom it is open, who has to prove who they are anew; its end stays')
    .addHelpText('after', '\nExample: edutrust break-glass link')
    .action(async () => {
      const output = program.output();
      await withContext(program, async (context) =>
        tell(
          output,
          await context.db.transaction().execute((transaction) => linkToOpen(transaction, context, operator())),
        ),
      );
    });
  addCloseAndList(program, glass);
}

function addCloseAndList(program: Program, glass: Program['command']): void {
  glass
    .command('close')
    .description('ends it now, with every session of that person')
    .addHelpText('after', '\nExample: edutrust break-glass close')
    .action(async () => {
      const output = program.output();
      await withContext(program, async (context) => {
        const { id } = await context.db
          .transaction()
          .execute((transaction) => closeGlass(transaction, context, operator()));
        output.result({ id, closed: true }, { vi: 'Đã dừng.', en: 'It is ended.' });
      });
    });
  glass
    .command('list')
    .description('the last ones: who, which role, until when, reviewed or not')
    .addHelpText('after', '\nExample: edutrust break-glass list')
    .action(async () => {
      const output = program.output();
      await withContext(program, async (context) => {
        for (const { id, person_id: personId, role, reason, opened_by: openedBy, ...of } of await listGlasses(
          context,
        )) {
          const { fullName } = await findPerson(context.db, personId);
          const { state, opened_at: openedAt, ends_at: endsAt, acts, reviews } = of;
          output.result(
            {
              id,
              personId,
              role,
              reason,
              openedBy,
              openedAt,
              endsAt,
              state,
              acts: acts.length,
              reviews: reviews.length,
            },
            `${minuteText(openedAt)} – ${minuteText(endsAt)}  ${fullName}  ${role}  ${state}  ${openedBy}: ${reason}`,
          );
        }
      });
    });
}

function tell(output: Output, { id, link, linkEndsAt, endsAt }: Awaited<ReturnType<typeof openGlass>>): void {
  output.result(
    { id, link, linkEndsAt, endsAt },
    {
      vi: `Chỉ đưa cho người đó; mở một lần, tới ${minuteText(linkEndsAt)}:\n  ${link}\nHết hiệu lực ${minuteText(endsAt)}. Mọi cán bộ đã được báo.`,
      en: `For that person alone; opens once, until ${minuteText(linkEndsAt)}:\n  ${link}\nIt ends at ${minuteText(endsAt)}. Every officer was told.`,
    },
  );
}
