import { createHash, randomBytes } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { newsOf } from '@edutrust/platform/database';
import { createHttpServer, type HttpServer, type TokenRequest } from '@edutrust/platform/http';
import { addRoutes } from '@edutrust/platform/route';
import { accessBook } from '@edutrust/registry/accesses';
import { type DemoCity, seedDemo as seedCity } from '@edutrust/registry/demo';
import { getPerson } from '@edutrust/registry/people';
import { can } from '@edutrust/registry/permissions';
import { migrations as registryMigrations, registryPersonal } from '@edutrust/registry/service';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { type Shown, TestBrowser } from '@edutrust/testing/browser';
import { TestClock } from '@edutrust/testing/clock';
import { type ContextSeed, type TestContext, testContext } from '@edutrust/testing/context';
import { freePort } from '@edutrust/testing/port';
import { createActivationCode } from '../src/accounts/accounts.ts';
import type { DocumentsPort } from '../src/children/children.ts';
import { seedDemo } from '../src/demo/demo.ts';
import type { IdpPages } from '../src/pages.ts';
import { createIdp, type Idp, idpPersonal, migrations } from '../src/service.ts';
import type { IdpTools } from '../src/tools.ts';

const actor = { kind: 'system', name: 'setup' } as const;
export const password = 'bốn con mèo nằm ngủ';

/** Pages that print their props: what a page shows is what these tests ask about, not how it looks. */
function printingPages(): IdpPages {
  const page = (name: string) => (props: unknown, view: unknown) =>
    `<!doctype html><title>${name}</title><script type="application/json">${JSON.stringify({ name, props, view }).replaceAll('<', '\\u003c')}</script>`;
  return {
    signIn: page('signIn'),
    secondFactor: page('secondFactor'),
    secondFactorSetup: page('secondFactorSetup'),
    badge: page('badge'),
    badgeOutside: page('badgeOutside'),
    stepUp: page('stepUp'),
    selectAccount: page('selectAccount'),
    sandbox: page('sandbox'),
    activate: page('activate'),
    consent: page('consent'),
    device: page('device'),
    signInRequest: page('signInRequest'),
    logoutConfirm: page('logoutConfirm'),
    loggedOut: page('loggedOut'),
    launcher: page('launcher'),
    account: page('account'),
    children: page('children'),
    looks: page('looks'),
    dataRequests: page('data-requests'),
    upstream: page('upstream'),
    notMe: page('notMe'),
    breakGlass: page('breakGlass'),
    passkeyAdd: page('passkeyAdd'),
    error: page('error'),
  };
}

/** A whole provider on a real database, behind the real HTTP base on a free port, with the demo city's people and apps. */
export interface TestIdp extends AsyncDisposable {
  /** What the service goes by; the library goes by the machine's. */
  readonly clock: TestClock;
  readonly context: TestContext;
  readonly city: DemoCity;
  readonly origin: string;
  readonly app: HttpServer;
  readonly idp: Idp;
  /** A fresh activation code for the person. */
  code(personId: string): Promise<string>;
  /** Activates the person with a printed code and a password; gives the education ID. */
  activate(personId: string, chosen?: string): Promise<string>;
  signIn(browser: TestBrowser, educationId: string, chosen?: string): Promise<Shown>;
  /** Activates with a passkey, which signs in with it, as whoever holds a role above a teacher's does (W5). */
  enter(personId: string, authenticator?: TestAuthenticator): Promise<TestBrowser>;
  /** Another instance of the service over the same database, as a second process would be; same public address. */
  secondInstance(): Promise<{ origin: string; close(): Promise<void> }>;
}

/** What other services answer the provider; nothing where a test leaves them out. */
interface Ports {
  readonly documents?: DocumentsPort | undefined;
  readonly credentialSignIn?: IdpTools['credentialSignIn'] | undefined;
  readonly receipts?: IdpTools['receipts'];
}

async function serve(
  context: TestContext,
  { documents, credentialSignIn, receipts }: Ports,
): Promise<{ app: HttpServer; idp: Idp }> {
  const pages = printingPages();
  const personal = [...registryPersonal.parts, ...idpPersonal.parts];
  const idp = await createIdp(context, pages, {
    personal,
    ...(documents ? { documents } : {}),
    ...(credentialSignIn ? { credentialSignIn } : {}),
    receipts,
  });
  const app = await createHttpServer({
    config: context.config,
    log: context.log,
    store: context.store,
    news: newsOf(context.db),
    gate: {
      authenticate: (request) => idp.authenticate(request),
      authenticateAgain: (request) => idp.authenticateAgain(request),
      can: can(context.db),
      disclosures: accessBook(context),
    },
    readiness: {},
    metrics: async () => '',
    errorPage: (problem, locale) => pages.error({ problem }, { locale, path: '' }),
  });
  addRoutes(app, idp.routes?.() ?? []);
  return { app, idp };
}

/** The demo city with its apps and codes. */
const seed: ContextSeed = { key: 'idp demo', fill: async (context) => seedDemo(context, await seedCity(context)) };

