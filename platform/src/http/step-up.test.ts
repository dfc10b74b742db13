import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import Type from 'typebox';
import type { PersonActor } from '../actor.ts';
import { metricsText } from '../metrics/metrics.ts';
import { createHttpServer, type Resource } from './http.ts';
import { addRoutes, route } from './route.ts';

test('how recent a sign-in is goes by the clock that was passed in; a route decides on the thing that its parameters name', async () => {
  const signedInAt = new Date('2026-09-05T08:00:00Z');
  let now = new Date(signedInAt.getTime() + 60_000);
  const asked: (Resource | undefined)[] = [];
  await using context = await testContext({ migrations: [], clock: { now: () => now } });
  const actor: PersonActor = {
    kind: 'person',
    personId: 'p',
    sessionId: 's',
    roles: [],
    acr: 'pwd',
    authenticatedAt: signedInAt,
  };
  const app = await createHttpServer({
    ...context,
    gate: {
      authenticate: async () => actor,
      can: async (_actor, _action, resource) => {
        asked.push(resource);
        return resource?.personId === 'mine';
      },
    },
    readiness: {},
    metrics: metricsText,
  });
  addRoutes(app, [
    route({
      method: 'GET',
      url: '/people/:id',
      access: { kind: 'action', action: 'people.read', freshWithinSeconds: 300 },
      schema: { params: Type.Object({ id: Type.String() }), response: { 200: Type.Object({ id: Type.String() }) } },
      resource: ({ params }) => ({ personId: params.id }),
      handle: async ({ params }) => ({ id: params.id }),
    }),
  ]);
  try {
    const ask = async (id: string) => (await app.inject(`/people/${id}`)).statusCode;
    assert.equal(await ask('mine'), 200, 'a minute after the sign-in');
    assert.equal(await ask('other'), 403);
    assert.deepEqual(
      asked.map((resource) => resource?.personId).filter((id, index, all) => all.indexOf(id) === index),
      ['mine', 'other'],
    );
    now = new Date(signedInAt.getTime() + 301_000);
    assert.equal(await ask('mine'), 401, 'five minutes after it');
  } finally {
    await app.close();
  }
});
