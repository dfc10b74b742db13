import { listApps, type NewApp, registerApp } from '@edutrust/idp/apps';
import { findOrganisationByCode } from '@edutrust/registry/organisations';
import { Option } from 'commander';
import { operator, type Program, withContext } from './command.ts';

interface AddOptions {
  readonly organisation: string;
  readonly kind: NewApp['kind'];
  readonly purposeVi: string;
  readonly purposeEn?: string;
  readonly redirect?: readonly string[];
  readonly afterSignOut?: readonly string[];
  readonly backchannelLogout?: string;
  readonly home?: string;
  readonly scope?: readonly string[];
  readonly approved?: boolean;
}

const kinds =
  'web: has a server; spa: in the browser; native: installed; device: without a keyboard; machine: acts for itself';

export function addAppsCommands(program: Program): void {
  const apps = program.command.command('apps').description('apps that people sign in to with EduTrust');
  apps
    .command('list')
    .description('the registered apps by name')
    .addHelpText('after', '\nExample: edutrust apps list')
    .action(async () => {
      const output = program.output();
      await withContext(program, async ({ db }) => {
        for (const app of await listApps(db)) {
          const approved = app.isApproved ? '✓' : ' ';
          output.result(app, `${approved} ${app.clientId}  ${app.kind}  ${app.name}  ${app.scopes.join(' ')}`);
        }
      });
    });
  apps
    .command('add')
    .argument('<name>', 'what people read when they sign in')
    .requiredOption('--organisation <code>', 'the school or department that answers for the app')
    .addOption(new Option('--kind <kind>', kinds).choices(['web', 'spa', 'native', 'device', 'machine']).default('web'))
    .requiredOption('--purpose-vi <sentence>', 'why it asks for what it asks, for people to read')
    .option('--purpose-en <sentence>', 'the same in English')
    .option('--redirect <address...>', 'where people return after signing in')
    .option('--after-sign-out <address...>', 'where they may return after signing out')
    .option('--backchannel-logout <address>', 'told when a session ends')
    .option('--home <address>', 'where its tile leads')
    .option('--scope <scope...>', 'what it may ask for at most; openid profile school when none is given')
    .option('--approved', 'approved by the organisation: people are not asked again')
    .description('register an app; a secret is shown once and kept nowhere')
    .addHelpText(
      'after',
      "\nExample: edutrust apps add 'Thư viện số' --organisation TH001 --purpose-vi 'Mượn sách bằng tài khoản trường' \\\n           --redirect https://thuvien.example.edu.vn/callback",
    )
    .action(async (name: string, options: AddOptions) => {
      const output = program.output();
      await withContext(program, async ({ db, clock }) => {
        const organisationId = (await findOrganisationByCode(db, options.organisation)).id;
        const { purposeVi: vi, purposeEn: en = options.purposeVi } = options;
        const { app, clientSecret } = await db.transaction().execute((transaction) =>
          registerApp(
            transaction,
            {
              name,
              kind: options.kind,
              organisationId,
              purpose: { vi, en },
              redirectUris: options.redirect ?? [],
              postLogoutRedirectUris: options.afterSignOut ?? [],
              backchannelLogoutUri: options.backchannelLogout ?? null,
              homeUri: options.home ?? null,
              ...(options.scope ? { scopes: options.scope } : {}),
              isApproved: options.approved ?? false,
            },
            operator(),
            clock.now(),
          ),
        );
        const secret = clientSecret ?? '—';
        output.result(
          { ...app, clientSecret },
          {
            vi: `Mã ứng dụng: ${app.clientId}\nMã bí mật (chỉ hiện một lần): ${secret}`,
            en: `Client id: ${app.clientId}\nClient secret (shown once): ${secret}`,
          },
        );
      });
    });
}
