import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import type { RosterKindId } from '@edutrust/registry/roster';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { serve } from '@edutrust/testing/served';
import { addClient } from '../../clients/clients.ts';
import type { Contract } from '../../model/contract.ts';
import { createDirectorySync, migrations } from '../../service.ts';
import { oneRosterSource } from './oneroster.ts';

const actor = { kind: 'system', name: 'test' } as const;

interface Settings {
  readonly url: string;
  readonly tokenUrl: string;
  readonly clientId: string;
}

async function rowsOf(settings: Settings, kind: RosterKindId, { secret = 'secret', isWhole = true } = {}) {
  await using snapshot = await oneRosterSource.open({ settings, secret, isWhole, incoming: '' });
  const rows: (readonly string[])[] = [];
  for await (const { cells } of snapshot.rows(kind)) rows.push(cells);
  return rows.slice(1);
}

test('our own OneRoster server gives every learner with class and birth date, and every member of staff', async () => {
  await using context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const app = await serve(context, createDirectorySync(context));
  try {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const fields = ['name', 'birthDate', 'gender', 'roles', 'organisations', 'classes'] as const;
    const contract = {
      learners: [...fields],
      others: [...fields],
      roles: ['learner', 'teacher', 'staff'],
    } satisfies Contract;
    const { id, token } = await context.db
      .transaction()
      .execute((tx) =>
        addClient(
          tx,
          { name: 'chính mình', kind: 'oneroster', mayWrite: false, organisationId: city.departmentId, contract },
          actor,
        ),
      );
    const base = `http://127.0.0.1:${port}/ims/oneroster`;
    const settings = { url: `${base}/rostering/v1p2`, tokenUrl: `${base}/token`, clientId: id };
    const learners = await rowsOf(settings, 'learners', { secret: token });
    const { rows } = await context.pool.query(
      "SELECT count(DISTINCT person_id)::int AS count FROM registry.affiliation WHERE role = 'learner' AND valid_until IS NULL",
    );
    assert.equal(learners.length, rows[0]?.count);
    const inClass = learners.filter(([school, code, , , , name, born]) => school && code && name && born);
    assert.ok(
      inClass.length > learners.length * 0.95,
      `${inClass.length} of ${learners.length} with class and birth date`,
    );
    assert.ok((await rowsOf(settings, 'staff', { secret: token })).length > 10);
    await assert.rejects(() => rowsOf(settings, 'learners', { secret: 'wrong' }), { code: 'sync/unreachable' });
  } finally {
    await app.close();
  }
});

type Item = Readonly<Record<string, unknown>>;
const collections: Readonly<Record<string, readonly Item[]>> = {
  orgs: [{ sourcedId: 's1', name: 'Trường một', type: 'school', identifier: 'TH001' }],
  users: Array.from({ length: 1_200 }, (_, nth) => ({
    sourcedId: `u${nth}`,
    status: 'active',
    enabledUser: 'true',
    givenName: `Thị ${nth}`,
    familyName: 'Nguyễn',
    roles: [{ roleType: 'primary', role: 'student', org: { sourcedId: 's1' } }],
  })),
  classes: [{ sourcedId: 'c1', title: '5Q', classType: 'homeroom', school: { sourcedId: 's1' } }],
  enrollments: Array.from({ length: 1_200 }, (_, nth) => ({
    sourcedId: `e${nth}`,
    role: 'student',
    user: { sourcedId: `u${nth}` },
    class: { sourcedId: 'c1' },
    school: { sourcedId: 's1' },
  })),
  demographics: [],
};

interface Asked {
  readonly name: string;
  readonly limit: number;
  readonly offset: number;
  readonly items: readonly Item[];
  readonly request: IncomingMessage;
  readonly answer: ServerResponse;
}

