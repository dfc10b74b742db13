import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { freePort } from '@edutrust/testing/port';
import Type from 'typebox';
import { defineEvents } from '../events/define.ts';
import { readOutboxOnce } from '../events/outbox.ts';
import { platformMigrations } from '../migrations.ts';
import { syslogOf } from './message.ts';
import { siemReader } from './sender.ts';

const { record } = defineEvents({
  'sign-in.failing': { subject: 'person', data: { note: Type.String() }, vi: 'a', en: 'a' },
  'marks.changed': { subject: 'class', vi: 'b', en: 'b' },
});
const actor = { kind: 'system', name: 'idp' } as const;

/** A monitor: takes what is framed by its length. */
async function monitor(port: number) {
  const lines: string[] = [];
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    let text = Buffer.alloc(0);
    for await (const chunk of socket) text = Buffer.concat([text, chunk]);
    for (let at = 0; at < text.length; ) {
      const space = text.indexOf(' ', at);
      const length = Number(text.toString('utf8', at, space));
      lines.push(text.toString('utf8', space + 1, space + 1 + length));
      at = space + 1 + length;
    }
    return socket.end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { lines, [Symbol.asyncDispose]: async () => void server.close() };
}

test('security events reach the monitor at least once and in order, also those of while it was away; others never', async () => {
  await using context = await testContext({ migrations: [platformMigrations] });
  const port = await freePort();
  const reader = siemReader(new URL(`tcp://127.0.0.1:${port}`), 'id.example.edu.vn');
  const happen = (note: string) =>
    context.db
      .transaction()
      .execute((tx) =>
        record(
          tx,
          { type: 'sign-in.failing', actor, subject: { kind: 'person', id: randomUUID() }, data: { note } },
          { type: 'marks.changed', actor, subject: { kind: 'class', id: randomUUID() } },
        ),
      );
  await happen('one');
  await eventually(() => assert.rejects(readOutboxOnce(context.db, reader), { code: 'ECONNREFUSED' }));
  await happen('two');
  await using house = await monitor(port);
  await eventually(async () => {
    await readOutboxOnce(context.db, reader);
    const notes = house.lines.map((line) => /"note":"(\w+)"/.exec(line)?.[1]);
    assert.deepEqual([...new Set(notes)], ['one', 'two']);
  });
  for (const line of house.lines)
    assert.match(
      line,
      /^<108>1 \d{4}-\d\d-\d\dT[\d:.]+Z id\.example\.edu\.vn edutrust - sign-in\.failing - CEF:0\|EduTrust\|/,
    );
});

test('what an event holds breaks out of no field: bars, equals signs, lines and backslashes are escaped', () => {
  const line = syslogOf(
    {
      id: 'an id',
      at: new Date(0),
      type: 'sign-in.failing',
      actor: { kind: 'app', clientId: 'a|b\\c=d\ne' } as never,
      subject: { kind: 'person', id: 'x' },
      organisationId: null,
      data: { text: 'act=forged\r\n<1>1 another line' },
    },
    'host',
  );
  assert.equal(line.split('\n').length, 1);
  assert.ok(line.includes('suid=a|b\\\\c\\=d\\ne '), line);
  assert.ok(line.includes('act\\=forged'), line);
});
