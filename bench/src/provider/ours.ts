import process from 'node:process';
import { registerApp } from '@edutrust/idp/apps';
import { codeFor, password, redeem, redemption, testIdp } from '@edutrust/idp/testing/idp';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { postmasterOf } from '../processor.ts';
import { announce, clientId, machineId, redirectUri, refreshId } from './announce.ts';

/** Our provider on a real PostgreSQL, its short-lived things in Redis when `REDIS_URL` is given. */
delete process.env.EDUTRUST_TEST_POSTGRES; // a server of its own, so that what it does is ours
const { REDIS_URL } = process.env;
const world = await testIdp(REDIS_URL ? { REDIS_URL } : {});
const browser = new TestBrowser({ stopAt: [new URL(redirectUri).origin] });
const educationId = await world.activate(world.city.people.teacher);
await world.signIn(browser, educationId);

const organisationId = world.city.departmentId;
const purpose = { vi: 'Để đo.', en: 'For measuring.' };
const actor = { kind: 'system', name: 'setup' } as const;
const secrets: Record<string, string> = { [clientId]: `demo-secret-of-${clientId}` };
for (const app of [
  {
    clientId: refreshId,
    kind: 'web',
    redirectUris: [redirectUri],
    scopes: ['openid', 'profile', 'offline_access'],
    isApproved: true,
  },
  { clientId: machineId, kind: 'machine' },
] as const) {
  const { clientSecret } = await world.context.db
    .transaction()
    .execute((transaction) =>
      registerApp(transaction, { ...app, name: app.clientId, purpose, organisationId }, actor, new Date()),
    );
  secrets[app.clientId] = clientSecret ?? '';
}
const code = await codeFor(browser, world.origin, refreshId, {
  scope: 'openid profile offline_access',
  prompt: 'consent',
  redirect_uri: redirectUri,
});
const tokens = await redeem(
  world.origin,
  refreshId,
  { ...redemption(code), redirect_uri: redirectUri },
  secrets[refreshId],
);
const measured = {
  origin: world.origin,
  cookie: browser.header(new URL(world.origin)),
  paths: {
    auth: '/oidc/auth',
    token: '/oidc/token',
    userinfo: '/oidc/userinfo',
    jwks: '/oidc/jwks',
    introspection: '/oidc/token/introspection',
  },
  form: { identifier: educationId, password },
  postmaster: await postmasterOf(world.context.databaseUrl),
  refreshToken: tokens.json.refresh_token ?? '',
  secrets,
};
/** Rows and what finds them, of everything that a sign-in writes to. */
announce(measured, async () => {
  const { rows } = await sql<{ bytes: string }>`
    SELECT sum(pg_total_relation_size(relid))::text AS bytes FROM pg_stat_user_tables`.execute(world.context.db);
  return Number(rows[0]?.bytes);
});
