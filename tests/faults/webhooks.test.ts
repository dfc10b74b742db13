import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Receiver } from '@edutrust/directory-sync/testing/receiver';
import {
  addClient,
  addWebhook,
  appendToFeed,
  deliverDue,
  feedTypes,
  usualContract,
} from '@edutrust/directory-sync/webhooks';
import { allMigrations } from '@edutrust/edutrust/app';
import { outboxLag, readOutboxOnce } from '@edutrust/platform/outbox';
import { seedDemo } from '@edutrust/registry/demo';
import { changePerson } from '@edutrust/registry/people';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { record as recordOfSigning } from '@edutrust/signing-service/events';
import { command } from '@edutrust/testing/command';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { freePort } from '@edutrust/testing/port';

const actor = { kind: 'system', name: 'test' } as const;

async function hook(context: TestContext, organisationId: string, url: string): Promise<string> {
  return context.db.transaction().execute(async (tx) => {
    const client = { name: url, kind: 'events', mayWrite: false, organisationId } as const;
    const { id } = await addClient(tx, client, actor);
    return (await addWebhook(context, tx, { clientId: id, url, types: feedTypes, scheme: 'v1' }, actor)).id;
  });
}

const rename = ({ db }: TestContext, personId: string, number: number) =>
  db
    .transaction()
    .execute((tx) => changePerson(tx, personId, { fullName: `Đặng Thị Lần ${'Ba'.repeat(number)}` }, actor));

const catchUp = ({ db }: TestContext) =>
  eventually(async () => {
    const handle = (events: Parameters<typeof appendToFeed>[1]) => appendToFeed(db, events);
    await readOutboxOnce(db, { consumer: 'event-feed', types: feedTypes, handle, batchSize: 2_000 });
    assert.equal((await outboxLag(db))['event-feed'], 0);
  });

/** A receiver whose certificate nobody vouches for. */
async function startImpostor(directory: string): Promise<{ url: string; arrived: () => number; close(): void }> {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-days', '1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  let count = 0;
  const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (_request, response) => {
    count += 1;
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  return { url, arrived: () => count, close: () => server.close() };
}

test('O3: beside receivers that hang, drip, reset after they took it or show a wrong certificate, one that works gets everything', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  const city = await seedDemo(context);
  await catchUp(context);
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-hook-'));
  const impostor = await startImpostor(directory);
  await using good = await Receiver.start();
  await using hangs = await Receiver.start();
  await using drips = await Receiver.start();
  await using resets = await Receiver.start();
  let hungUp = false;
  hangs.answer = (response: ServerResponse) => {
    response.once('close', () => {
      hungUp = true; // the sender has waited long enough
    });
  };
  const timers: NodeJS.Timeout[] = [];
  drips.answer = (response: ServerResponse) => {
    response.socket?.write('HTTP/1.1 204 No Content\r\nx-drip: ');
    timers.push(setInterval(() => response.socket?.write('a'), 1_000)); // the head is never whole
  };
  resets.answer = (response: ServerResponse) => response.socket?.resetAndDestroy();
  try {
    for (const { url } of [hangs, drips, resets, impostor, good]) await hook(context, city.departmentId, url);
    for (let number = 1; number <= 5; number += 1) await rename(context, city.people.pupil, number);
    await catchUp(context);
    let wasFirst = false;
    good.answer = (response) => {
      response.writeHead(204).end();
      if (good.received.length === 5) wasFirst = !hungUp;
    };
    await deliverDue(context); // waits for those that hang, too
    assert.ok(wasFirst, 'it had everything while the others hung');
    const { rows } = await context.pool.query<{ url: string; failure: string; failures: number; state: string }>(
      `SELECT w.url, w.failures, w.state, (SELECT failure FROM sync.webhook_attempt WHERE webhook_id = w.id) AS failure
       FROM sync.webhook AS w WHERE url <> $1`,
      [good.url],
    );
    assert.deepEqual(
      Object.fromEntries(rows.map(({ url, failure, failures, state }) => [url, [failure, failures, state]])),
      {
        [hangs.url]: ['timeout', 1, 'on'],
        [drips.url]: ['timeout', 1, 'on'],
        [resets.url]: ['unreachable', 1, 'on'],
        [impostor.url]: ['certificate', 1, 'on'],
      },
    );
    assert.equal(impostor.arrived(), 0, 'nothing is said to who cannot prove who they are');
    for (const receiver of [hangs, drips, resets]) receiver.answer = good.answer;
    await context.pool.query("UPDATE sync.webhook SET next_at = now() - interval '1 second'");
    await deliverDue(context);
    for (const receiver of [hangs, drips, resets]) {
      assert.equal(receiver.received.length, 6, 'the first one twice');
      assert.deepEqual(receiver.ids.slice(1), good.ids, 'nothing lost, in order, with the same ids');
    }
  } finally {
    for (const timer of timers) clearInterval(timer);
    impostor.close();
    await rm(directory, { recursive: true, force: true });
  }
});

