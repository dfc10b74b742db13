import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { seedDemo } from '@edutrust/registry/demo';
import { changePerson } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import { Client } from 'ldapts';
import { migrations } from '../service.ts';
import { addTarget } from '../targets/store.ts';
import { runTarget } from './converge.ts';
import { isConverged } from './digest.ts';
import { bringPending, noteChanges } from './live.ts';

const actor = { kind: 'system', name: 'test' } as const;

/** What stands between us and a directory. */
type Manner =
  | 'honest'
  /** Takes everything and says nothing. */
  | 'silent'
  /** The directory does it, and the connection is gone before its answer. */
  | 'resets'
  /** Every byte of an answer by itself. */
  | 'drips';

interface Proxy extends AsyncDisposable {
  readonly port: number;
  manner: Manner;
  readonly asked: number;
  drop(): void;
}

async function openProxy(to: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const proxy = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    near.on('close', () => far.destroy());
    let isModified = false;
    near.on('data', (data) => {
      asked += 1;
      isModified ||= operationOf(data) === modifyRequest;
      if (state.manner !== 'silent') far.write(data);
    });
    far.on('data', (data) => {
      if (state.manner === 'resets' && isModified) near.resetAndDestroy();
      else if (state.manner === 'drips') for (const byte of data) near.write(Buffer.of(byte));
      else near.write(data);
    });
  }).listen(0, '127.0.0.1');
  const port = await portOf(proxy);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const state: Proxy = {
    port,
    manner: 'honest',
    get asked() {
      return asked;
    },
    drop,
    [Symbol.asyncDispose]: async () => {
      proxy.close();
      drop();
    },
  };
  return state;
}

/** The tag of the operation of an LDAPMessage (RFC 4511 §4.2): behind the length and the number. */
function operationOf(message: Buffer): number | undefined {
  const lengthBytes = message.readUInt8(1);
  const numberAt = 2 + (lengthBytes > 0x80 ? lengthBytes - 0x80 : 0);
  return message[numberAt + 2 + (message[numberAt + 1] ?? 0)];
}
const modifyRequest = 0x66;

async function namesThere({ url, baseDn, bindDn, bindPassword }: Slapd, name: string): Promise<number> {
  const client = new Client({ url });
  await client.bind(bindDn, bindPassword);
  const { searchEntries } = await client.search(baseDn, { filter: `(cn=${name})`, attributes: ['cn'] });
  await client.unbind();
  return searchEntries.length;
}

/** A certificate that nobody vouches for. */
function selfSigned(): { key: string; cert: string } {
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=127.0.0.1'];
  const pem = execFileSync('openssl', ['req', ...options, '-days', '1', '-keyout', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { key: pem, cert: pem };
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

test('O3, D6: targets that are silent, reset after they did it, drip, or show a wrong certificate hold up nobody else, and are in step by both digests afterwards', async () => {
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed }));
  const city = await seedDemo(context);
  const add = async (name: string, port: number, scheme = 'ldap') => {
    const slapd = stack.use(await startSlapd());
    const proxy = stack.use(await openProxy(Number(new URL(slapd.url).port)));
    const { baseDn, bindDn, bindPassword } = slapd;
    const settings = { url: `${scheme}://127.0.0.1:${port || proxy.port}`, baseDn, bindDn };
    const organisationId = city.schools[0]?.id ?? '';
    const input = { name, kind: 'ldap', settings, secret: bindPassword, organisationId };
    const id = await context.db.transaction().execute((tx) => addTarget(context, tx, input, actor));
    return { id, proxy, slapd };
  };
  let secretsHeard = 0;
  const impostor = createTlsServer(selfSigned(), (socket) => {
    socket.on('data', () => {
      secretsHeard += 1;
    });
  }).listen(0, '127.0.0.1');
  impostor.on('tlsClientError', () => undefined);
  stack.defer(() => void impostor.close());
  const [good, silent, resets, drips] = [
    await add('tốt', 0),
    await add('im', 0),
    await add('ngắt', 0),
    await add('nhỏ giọt', 0),
  ];
  const wrong = await add('giả', await portOf(impostor), 'ldaps');
  const reachable = [good, silent, resets, drips];
  for (const { id } of reachable) assert.equal((await runTarget(context, id, { mode: 'apply', actor })).state, 'done');

  silent.proxy.manner = 'silent';
  resets.proxy.manner = 'resets';
  drips.proxy.manner = 'drips';
  const person = city.people.pupil;
  await context.db.transaction().execute((tx) => changePerson(tx, person, { fullName: 'Đặng Thị Chờ' }, actor));
  await noteChanges(context, [person]);
  let isHanging = true;
  const hanging = bringPending(context, silent.id).finally(() => {
    isHanging = false;
  });
  await Promise.all([good, resets, drips, wrong].map(({ id }) => bringPending(context, id)));
  assert.ok(isHanging, 'the silent one held up nobody');
  const waiting = async () => {
    const { rows } = await context.pool.query('SELECT target_id AS id FROM sync.pending');
    return new Set(rows.map(({ id }) => id));
  };
  const stillWaiting = await waiting();
  assert.deepEqual(
    [good, drips, resets, silent, wrong].map(({ id }) => stillWaiting.has(id)),
    [false, false, true, true, true],
  );
  assert.equal(await namesThere(resets.slapd, 'Đặng Thị Chờ'), 1, 'it was done, and nobody heard of it');
  assert.equal(secretsHeard, 0, 'no password to whom the certificate does not name');
  await eventually(async () => assert.ok(silent.proxy.asked > 0));
  silent.proxy.drop();
  await hanging;

  for (const { proxy } of reachable) proxy.manner = 'honest';
  for (const { id } of reachable) {
    const { state, proof, failure } = await runTarget(context, id, { mode: 'apply', actor });
    assert.ok(state === 'done' && proof && isConverged(proof), JSON.stringify(failure));
  }
  assert.equal((await runTarget(context, wrong.id, { mode: 'apply', actor })).failure?.code, 'sync/unreachable');
  assert.deepEqual([...(await waiting())], [wrong.id]);
});
