import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { startRedis } from '@edutrust/testing/redis';
import { quartile, type Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess } from '../processor.ts';
import { clientId, type Measured, machineId, refreshId } from '../provider/announce.ts';
import { asApp, enter, grant, ok, signIn } from '../provider/client.ts';

interface Target extends Measured {
  readonly child: ChildProcess;
  readonly redisPid?: number;
}

/** CPU milliseconds: of the provider's process, and of the databases that work for it. */
interface Cost {
  readonly node: number;
  readonly stores: number;
}

/**
 * Our provider against oidc-provider alone that keeps all in memory, each in a process of its own with its own database;
 * the same requests to each in turns. What counts is all CPU that an operation takes: the provider's process, PostgreSQL
 * and Redis.
 */
export async function provider(): Promise<Row[]> {
  const redis = await startRedis();
  const targets: Target[] = [];
  try {
    const bare = await start('bare.ts', {});
    targets.push(bare);
    const onPostgres = await start('ours.ts', {});
    targets.push(onPostgres);
    const onRedis = { ...(await start('ours.ts', { REDIS_URL: redis.url.href })), redisPid: redis.pid };
    targets.push(onRedis);
    const found: Row[] = [];
    for (const operation of operations) {
      const [base, postgres, withRedis] = await compare(targets, operation);
      if (!base || !postgres || !withRedis) throw new Error('a target is missing');
      found.push(row(operation.what, base, postgres, 'PostgreSQL', operation.goals.postgres));
      if (operation.goals.redis) found.push(row(operation.what, base, withRedis, 'Redis', operation.goals.redis));
    }
    return [...found, ...(await withPassword(targets))];
  } finally {
    for (const { child } of targets) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await redis.stop();
  }
}

const all = ({ node, stores }: Cost) => node + stores;

function row(what: string, bare: Cost, ours: Cost, store: string, atLeast: number): Row {
  const stores = ours.stores > 0.005 ? ` + ${ours.stores.toFixed(2)} in ${store}` : '';
  return {
    what: `${what}${store === 'Redis' ? ', Redis' : ''}`,
    value: `${all(ours).toFixed(2)} ms`,
    against: `${ours.node.toFixed(2)} in Node${stores}; bare ${bare.node.toFixed(2)} ms; Node alone ${(bare.node / ours.node).toFixed(2)} ×`,
    goal: { figure: bare.node / all(ours), unit: '×', atLeast },
  };
}