test('killed while messages are on their way, the next process goes on: each arrives, in order, under its one id', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  const city = await seedDemo(context);
  await catchUp(context);
  await using receiver = await Receiver.start();
  await hook(context, city.departmentId, receiver.url);
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-hook-'));
  await writeFile(join(directory, 'secret.key'), `${'5a'.repeat(32)}\n`);
  const port = await freePort();
  const serve = () =>
    spawn(process.execPath, [command, '--json', 'serve', '--only', 'sync'], {
      env: {
        PATH: process.env.PATH ?? '',
        DATABASE_URL: context.databaseUrl,
        EDUTRUST_DATA: join(directory, 'var'),
        EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
        EDUTRUST_PORT: String(port),
        EDUTRUST_URL: `http://localhost:${port}`,
        EDUTRUST_LOG_LEVEL: 'warn',
      },
      stdio: 'ignore',
    });
  try {
    const total = 30;
    for (let number = 1; number <= total; number += 1) await rename(context, city.people.pupil, (number % 9) + 1);
    for (let round = 1; round <= 3; round += 1) {
      const child = serve();
      const ended = once(child, 'exit');
      const killed = new Promise<void>((resolve) => {
        receiver.answer = (response) => {
          // The tenth of each round is taken, and the process dies before it hears of it.
          if (round < 3 && receiver.received.length % 10 === 0) {
            child.kill('SIGKILL');
            resolve();
          } else {
            response.writeHead(204).end();
            if (new Set(receiver.ids).size === total) resolve();
          }
        };
      });
      await killed;
      child.kill('SIGKILL');
      await ended;
      await context.pool.query('UPDATE sync.webhook SET held_until = now()'); // its time is over
      await context.pool.query('UPDATE platform.outbox_checkpoint SET held_until = now()');
    }
    const { rows } = await context.pool.query<{ id: string }>('SELECT event_id AS id FROM sync.feed ORDER BY position');
    const wanted = rows.map(({ id }) => id).slice(-total);
    assert.deepEqual([...new Set(receiver.ids)], wanted, 'each once, but for what nobody could know had arrived');
    assert.equal(receiver.received.length, total + 2);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('the nine events of documents arrive over HTTP in their order, each by one id, signed; a 500 holds what is behind it and is tried again', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  const city = await seedDemo(context);
  await catchUp(context);
  await using receiver = await Receiver.start();
  const { secret } = await context.db.transaction().execute(async (tx) => {
    const contract = { ...usualContract, documentsOf: ['van-thu-so'] };
    const organisationId = city.departmentId;
    const { id } = await addClient(
      tx,
      { name: 'Văn thư', kind: 'events', mayWrite: false, organisationId, contract },
      actor,
    );
    return addWebhook(context, tx, { clientId: id, url: receiver.url, types: feedTypes, scheme: 'v1' }, actor);
  });
  const app = 'van-thu-so';
  const documentId = randomUUID();
  const made = { app, documentId, step: 'principal', digest: 'a'.repeat(64), sessionId: randomUUID(), logIndex: 1 };
  const told = [
    { type: 'signing-request.created', data: { app, kind: 'upload', documentId, signerId: randomUUID() } },
    { type: 'signing-request.overdue', data: { app } },
    { type: 'signing-request.signed', data: made },
    { type: 'signing-request.sealed', data: made },
    { type: 'signing-request.issued', data: { app, documentId } },
    { type: 'signing-request.rejected', data: { app } },
    { type: 'signing-request.withdrawn', data: { app } },
    { type: 'signing-request.replaced', data: { app, byId: randomUUID() } },
    { type: 'signing-request.revoked', data: { app, approvalId: randomUUID(), form: 'diploma' } },
  ] as const;
  // Two documents at once, and a third of another app, which this client hears nothing of.
  const documents = [randomUUID(), randomUUID()];
  const happens = (subjectId: string, event: (typeof told)[number], of: string = app) =>
    context.db.transaction().execute((tx) =>
      recordOfSigning(tx, {
        ...event,
        data: { ...event.data, app: of },
        actor,
        subject: { kind: 'signing-request', id: subjectId },
        organisationId: city.schools[0]?.id ?? '',
      } as Parameters<typeof recordOfSigning>[1]),
    );
  for (const event of told) {
    for (const document of documents) await happens(document, event);
    await happens(randomUUID(), event, 'khac');
  }
  await catchUp(context);
  receiver.answer = (response) => response.writeHead(receiver.received.length === 6 ? 500 : 204).end();
  await deliverDue(context);
  assert.equal(receiver.received.length, 6, 'nothing overtakes the one that was not taken');
  await context.pool.query("UPDATE sync.webhook SET next_at = now() - interval '1 second'");
  await deliverDue(context);
  assert.equal(receiver.received.length, 2 * told.length + 1);
  assert.equal(receiver.ids[6], receiver.ids[5], 'the same one again');
  const taken = receiver.received.filter((_, index) => index !== 5);
  assert.equal(new Set(taken.map(({ headers }) => headers['webhook-id'])).size, 2 * told.length, 'each once');
  for (const { headers, body } of receiver.received) {
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`; // Standard Webhooks 1.0.0
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const value = createHmac('sha256', key).update(content).digest('base64');
    assert.ok(String(headers['webhook-signature']).split(' ').includes(`v1,${value}`));
  }
  const heard = taken.map(({ body }) => JSON.parse(body) as { type: string; data: { kind: string; id: string } });
  for (const document of documents) {
    const own = heard.filter(({ data }) => data.id === document);
    assert.deepEqual(
      own.map(({ type }) => type),
      told.map(({ type }) => type),
    );
  }
  await deliverDue(context);
  assert.equal(receiver.received.length, 2 * told.length + 1, 'and nothing once more');
});
