import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { bareServer } from '@edutrust/testing/served';
import type { Actor } from '../actor.ts';
import { Forbidden } from '../errors.ts';
import type { HttpServer } from './http.ts';
import { route } from './route.ts';

const url = '/api/v1/seats';
const person = (personId: string): Actor => ({
  kind: 'person',
  ...{ personId, sessionId: personId, roles: [], acr: 'passkey', authenticatedAt: new Date(0) },
});

let context: TestContext;
let app: HttpServer;
let seats = 0;
let uses = 0;
const ended = new Set<string>();
const listeners = new Set<() => void>();
const ring = () => {
  for (const wake of [...listeners]) wake();
};

before(async () => {
  context = await testContext({ migrations: [] });
  const who = ({ headers }: { headers: Record<string, unknown> }) => String(headers['x-person']);
  app = await bareServer(context, {
    news: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    gate: {
      disclosures: { has: () => true, keep: async () => undefined },
      authenticate: async (asked) => {
        uses += 1;
        return person(who(asked));
      },
      authenticateAgain: async (asked) => (ended.has(who(asked)) ? null : person(who(asked))),
      can: async (actor) => actor.kind === 'person' && actor.personId !== 'of another school',
    },
  });
  route({
    method: 'GET',
    url,
    access: { kind: 'action', action: 'seats.read' },
    schema: {},
    discloses: 'seats',
    watch: async (asked) => {
      if (who(asked) === 'refused by the handler') throw new Forbidden('seats/no', { vi: 'Không', en: 'No' });
      return { seats };
    },
    handle: async () => ({ seats }),
  }).addTo(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
});
after(async () => {
  await app.close();
  await context[Symbol.asyncDispose]();
});

interface Listening {
  readonly answer: IncomingMessage;
  text: string;
  readonly closed: Promise<unknown>;
}

async function listen(who: string): Promise<Listening> {
  const { port } = app.server.address() as AddressInfo;
  const asking = request({
    ...{ host: '127.0.0.1', port, path: url, agent: false },
    headers: { accept: 'text/event-stream', 'x-person': who, 'sec-fetch-site': 'same-origin' },
  }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const listening = { answer, text: '', closed: once(answer, 'close') };
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    listening.text += chunk;
  });
  return listening;
}

const looks = ({ text }: Listening) => text.match(/data: look/g)?.length ?? 0;

test('a page is told to look when it opens and when the answer has changed, and nothing of the answer; its session is not used by that', async () => {
  const page = await listen('a teacher');
  await eventually(async () => assert.equal(looks(page), 1));
  const used = uses;
  ring();
  await eventually(async () => assert.match(page.text, /event: beat[\s\S]*event: beat/));
  assert.equal(looks(page), 1, 'news about something else');
  seats += 1;
  await eventually(async () => {
    ring();
    assert.equal(looks(page), 2);
  });
  assert.doesNotMatch(page.text, /seats/);
  assert.equal(uses, used);
  page.answer.destroy();
});

test('the stream of who may not read gets nothing, whether the permission or the handler refuses', async () => {
  for (const who of ['of another school', 'refused by the handler']) {
    const page = await listen(who);
    assert.equal(page.answer.statusCode, 403, who);
    assert.match(String(page.answer.headers['content-type']), /problem\+json/);
    await page.closed;
    assert.doesNotMatch(page.text, /data:/);
  }
});

test('a stream ends with the session, and says nothing of what changed after it', async () => {
  const page = await listen('who signs out');
  await eventually(async () => assert.equal(looks(page), 1));
  ended.add('who signs out');
  seats += 1;
  const wake = setInterval(ring, 50);
  await page.closed;
  clearInterval(wake);
  assert.equal(looks(page), 1);
});

test('a fifth page of one person is not streamed to, another person’s is, and a closed one makes room', async () => {
  const pages = await Promise.all([1, 2, 3, 4].map(() => listen('who opens many')));
  const fifth = await listen('who opens many');
  assert.equal(fifth.answer.statusCode, 429);
  const other = await listen('somebody else');
  assert.equal(other.answer.statusCode, 200);
  for (const one of [...pages.slice(1), other]) one.answer.destroy();
  await eventually(async () => {
    const again = await listen('who opens many');
    assert.equal(again.answer.statusCode, 200);
    again.answer.destroy();
  });
  pages[0]?.answer.destroy();
});

test('E12: a server that stops ends streams at once', async () => {
  const page = await listen('who is listening');
  await eventually(async () => assert.equal(looks(page), 1));
  listeners.clear(); // and no news would wake it
  const closing = app.close();
  await page.closed;
  assert.ok(page.answer.complete, 'ended, not cut off by the deadline');
  await closing;
});
