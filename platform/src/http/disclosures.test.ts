import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FullName, listOf, nullable, PersonId, PersonRef, personal } from '@edutrust/platform/schemas';
import { testContext } from '@edutrust/testing/context';
import { bareServer } from '@edutrust/testing/served';
import Type from 'typebox';
import { anyone, signedIn } from './access.ts';
import type { Disclosure } from './disclosure.ts';
import { collectorOf, disclose } from './disclosures.ts';
import { route } from './route.ts';

const peopleOf = (schema: object, value: unknown): string[] => {
  const found = new Set<string>();
  collectorOf(schema)?.(value, undefined, found);
  return [...found].sort();
};

test('N7: whom an answer is about is found wherever it stands: lists, alternatives, rows with a person, nothing where nothing is said', () => {
  const Row = Type.Object({ person: PersonRef, values: Type.Record(Type.String(), Type.Number(), personal) });
  assert.deepEqual(peopleOf(listOf(Row), { items: [{ person: { id: 'a', fullName: 'A' }, values: { toan: 9 } }] }), [
    'a',
  ]);
  const Concerned = Type.Object({ concerns: nullable(Type.Object({ id: PersonId, fullName: FullName })) });
  assert.deepEqual(peopleOf(Concerned, { concerns: null }), []);
  assert.deepEqual(peopleOf(Concerned, { concerns: { id: 'b', fullName: 'B' } }), ['b']);
  const Status = Type.Object({ items: Type.Array(Type.Object({ personId: PersonId, status: Type.String(personal) })) });
  assert.deepEqual(peopleOf(Status, { items: [{ personId: 'c', status: 'active' }, { personId: 'd' }] }), ['c']);
  const Above = Type.Object({ id: PersonId, contact: Type.Object({ email: nullable(Type.String(personal)) }) });
  assert.deepEqual(peopleOf(Above, { id: 'e', contact: { email: 'e@x' } }), ['e']);
  assert.deepEqual(peopleOf(Above, { id: 'e', contact: { email: null } }), []);
  assert.equal(collectorOf(Type.Object({ count: Type.Integer() })), undefined);
  assert.throws(
    () => collectorOf(Type.Object({ a: Type.Object({ fullName: FullName }) })),
    /\/a\/fullName is personal/,
  );
});

async function world(t: { after(end: () => Promise<void>): void }, { keep }: { keep?: () => Promise<void> } = {}) {
  const context = await testContext({ migrations: [] });
  const kept: Disclosure[] = [];
  const actor = {
    kind: 'person' as const,
    personId: 'reader',
    sessionId: '',
    roles: [],
    acr: 'pwd',
    authenticatedAt: new Date(0),
  };
  const app = await bareServer(context, {
    gate: {
      authenticate: async () => actor,
      can: async () => true,
      disclosures: {
        has: (operation) => operation === 'people.open',
        keep: async (one) => {
          await keep?.();
          kept.push(one);
        },
      },
    },
  });
  t.after(async () => {
    await app.close();
    await context[Symbol.asyncDispose]();
  });
  return { app, kept, actor };
}

const answer = { 200: PersonRef };
const an = { id: '00000000-0000-7000-8000-000000000001', fullName: 'Kanari An', educationId: '1' };

test('N7: a route that would answer with somebody’s data, or with a file, and does not say what it discloses stops the start', async (t) => {
  const { app } = await world(t);
  const base = { method: 'GET', access: signedIn, handle: async () => an } as const;
  const add = (url: string, schema: object, discloses?: string) => () =>
    route({ ...base, url, schema, ...(discloses && { discloses }) } as Parameters<typeof route>[0]).addTo(app);
  assert.throws(add('/a', { response: answer }), /does not say what it discloses/);
  assert.throws(add('/b', { response: answer }, 'nothing'), /does not say what it discloses/);
  assert.throws(add('/c', { response: answer }, 'people.invented'), /of which nobody could read/);
  assert.throws(add('/d', {}), /no schema describes/);
  assert.throws(add('/e', { response: { 200: Type.Object({ fullName: FullName }) } }, 'people.open'), /of whom/);
  add('/f', {}, 'nothing')();
  add('/g', { response: answer }, 'people.open')();
});

test('N7: what is not kept is not answered; a file whose handler is silent, and another’s data said to be one’s own, are not either', async (t) => {
  const broken = { is: true };
  const { app, kept } = await world(t, {
    keep: async () => {
      if (broken.is) throw new Error('the database is gone');
    },
  });
  const base = { method: 'GET', access: signedIn } as const;
  const open = { ...base, discloses: 'people.open' };
  route({ ...open, url: '/one', schema: { response: answer }, handle: async () => an }).addTo(app);
  route({ ...open, url: '/silent', schema: {}, handle: async () => 'Kanari An' }).addTo(app);
  route({ ...base, url: '/own', discloses: 'own', schema: { response: answer }, handle: async () => an }).addTo(app);
  route({
    ...open,
    url: '/file',
    access: anyone,
    schema: {},
    handle: async (request) => {
      disclose(request, [an.id]);
      return 'Kanari An';
    },
  }).addTo(app);
  for (const path of ['/one', '/file', '/silent', '/own']) {
    const { statusCode, body } = await app.inject(path);
    assert.deepEqual([statusCode, body.includes('Kanari')], [500, false], path);
  }
  broken.is = false;
  for (const [path, status] of Object.entries({ '/one': 200, '/file': 200, '/silent': 500, '/own': 500 }))
    assert.equal((await app.inject(path)).statusCode, status, path);
  assert.deepEqual(
    kept.map(({ operation, people }) => [operation, ...people]),
    [
      ['people.open', an.id],
      ['people.open', an.id],
    ],
  );
});