/** Signing in with a password: how near it is to what argon2id alone takes, and what is beside it. */
async function withPassword([bare, onPostgres, onRedis]: readonly Target[]): Promise<Row[]> {
  if (!bare || !onPostgres || !onRedis) throw new Error('a target is missing');
  const operation: Operation = {
    what: 'sign-in with a password',
    prepare: async (target) => () => signIn(target, clientId).then(() => undefined),
    count: 12,
    warmUp: 25, // the hash is as warm as it gets; what is beside it is cold for some hundreds of sign-ins
    goals: { postgres: 0.65 },
  };
  const hasher = fork(new URL('../provider/hash.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(hasher, 'message');
  const hashing: Target = { ...bare, child: hasher };
  const check = async () => {
    hasher.send('check');
    await once(hasher, 'message');
  };
  const prepare: Operation['prepare'] = async (target) => (target === hashing ? check : operation.prepare(target));
  const [base, postgres, redis, hashed] = await compare([bare, onPostgres, onRedis, hashing], {
    ...operation,
    prepare,
  });
  hasher.kill('SIGTERM');
  if (!base || !postgres || !redis || !hashed) throw new Error('a target is missing');
  const argon = all(hashed);
  const without = (cost: Cost) => ({ ...cost, node: cost.node - argon });
  return [
    {
      what: operation.what,
      value: `${all(postgres).toFixed(1)} ms`,
      against: `argon2id alone ${argon.toFixed(1)} ms`,
      goal: { figure: (100 * argon) / all(postgres), unit: '%', atLeast: 85 },
    },
    row('… page by page, without the hash', base, without(postgres), 'PostgreSQL', 0.65),
    row('… page by page, without the hash', base, without(redis), 'Redis', 0.8),
  ];
}

async function start(file: string, environment: Record<string, string>): Promise<Target> {
  const child = fork(new URL(`../provider/${file}`, import.meta.url), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}: ${said}`);
  });
  const [measured] = (await Promise.race([once(child, 'message'), ended])) as [Measured];
  return { ...measured, child };
}

interface Operation {
  readonly what: string;
  readonly prepare: (target: Target) => Promise<() => Promise<unknown>>;
  /** How often in a round. */
  readonly count: number;
  /** The first round is so much longer; ten times when it is not said. */
  readonly warmUp?: number;
  readonly goals: { readonly postgres: number; readonly redis?: number };
}

const operations: readonly Operation[] = [
  {
    what: 'discovery',
    prepare: async (target) => () => ok(target, 'GET', '/.well-known/openid-configuration'),
    count: 200,
    goals: { postgres: 3 },
  },
  {
    what: 'keys (JWKS)',
    prepare: async (target) => () => ok(target, 'GET', target.paths.jwks),
    count: 200,
    goals: { postgres: 3 },
  },
  {
    what: 'client credentials',
    prepare: async (target) => () => grant(target, machineId, { grant_type: 'client_credentials' }),
    count: 100,
    goals: { postgres: 0.85, redis: 0.85 },
  },
  {
    what: 'userinfo',
    prepare: async (target) => {
      const { access_token } = await enter(target, clientId);
      return () => ok(target, 'GET', target.paths.userinfo, { authorization: `Bearer ${access_token}` });
    },
    count: 100,
    goals: { postgres: 1 },
  },
  {
    what: 'introspection',
    prepare: async (target) => {
      const { access_token: token = '' } = await enter(target, clientId);
      return () => asApp(target, clientId, target.paths.introspection, { token });
    },
    count: 100,
    goals: { postgres: 0.9 },
  },
  {
    what: 'refresh, rotated',
    prepare: async (target) => {
      let token = target.refreshToken;
      return async () => {
        const fields = { grant_type: 'refresh_token', refresh_token: token };
        token = (await grant(target, refreshId, fields)).refresh_token ?? '';
      };
    },
    count: 60,
    goals: { postgres: 1 },
  },
  {
    what: 'sign-in at an app with a session',
    prepare: async (target) => () => enter(target, clientId),
    count: 40,
    goals: { postgres: 0.65, redis: 0.8 },
  },
];

const rounds = 13;
/**
 * The cost of an operation at each target: the lower quartile of rounds in turns, after one that warms up: a refresh costs
 * half after a thousand of what it costs at first.
 */
async function compare(targets: readonly Target[], { prepare, count, warmUp = 10 }: Operation): Promise<Cost[]> {
  const runs = await Promise.all(targets.map(async (target) => ({ target, operation: await prepare(target) })));
  const figures = runs.map(() => ({ node: [] as number[], stores: [] as number[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, { target, operation }] of runs.entries()) {
      const before = costOf(target);
      for (let done = 0; done < (round === 0 ? count * warmUp : count); done += 1) await operation();
      const after = costOf(target);
      if (round === 0) continue;
      figures[index]?.node.push((after.node - before.node) / count);
      figures[index]?.stores.push((after.stores - before.stores) / count);
    }
  }
  return figures.map(({ node, stores }) => ({ node: quartile(node), stores: quartile(stores) }));
}

function costOf({ child, postmaster, redisPid }: Target): Cost {
  return {
    node: cpuOfProcess(child.pid ?? 0),
    stores: (postmaster ? cpuOfPostgres(postmaster) : 0) + (redisPid ? cpuOfProcess(redisPid) : 0),
  };
}
