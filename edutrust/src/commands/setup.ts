import { createFirstLink } from '@edutrust/idp/accounts';
import { InvalidInput } from '@edutrust/platform/errors';
import { formatEducationId } from '@edutrust/registry/education-id';
import { type Founded, foundDepartment } from '@edutrust/registry/setup';
import { type Program, withContext } from './command.ts';

interface SetupOptions {
  readonly department: string;
  readonly administrator: string;
  readonly code: string;
  readonly officer: string;
  readonly title?: string;
  readonly officerTitle?: string;
}

export function addSetupCommand(program: Program): void {
  program.command
    .command('setup')
    .description(
      'the first start in production: the department, its first administrator and its first security officer, each with a link that works once',
    )
    .requiredOption('--department <name>', 'name of the department')
    .requiredOption('--administrator <name>', 'full name of the first administrator')
    .requiredOption('--officer <name>', 'full name of the first security officer: another person')
    .option('--code <code>', "the department's code", 'SGDDT')
    .option('--title <title>', "the administrator's title")
    .option('--officer-title <title>', "the security officer's title")
    .addHelpText(
      'after',
      "\nExample: edutrust setup --department 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh' --administrator 'Lê Thị Minh Tâm' --officer 'Phạm Quốc Bảo'",
    )
    .action(async ({ department, administrator, officer, code, title, officerTitle }: SetupOptions) => {
      const output = program.output();
      if (administrator.normalize('NFC').trim() === officer.normalize('NFC').trim()) throw twoPeople();
      await withContext(program, async (context) => {
        // One transaction: an administrator without a link would keep everybody out.
        const founded = await context.db.transaction().execute(async (transaction) => {
          const made = await foundDepartment(transaction, context, {
            department: { name: department, code },
            administrator: { fullName: administrator, ...(title ? { title } : {}) },
            officer: { fullName: officer, ...(officerTitle ? { title: officerTitle } : {}) },
          });
          const withLink = async (person: Founded | null) =>
            person && { ...person, link: await createFirstLink(transaction, context, person.personId) };
          return {
            organisationId: made.organisationId,
            administrator: await withLink(made.administrator),
            officer: await withLink(made.officer),
          };
        });
        const lines = (
          [
            [founded.administrator, { vi: 'Quản trị viên đầu tiên', en: 'The first administrator' }],
            [founded.officer, { vi: 'Cán bộ an toàn thông tin đầu tiên', en: 'The first security officer' }],
          ] as const
        ).flatMap(([person, who]) =>
          person
            ? [
                {
                  vi: `${who.vi} có mã giáo dục ${formatEducationId(person.educationId)}. Đưa riêng cho người đó; mở một lần, trong vòng 24 giờ:\n  ${person.link}`,
                  en: `${who.en} has the education ID ${formatEducationId(person.educationId)}. For that person alone; opens once, within 24 hours:\n  ${person.link}`,
                },
              ]
            : [],
        );
        output.result(founded, {
          vi: lines.map(({ vi }) => vi).join('\n'),
          en: lines.map(({ en }) => en).join('\n'),
        });
      });
    });
}

function twoPeople(): InvalidInput {
  return new InvalidInput(
    'setup/two-people',
    {
      vi: 'Quản trị viên và cán bộ an toàn thông tin phải là hai người.',
      en: 'The administrator and the security officer have to be two people.',
    },
    {
      remedy: {
        vi: 'Nêu tên người thứ hai. Hai người trùng họ tên: thêm chữ phân biệt rồi sửa sau.',
        en: 'Name a second person. If both have the same name, add a word to tell them apart and correct it later.',
      },
    },
  );
}
