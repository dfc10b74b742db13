import { createFirstAdministratorLink } from '@edutrust/idp/accounts';
import { formatEducationId } from '@edutrust/registry/education-id';
import { foundDepartment } from '@edutrust/registry/setup';
import { type Program, withContext } from './command.ts';

interface SetupOptions {
  readonly department: string;
  readonly administrator: string;
  readonly code: string;
  readonly title?: string;
}

export function addSetupCommand(program: Program): void {
  program.command
    .command('setup')
    .description(
      'the first start in production: the department and its first administrator, with a link that works once',
    )
    .requiredOption('--department <name>', 'name of the department')
    .requiredOption('--administrator <name>', 'full name of the first administrator')
    .option('--code <code>', "the department's code", 'SGDDT')
    .option('--title <title>', "the administrator's title")
    .addHelpText(
      'after',
      "\nExample: edutrust setup --department 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh' --administrator 'Lê Thị Minh Tâm'",
    )
    .action(async ({ department, administrator, code, title }: SetupOptions) => {
      const output = program.output();
      await withContext(program, async (context) => {
        // One transaction: an administrator without a link would keep everybody out.
        const founded = await context.db.transaction().execute(async (transaction) => {
          const made = await foundDepartment(transaction, context, {
            department: { name: department, code },
            administrator: { fullName: administrator, ...(title ? { title } : {}) },
          });
          return { ...made, link: await createFirstAdministratorLink(transaction, context, made.personId) };
        });
        const id = formatEducationId(founded.educationId);
        output.result(founded, {
          vi: `Quản trị viên đầu tiên có mã giáo dục ${id}. Mở đường dẫn này một lần, trong vòng 24 giờ:\n  ${founded.link}`,
          en: `The first administrator has the education ID ${id}. Open this link once, within 24 hours:\n  ${founded.link}`,
        });
      });
    });
}
