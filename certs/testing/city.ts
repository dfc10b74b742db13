import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '@edutrust/platform/actor';
import { createHttpServer, type HttpServer } from '@edutrust/platform/http';
import { addRoutes } from '@edutrust/platform/route';
import { accessBook } from '@edutrust/registry/accesses';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { can, grantRole, rolesOf } from '@edutrust/registry/permissions';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { type TwoPeople, twoPeople } from '@edutrust/registry/testing/two-people';
import { TestClock } from '@edutrust/testing/clock';
import { type ContextSeed, type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { ensureAuthorities } from '../src/authority/authority.ts';
import { migrations } from '../src/migrations.ts';
import { certsKinds, createCerts } from '../src/service.ts';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
  readonly json: any;
  readonly text: string;
}

/** The demo city and its authorities. */
const seed: ContextSeed = {
  key: 'certs demo',
  fill: async (context) => {
    await ensureAuthorities(context);
    await seedDemo(context);
  },
};

/** The demo city with its authorities, these routes behind the real HTTP base, and openssl as everybody's token. */
export async function openTestCity() {
  const clock = new TestClock();
  const context = await testContext({ migrations: [registryMigrations, migrations], clock, seed });
  await ensureAuthorities(context);
  const city = await seedDemo(context);
  const service = createCerts(context);
  const app = await serve(context);
  addRoutes(app, service.routes?.() ?? []);
  await app.ready();
  const folder = mkdtempSync(join(tmpdir(), 'edutrust-requests-'));
  const call = callerOf(app);
  const two = twoPeople(context, certsKinds);
  return {
    context,
    clock,
    city,
    service,
    folder,
    ...opensslToken(folder),
    call,
    /** Asks as the department's administrator, unless somebody else is named. */
    ask: (body: object, person = city.people.administrator) => call(person, 'POST', 'certificate-requests', body),
    two,
    decide: decider(context, city, call, two),
    secondOfficer: () => appointSecondOfficer(context, city),
    async count(query: ReturnType<typeof sql>): Promise<number> {
      const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM ${query}`.execute(context.db);
      return rows[0]?.count ?? -1;
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await service.close?.();
      rmSync(folder, { recursive: true });
      await context[Symbol.asyncDispose]();
    },
  };
}

/** Calls a route as a person who signed in `ageSeconds` ago. */
function callerOf(app: HttpServer) {
  return async (person: string, method: 'GET' | 'POST', path: string, body?: object, ageSeconds = 0) => {
    const answer = await app.inject({
      method,
      url: `/api/v1/${path}`,
      headers: { 'x-person': person, 'x-age': String(ageSeconds), 'sec-fetch-site': 'same-origin' },
      ...(body ? { payload: body } : {}),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, json: isJson ? answer.json() : undefined, text: answer.body } as Answer;
  };
}

/** What stands for a USB token: openssl in a folder of its own. */
function opensslToken(folder: string) {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    openssl,
    write: (name: string, content: string) => writeFileSync(join(folder, name), content),
    /** A new key and its request, PEM; `options` are openssl's for the key. */
    makeCsr: (options = '-newkey ec -pkeyopt ec_paramgen_curve:P-256') =>
      openssl(
        'req',
        '-new',
        ...options.split(' '),
        '-nodes',
        '-keyout',
        'token.key',
        '-subj',
        '/CN=Ai cung duoc',
        '-utf8',
      ),
  };
}

/** Those who asked confirm, and the officer decides; the request as it is then, or the refusal's code. */
function decider(context: TestContext, { people }: DemoCity, call: ReturnType<typeof callerOf>, two: TwoPeople) {
  const { securityOfficer, administrator } = people;
  return async (id: string, what: 'approve' | 'refuse' | 'withdraw', person = securityOfficer): Promise<Answer> => {
    const { json } = await call(administrator, 'GET', `certificate-requests/${id}`);
    const maker = json.requestedBy.id;
    try {
      if (what === 'withdraw') await two.withdraw(json.approvalId, maker);
      else {
        const { rows } =
          await sql`SELECT 1 FROM registry.approval WHERE id = ${json.approvalId} AND state = 'proposed'`.execute(
            context.db,
          );
        if (rows.length > 0) await two.confirm(json.approvalId, maker);
        if (what === 'approve') await two.approve(json.approvalId, person);
        else await two.refuse(json.approvalId, person, 'Chưa đối chiếu được khoá');
      }
    } catch (error) {
      const { code, status = 500 } = error as { code: string; status?: number };
      return { status, json: { code }, text: String(error) };
    }
    return call(administrator, 'GET', `certificate-requests/${id}`);
  };
}

/** Another security officer than the city's; who it is. */
async function appointSecondOfficer(context: TestContext, { schools, departmentId }: DemoCity): Promise<string> {
  const personId = schools[0]?.teacherIds[0] ?? '';
  const role = { personId, role: 'security-officer', organisationId: departmentId } as const;
  await context.db
    .transaction()
    .execute((transaction) => grantRole(transaction, context, role, { kind: 'system', name: 'setup' }));
  return personId;
}

export type TestCity = Awaited<ReturnType<typeof openTestCity>> & { readonly city: DemoCity };

async function serve(context: TestContext): Promise<HttpServer> {
  const authenticate = async ({ headers }: { headers: Record<string, unknown> }): Promise<Actor | null> => {
    const personId = headers['x-person'];
    if (typeof personId !== 'string') return null;
    minute += 1;
    return {
      kind: 'person',
      personId,
      sessionId: `session of ${personId}`,
      roles: await rolesOf(context, personId),
      acr: 'passkey',
      authenticatedAt: new Date(Date.now() - Number(headers['x-age']) * 1000),
    };
  };
  let minute = 0; // each request in a minute of its own: how often one may ask is another test's
  return createHttpServer({
    config: context.config,
    log: context.log,
    store: context.store,
    clock: { now: () => new Date(Date.now() + 60_000 * minute) },
    gate: { authenticate, can: can(context.db), disclosures: accessBook(context) },
    readiness: {},
    metrics: async () => '',
  });
}
