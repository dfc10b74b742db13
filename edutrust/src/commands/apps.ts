import { readFile } from 'node:fs/promises';
import { listApps, type NewApp, registerApp } from '@edutrust/idp/apps';
import { InvalidInput } from '@edutrust/platform/errors';
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
  readonly profile: NonNullable<NewApp['securityProfile']>;
  readonly jwks?: string;
  readonly certificate?: readonly string[];
  readonly ciba?: string | true;
}

const kinds =
  'web: has a server; spa: in the browser; native: installed; device: without a keyboard; machine: acts for itself';

const profiles = 'what it is held to: FAPI 2.0 Security Profile, or Message Signing too';

/** What it is held to, and what it proves itself with. */
async function proofsOf({ profile, jwks, certificate = [] }: AddOptions): Promise<Partial<NewApp>> {
  const certificates = await Promise.all(certificate.map((path) => readFile(path, 'utf8')));
  return {
    securityProfile: profile,
    certificates,
    ...(jwks ? { jwks: readKeys(await readFile(jwks, 'utf8')) } : {}),
  };
}

/** @throws InvalidInput `apps/bad-key-file` */
function readKeys(text: string): NonNullable<NewApp['jwks']> {
  try {
    const read = JSON.parse(text);
    if (Array.isArray(read.keys)) return read; // each key is judged where it is registered
  } catch {
    // said below
  }
  throw new InvalidInput('apps/bad-key-file', {
    vi: 'Tệp khóa phải là JWKS: {"keys": […]}.',
    en: 'The file of keys has to be a JWKS: {"keys": […]}.',
  });
}

const cibaOf = (given: string | true): NonNullable<NewApp['ciba']> =>
  given === true ? { delivery: 'poll', notificationUri: null } : { delivery: 'ping', notificationUri: given };

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
    .addOption(
      new Option('--profile <profile>', profiles).choices(['standard', 'fapi2', 'fapi2-signed']).default('standard'),
    )
    .option('--jwks <file>', 'its public keys (JWKS), with which it proves itself in place of a secret')
    .option('--certificate <file...>', 'its certificates (PEM), with which it proves itself at the TLS connection')
    .option(
      '--ciba [address]',
      'it asks people to sign in on their phones, and is called at the address when there is an answer; without one it polls',
    )
    .option('--approved', 'approved by the organisation: people are not asked again')
    .description('register an app; a secret is shown once and kept nowhere')
    .addHelpText(
      'after',
      "\nExample: edutrust apps add 'Thư viện số' --organisation TH001 --purpose-vi 'Mượn sách bằng tài khoản trường' \\\n           --redirect https://thuvien.example.edu.vn/callback",
    )
    .action((name: string, options: AddOptions) => add(program, name, options));
}

async function add(program: Program, name: string, options: AddOptions): Promise<void> {
  const output = program.output();
  const proofs = await proofsOf(options);
  await withContext(program, async ({ db, clock }) => {
    const organisationId = (await findOrganisationByCode(db, options.organisation)).id;
    const { purposeVi: vi, purposeEn: en = options.purposeVi } = options;
    const given: NewApp = {
      name,
      kind: options.kind,
      organisationId,
      purpose: { vi, en },
      redirectUris: options.redirect ?? [],
      postLogoutRedirectUris: options.afterSignOut ?? [],
      backchannelLogoutUri: options.backchannelLogout ?? null,
      homeUri: options.home ?? null,
      ...(options.scope ? { scopes: options.scope } : {}),
      ...proofs,
      ...(options.ciba ? { ciba: cibaOf(options.ciba) } : {}),
      isApproved: options.approved ?? false,
    };
    const { app, clientSecret } = await db
      .transaction()
      .execute((transaction) => registerApp(transaction, given, operator(), clock.now()));
    const secret = clientSecret ?? '—';
    output.result(
      { ...app, clientSecret },
      {
        vi: `Mã ứng dụng: ${app.clientId}\nMã bí mật (chỉ hiện một lần): ${secret}`,
        en: `Client id: ${app.clientId}\nClient secret (shown once): ${secret}`,
      },
    );
  });
}
