import { readFile } from 'node:fs/promises';
import { listApps, type NewApp, registerApp } from '@edutrust/idp/apps';
import { endToken, listTokens, makeToken, mostDays, mostUses } from '@edutrust/idp/registration';
import { InvalidInput } from '@edutrust/platform/errors';
import { findOrganisationByCode } from '@edutrust/registry/organisations';
import { InvalidArgumentError, Option } from 'commander';
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
  readonly codeProtection: NonNullable<NewApp['codeProtection']>;
  readonly jwks?: string;
  readonly certificate?: readonly string[];
  readonly ciba?: string | true;
}

const kinds =
  'web: has a server; spa: in the browser; native: installed; device: without a keyboard; machine: acts for itself';

const protections =
  'what keeps its codes: PKCE; a nonce, for apps with a secret whose software has no PKCE; or nothing, for web apps that know neither, once they are approved';

const profiles = 'what it is held to: FAPI 2.0 Security Profile, or Message Signing too';

/** What it is held to, and what it proves itself with. */
async function proofsOf({ profile, codeProtection, jwks, certificate = [] }: AddOptions): Promise<Partial<NewApp>> {
  const certificates = await Promise.all(certificate.map((path) => readFile(path, 'utf8')));
  return {
    securityProfile: profile,
    codeProtection,
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
    .addOption(new Option('--code-protection <how>', protections).choices(['pkce', 'nonce', 'none']).default('pkce'))
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
  addTokenCommands(program, apps.command('token').description('tokens with which software registers apps (RFC 7591)'));
}

interface TokenOptions {
  readonly organisation: string;
  readonly scope?: readonly string[];
  readonly sandbox?: boolean;
  readonly standardDefaults?: boolean;
  readonly uses: number;
  readonly days: number;
}

const upTo = (most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InvalidArgumentError(`1 … ${most}`);
};

function addTokenCommands(program: Program, token: Program['command']): void {
  token
    .command('make')
    .requiredOption('--organisation <code>', 'the school or department that answers for the apps')
    .option('--scope <scope...>', 'what they may ask for at most; openid profile school when none is given')
    .option('--sandbox', 'apps that meet invented people alone, and wait for nobody’s approval')
    .option(
      '--standard-defaults',
      'what they leave out is as OpenID Connect has it: ID tokens by RS256, and a nonce may stand for PKCE',
    )
    .option('--uses <count>', `how many apps, 1 to ${mostUses}`, upTo(mostUses), 1)
    .option('--days <count>', `for how long, 1 to ${mostDays}`, upTo(mostDays), 7)
    .description('make a token; it is shown once and kept nowhere')
    .addHelpText('after', '\nExample: edutrust apps token make --organisation TH001 --sandbox --uses 3')
    .action((options: TokenOptions) => makeOne(program, options));
  token
    .command('list')
    .requiredOption('--organisation <code>', 'whose tokens')
    .description('the tokens with which an app can still be registered')
    .addHelpText('after', '\nExample: edutrust apps token list --organisation TH001')
    .action(async ({ organisation }: { readonly organisation: string }) => {
      const output = program.output();
      await withContext(program, async ({ db, clock }) => {
        const { id } = await findOrganisationByCode(db, organisation);
        for (const kept of await listTokens(db, clock.now(), { organisationId: id })) {
          if (kept.state !== 'usable') continue;
          const until = kept.expiresAt.slice(0, 10);
          const sandbox = kept.isSandbox ? '  sandbox' : '';
          output.result(kept, `${kept.id}  ${kept.usesLeft} × ${until}${sandbox}  ${kept.scopes.join(' ')}`);
        }
      });
    });
  token
    .command('end')
    .argument('<id>', 'as the list shows it')
    .requiredOption('--organisation <code>', 'whose token it is')
    .description('nobody registers with it any longer; the apps stay')
    .addHelpText('after', '\nExample: edutrust apps token end 0193… --organisation TH001')
    .action(async (tokenId: string, { organisation }: { readonly organisation: string }) => {
      await withContext(program, async ({ db, clock }) => {
        const { id } = await findOrganisationByCode(db, organisation);
        await db
          .transaction()
          .execute((transaction) => endToken(transaction, { id, tokenId }, operator(), clock.now()));
      });
    });
}

async function makeOne(
  program: Program,
  { organisation, scope, sandbox, standardDefaults, uses, days }: TokenOptions,
): Promise<void> {
  const output = program.output();
  await withContext(program, async ({ db, clock }) => {
    const organisationId = (await findOrganisationByCode(db, organisation)).id;
    const expiresAt = new Date(clock.now().getTime() + days * 86_400_000);
    const policy = {
      organisationId,
      scopes: scope ?? ['openid', 'profile', 'school'],
      isSandbox: sandbox ?? false,
      hasStandardDefaults: standardDefaults ?? false,
      uses,
      expiresAt,
    };
    const { id, token } = await db
      .transaction()
      .execute((transaction) => makeToken(transaction, policy, operator(), clock.now()));
    output.result(
      { id, token, expiresAt },
      { vi: `Mã đăng ký (chỉ hiện một lần): ${token}`, en: `Registration token (shown once): ${token}` },
    );
  });
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
