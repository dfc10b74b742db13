import assert from 'node:assert/strict';
import type { TestAuthenticator } from '@edutrust/testing/authenticator';
import type { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type NewApp, registerApp } from '../src/apps/apps.ts';
import type { TestIdp } from './idp.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const grant_type = 'urn:openid:params:grant-type:ciba';

type Json = Record<string, string>;

/** The side of an app that asks people on their phones (OpenID CIBA), and that of the phone. */
export interface Asking {
  register(clientId: string, input?: Partial<NewApp>): Promise<unknown>;
  post(path: string, fields: Json, clientId?: string): Promise<{ status: number; json: Json }>;
  ask(fields?: Json, clientId?: string): Promise<{ status: number; json: Json }>;
  /** Gives the `auth_req_id`. */
  begun(fields?: Json, clientId?: string): Promise<string>;
  pollAtOnce(id: string, clientId?: string): Promise<Json>;
  /** As an app does that waits between its questions. */
  poll(id: string, clientId?: string): Promise<Json>;
  /** The props of the page. */
  // biome-ignore lint/suspicious/noExplicitAny: props as the page prints them
  shown(browser: TestBrowser): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: props as the page prints them
  allow(browser: TestBrowser, key: TestAuthenticator, props?: any): ReturnType<TestBrowser['json']>;
}

/** `educationId` is asked by `app` unless said. */
export function askingAt(world: TestIdp, app: string, educationId: string): Asking {
  const { origin, context, city, clock } = world;
  const post: Asking['post'] = async (path, fields, clientId = app) => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:secret-of-${clientId}`).toString('base64')}` },
      body: new URLSearchParams(fields),
    });
    return { status: response.status, json: (await response.json()) as Json };
  };
  const ask: Asking['ask'] = (fields = {}, clientId = app) =>
    post('/oidc/backchannel', { scope: 'openid profile', login_hint: educationId, ...fields }, clientId);
  const pollAtOnce: Asking['pollAtOnce'] = async (auth_req_id, clientId = app) =>
    (await post('/oidc/token', { grant_type, auth_req_id }, clientId)).json;
  const shown: Asking['shown'] = async (browser) => (await browser.get(`${origin}/sign-in-requests`)).page?.props ?? {};
  return {
    post,
    ask,
    pollAtOnce,
    shown,
    register: (clientId, input = {}) =>
      context.db.transaction().execute((transaction) =>
        registerApp(
          transaction,
          {
            kind: 'web',
            ...{ clientId, name: 'Tổng đài', purpose: { vi: 'Nhận ra người gọi.', en: 'Knows who calls.' } },
            ...{ organisationId: city.departmentId, isApproved: true },
            redirectUris: ['http://localhost:4001/callback'],
            scopes: ['openid', 'profile', 'offline_access'],
            ciba: { delivery: 'poll', notificationUri: null },
            ...input,
          },
          setup,
          clock.now(),
          `secret-of-${clientId}`,
        ),
      ),
    begun: async (fields, clientId) => {
      const { status, json } = await ask(fields, clientId);
      assert.equal(status, 200, JSON.stringify(json));
      return json.auth_req_id ?? '';
    },
    poll: async (id, clientId) => {
      await sql`DELETE FROM platform.short_lived WHERE key LIKE 'idp:ciba-poll:%'`.execute(context.db);
      return pollAtOnce(id, clientId);
    },
    allow: async (browser, key, props) => {
      const { passkey } = props ?? (await shown(browser));
      return browser.json(`${origin}${passkey.verifyPath}`, { credential: key.get(passkey.options) });
    },
  };
}