export async function testIdp(
  environment: Record<string, string> = {},
  documents?: DocumentsPort,
  credentialSignIn?: IdpTools['credentialSignIn'],
  receipts?: IdpTools['receipts'],
): Promise<TestIdp> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const clock = new TestClock();
  const context = await testContext({
    migrations: [registryMigrations, migrations],
    environment: { EDUTRUST_URL: origin, ...environment },
    clock,
    seed,
  });
  const city = await seedCity(context);
  const { app, idp } = await serve(context, { documents, credentialSignIn, receipts });
  await app.listen({ host: 'localhost', port });
  const code = (personId: string) => newCode(context, personId);
  return {
    clock,
    context,
    city,
    origin,
    app,
    idp,
    code,
    activate: async (personId, chosen = password) => {
      await activateWithPassword(origin, await code(personId), chosen);
      return (await getPerson(context.db, personId)).educationId;
    },
    signIn: async (browser, educationId, chosen = password) => {
      const shown = await browser.get(`${origin}/signin?return_to=/`);
      return browser.post(`${origin}${shown.page?.props.action}`, { identifier: educationId, password: chosen });
    },
    enter: async (personId, authenticator = new TestAuthenticator(origin)) =>
      activateWithPasskey(origin, await code(personId), authenticator),
    secondInstance: async () => {
      const second = await serve(context, {});
      const address = await second.app.listen({ host: 'localhost', port: 0 });
      return {
        origin: address.replace('127.0.0.1', 'localhost').replace('[::1]', 'localhost'),
        close: () => second.app.close(),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await context[Symbol.asyncDispose]();
    },
  };
}

async function newCode(context: TestContext, personId: string): Promise<string> {
  const created = await context.db
    .transaction()
    .execute((transaction) => createActivationCode(transaction, context, personId, actor));
  return created.code;
}

/** Types the printed code and says that the account is theirs; gives the ticket for what comes next. */
async function confirmCode(browser: TestBrowser, origin: string, code: string) {
  const confirm = await browser.post(`${origin}/activate`, { code });
  const { ticket } = confirm.page?.props ?? {};
  const choose = await browser.post(`${origin}/activate/confirm`, { ticket, answer: 'yes' });
  return { ticket, action: `${origin}${choose.page?.props.action}` };
}

async function activateWithPassword(origin: string, code: string, chosen: string): Promise<void> {
  const browser = new TestBrowser();
  const { ticket, action } = await confirmCode(browser, origin, code);
  const done = await browser.post(action, { ticket, password: chosen, repeat: chosen });
  if (!['launcher', 'secondFactorSetup'].includes(done.page?.name ?? '')) throw new Error(done.body);
}

/** Gives the browser, which is signed in. */
async function activateWithPasskey(origin: string, code: string, authenticator: TestAuthenticator) {
  const browser = new TestBrowser({ stopAt: appOrigins });
  const { ticket } = await confirmCode(browser, origin, code);
  const { json } = await browser.json(`${origin}/activate/passkey/options`, { ticket });
  const made = await browser.json(`${origin}/activate/passkey`, {
    ticket,
    credential: authenticator.create(json.options),
  });
  if (made.status !== 200) throw new Error(JSON.stringify(made.json));
  const shown = await browser.get(`${origin}${made.json.location}`);
  if (shown.page?.name !== 'launcher') throw new Error(shown.body);
  return browser;
}

/** An authorization request of a demo app, with PKCE. */
export interface AuthorizationRequest {
  readonly url: URL;
  readonly verifier: string;
  readonly redirectUri: string;
}

export function authorizationRequest(
  origin: string,
  clientId: string,
  extra: Record<string, string | undefined> = {},
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const redirectUri = clientId === 'lop-hoc' ? 'http://localhost:4002/callback' : 'http://localhost:4001/callback';
  const url = new URL('/oidc/auth', origin);
  const parameters: Record<string, string | undefined> = {
    client_id: clientId,
    response_type: 'code',
    scope: 'openid profile school',
    redirect_uri: redirectUri,
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...extra,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return { url, verifier, redirectUri };
}

export const appOrigins = ['http://localhost:4001', 'http://localhost:4002'];

/** Redeems a code; the answer as it is. */
export async function redeem(
  origin: string,
  clientId: string,
  fields: Record<string, string>,
  secret = `demo-secret-of-${clientId}`,
): Promise<{ status: number; headers: Headers; json: Record<string, string> }> {
  const response = await fetch(`${origin}/oidc/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(fields),
  });
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, string>,
  };
}

/** A code for the app from a browser that is signed in and has agreed. */
export async function codeFor(
  browser: TestBrowser,
  origin: string,
  clientId: string,
  extra: Record<string, string | undefined> = {},
): Promise<AuthorizationRequest & { code: string; answer: URL }> {
  const request = authorizationRequest(origin, clientId, extra);
  let shown = await browser.get(request.url);
  if (shown.page?.name === 'consent')
    shown = await browser.post(`${origin}${shown.page.props.action}`, { decision: 'allow' });
  const answer = new URL(shown.url);
  const code = answer.searchParams.get('code');
  if (!code) throw new Error(`no code: ${shown.status} ${shown.url} ${shown.body.slice(0, 500)}`);
  return { ...request, code, answer };
}

/** The demo's father agrees to what his child asked him for. */
export async function fatherAgrees(
  { context, city }: Pick<TestIdp, 'context' | 'city'>,
  clientId: string,
): Promise<void> {
  const { rowCount } = await context.pool.query(
    'UPDATE idp.guardian_consent SET guardian_id = $1, given_at = now() WHERE person_id = $2 AND client_id = $3',
    [city.people.guardian, city.people.pupil, clientId],
  );
  if (rowCount !== 1) throw new Error('the child has asked for nothing');
}

export function redemption({ code, verifier, redirectUri }: { code: string; verifier: string; redirectUri: string }) {
  return { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri };
}

/** A request to an API of ours with a plain token. */
export const bringing = (token = ''): TokenRequest => {
  const raw = new IncomingMessage(new Socket());
  return { headers: { authorization: `Bearer ${token}` }, method: 'GET', url: '/', raw };
};
