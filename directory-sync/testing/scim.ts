import type { HttpServer } from '@edutrust/platform/http';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { serve } from '@edutrust/testing/served';
import { addClient, type NewClient } from '../src/clients/clients.ts';
import { urn } from '../src/scim/schemas.ts';
import { createDirectorySync, migrations } from '../src/service.ts';

export const actor = { kind: 'system', name: 'test' } as const;

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was answered, looked at by its test
  readonly body: any;
}

export type Ask = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>;

/** A demo city that serves SCIM, and clients that ask it. */
export interface World extends AsyncDisposable {
  readonly context: TestContext;
  readonly city: DemoCity;
  readonly app: HttpServer;
  client(options: Partial<NewClient>): Promise<{ id: string; token: string; ask: Ask }>;
}

export async function openWorld(): Promise<World> {
  const context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const app = await serve(context, createDirectorySync(context));
  let number = 0;
  return {
    context,
    city,
    app,
    client: async (options) => {
      number += 1;
      const usual = {
        name: `client ${number}`,
        kind: 'scim',
        mayWrite: true,
        organisationId: city.schools[0]?.id ?? '',
      } as const;
      const made = await context.db.transaction().execute((tx) => addClient(tx, { ...usual, ...options }, actor));
      const ask: Ask = async (method, path, body, headers = {}) => {
        const answer = await app.inject({
          method: method as 'GET', // whatever the test says
          url: `/scim/v2${path}`,
          headers: { authorization: `Bearer ${made.token}`, 'content-type': 'application/scim+json', ...headers },
          ...(body ? { payload: JSON.stringify(body) } : {}),
        });
        const etag = answer.headers.etag;
        return {
          status: answer.statusCode,
          etag: typeof etag === 'string' ? etag : undefined,
          body: answer.body ? JSON.parse(answer.body) : undefined,
        };
      };
      return { ...made, ask };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await context[Symbol.asyncDispose]();
    },
  };
}

/** A user as a client brings one. */
export const newUser = (userName: string, more: object = {}) => ({
  schemas: [urn.user],
  userName,
  name: { familyName: 'Trần', middleName: 'Thị Thu', givenName: 'Hà' },
  ...more,
});