/** A server as others are: `odd` answers instead, where it says that it did. */
async function server(odd: (asked: Asked) => boolean = () => false) {
  const http = createServer((request, answer) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname === '/token') return void answer.end(JSON.stringify({ access_token: 't' }));
    const name = url.pathname.slice(1);
    const all = collections[name] ?? [];
    const [limit, offset] = [Number(url.searchParams.get('limit')), Number(url.searchParams.get('offset'))];
    const items = all.slice(offset, offset + limit);
    if (odd({ name, limit, offset, items, request, answer })) return;
    answer.setHeader('x-total-count', all.length);
    // Links are the server's own business: this one leads nowhere.
    answer.setHeader('link', '<http://127.0.0.1:1/nowhere>; rel="next"');
    answer.end(JSON.stringify({ [name]: items }));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    settings: { url, tokenUrl: `${url}/token`, clientId: 'c' },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

test('a whole collection is read by offsets of our own, whatever links say, also in pages shorter than asked for', async () => {
  await using straight = await server();
  const rows = await rowsOf(straight.settings, 'learners');
  assert.equal(rows.length, 1_200);
  assert.deepEqual(rows[0]?.slice(0, 2), ['TH001', '5Q']);
  await using short = await server(({ name, limit, items, answer }) => {
    if (limit < 100) return false;
    answer.setHeader('x-total-count', collections[name]?.length ?? 0);
    answer.end(JSON.stringify({ [name]: items.slice(0, 70) }));
    return true;
  });
  assert.equal((await rowsOf(short.settings, 'learners')).length, 1_200);
  await using silent = await server(({ name, items, answer }) => {
    answer.end(JSON.stringify({ [name]: items }));
    return true;
  });
  assert.equal(
    (await rowsOf(silent.settings, 'learners')).length,
    1_200,
    'a server that counts nothing is read to an empty page',
  );
});

const answerWith = (answer: ServerResponse, total: number, body: unknown) => {
  answer.setHeader('x-total-count', total);
  answer.end(JSON.stringify(body));
  return true;
};

for (const [what, odd] of [
  [
    'a page that comes again',
    ({ name, offset, answer }: Asked) =>
      name === 'users' && offset >= 500 && answerWith(answer, 1_200, { users: collections.users?.slice(0, 500) }),
  ],
  [
    'a page that is lost',
    ({ name, offset, answer }: Asked) => name === 'users' && offset >= 500 && answerWith(answer, 1_200, { users: [] }),
  ],
  [
    'more than was counted',
    ({ name, items, answer }: Asked) => name === 'users' && answerWith(answer, 400, { users: items }),
  ],
  [
    'a count that changes meanwhile',
    ({ name, limit, items, answer }: Asked) =>
      name === 'users' && limit === 1 && answerWith(answer, 1_199, { users: items }),
  ],
  [
    'users without an id',
    ({ name, answer }: Asked) => name === 'users' && answerWith(answer, 1, { users: [{ givenName: 'x' }] }),
  ],
  ['an answer that is no JSON', ({ name, answer }: Asked) => name === 'classes' && Boolean(answer.end('<html>'))],
  [
    'an answer without a list',
    ({ name, answer }: Asked) => name === 'classes' && answerWith(answer, 1, { error: 'x' }),
  ],
  [
    'an answer that breaks off',
    ({ name, answer }: Asked) => {
      if (name !== 'enrollments') return false;
      answer.setHeader('content-length', '5000');
      answer.write('{"enrollments":[');
      setImmediate(() => answer.destroy());
      return true;
    },
  ],
  [
    'a 401 half way that a new token does not help',
    ({ name, offset, answer }: Asked) => {
      if (name !== 'users' || offset === 0) return false;
      answer.statusCode = 401;
      answer.end('{}');
      return true;
    },
  ],
  [
    'a redirect to elsewhere',
    ({ name, answer }: Asked) => {
      if (name !== 'orgs') return false;
      answer.statusCode = 302;
      answer.setHeader('location', 'http://127.0.0.1:1/');
      answer.end();
      return true;
    },
  ],
  ['no users at all', ({ name, answer }: Asked) => name === 'users' && answerWith(answer, 0, { users: [] })],
  [
    'enrolments of users who are not there',
    ({ name, answer }: Asked) => name === 'users' && answerWith(answer, 2, { users: collections.users?.slice(0, 2) }),
  ],
] as const)
  test(`D4: ${what} is no reading`, async () => {
    await using strange = await server(odd);
    await assert.rejects(
      () => rowsOf(strange.settings, 'learners'),
      ({ code }: { code?: string }) => /^(?:sync\/(?:incomplete-read|unreachable)|roster\/package-)/.test(code ?? ''),
    );
  });

test('a token that ends half way is renewed once, a busy server is asked again when it says so, demographics that are not ours are left out', async () => {
  let refusals = 0;
  let busy = 0;
  await using strange = await server(({ name, offset, answer }) => {
    if (name === 'demographics') {
      answer.statusCode = 403;
      answer.end('{}');
      return true;
    }
    if (name === 'users' && offset === 500 && refusals++ === 0) {
      answer.statusCode = 401;
      answer.end('{}');
      return true;
    }
    if (name === 'classes' && busy++ === 0) {
      answer.statusCode = 429;
      answer.setHeader('retry-after', '0');
      answer.end('{}');
      return true;
    }
    return false;
  });
  assert.equal((await rowsOf(strange.settings, 'learners')).length, 1_200);
  assert.deepEqual([refusals > 1, busy > 1], [true, true]);
});

test('an address in the clear, with a password in it, or none is refused when it is entered', () => {
  const settings = { url: 'https://sis.example.vn/v1p2', tokenUrl: 'https://sis.example.vn/token', clientId: 'c' };
  oneRosterSource.check(settings, 'secret');
  for (const url of ['http://sis.example.vn', 'https://u:p@sis.example.vn', 'file:///etc/passwd', 'x'])
    assert.throws(() => oneRosterSource.check({ ...settings, url }, 'secret'), { code: 'sync/bad-address' });
  assert.throws(() => oneRosterSource.check(settings, ''), { code: 'sync/no-password' });
});
