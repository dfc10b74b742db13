import { type Clock, systemClock } from '@edutrust/platform/clock';
import { createHttpServer } from '@edutrust/platform/http';
import { addRoutes } from '@edutrust/platform/route';
import { testContext } from '@edutrust/testing/context';
import { accessBook } from '../src/accesses/accesses.ts';
import { seedDemo } from '../src/demo/demo.ts';
import { migrations } from '../src/migrations.ts';
import { can, rolesOf } from '../src/permissions/permissions.ts';
import { createRegistry } from '../src/service.ts';
import { demoSeed } from './demo.ts';

/** The registry with the demo city behind the real HTTP base; who calls is a header. */
export async function openRegistry({
  clock = systemClock,
  names = {},
}: {
  readonly clock?: Clock;
  /** What other workspaces would call what they keep. */
  readonly names?: Parameters<typeof createRegistry>[1];
} = {}) {
  const context = await testContext({ migrations: [migrations], clock, seed: demoSeed });
  const city = await seedDemo(context);
  const app = await createHttpServer({
    config: context.config,
    log: context.log,
    store: context.store,
    readiness: {},
    metrics: async () => '',
    gate: {
      can: can(context.db),
      disclosures: accessBook(context),
      authenticate: async ({ headers }) => {
        const personId = headers['x-person'];
        if (typeof personId !== 'string') return null;
        const roles = await rolesOf(context, personId);
        return { kind: 'person', personId, sessionId: personId, roles, acr: 'passkey', authenticatedAt: clock.now() };
      },
    },
  });
  addRoutes(app, createRegistry(context, names).routes?.() ?? []);
  await app.ready();
  /** `path` follows `/api/v1/`. */
  const call = async (
    person: string,
    method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE' | 'PUT',
    path: string,
    payload?: object | FormData | Buffer,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const request = new Request('http://localhost/', {
      method: 'POST',
      body: payload instanceof FormData ? payload : Buffer.isBuffer(payload) ? null : JSON.stringify(payload ?? {}),
    });
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(await request.arrayBuffer());
    const answer = await app.inject({
      method,
      url: `/api/v1/${path}`,
      headers: {
        'x-person': person,
        'sec-fetch-site': 'same-origin',
        ...(payload && {
          'content-type':
            payload instanceof FormData ? (request.headers.get('content-type') ?? '') : 'application/json',
        }),
        ...headers,
      },
      ...(payload && { payload: bytes }),
    });
    const isJson = method !== 'HEAD' && String(answer.headers['content-type'] ?? '').includes('json');
    return {
      status: answer.statusCode,
      json: isJson ? answer.json() : undefined,
      bytes: answer.rawPayload,
      headers: answer.headers,
    };
  };
  return {
    context,
    city,
    call,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await context[Symbol.asyncDispose]();
    },
  };
}
