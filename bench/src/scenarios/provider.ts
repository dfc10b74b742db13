import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import process from 'node:process';
import { startRedis } from '@edutrust/testing/redis';
import type { Row } from '../measure.ts';
import { clientId, type Measured, machineId, redirectUri, refreshId, secret } from '../provider/announce.ts';

interface Target extends Measured {
  readonly child: ChildProcess;
}

/**
 * Our provider against oidc-provider alone that keeps all in memory, each in a process of its own; the same requests to
 * both in turns. CPU milliseconds of the provider's process per operation (PostgreSQL's and Redis' are not counted).
 */
export async function provider(): Promise<Row[]> {
  const redis = await startRedis();
  const targets: Target[] = [];
  try {
    const bare = await start('bare.ts', {});
    targets.push(bare);
    const onPostgres = await start('ours.ts', {});
    targets.push(onPostgres);
    const onRedis = await start('ours.ts', { REDIS_URL: redis.url.href });
    targets.push(onRedis);
    const found: Row[] = [];
    for (const [what, prepare, rounds] of operations) {
      const [base = Number.NaN, postgres = Number.NaN, redisMs = Number.NaN] = await compare(targets, prepare, rounds);
      const ratio = (ours: number) => `${(base / ours).toFixed(2)} ×`;
      found.push({
        what,
        value: `${redisMs.toFixed(2)} ms`,
        against: `with PostgreSQL alone ${postgres.toFixed(2)} ms · bare ${base.toFixed(2)} ms: ${ratio(redisMs)} with Redis, ${ratio(postgres)} without`,
      });
    }
    return found;
  } finally {
    for (const { child } of targets) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await redis.stop();
  }
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

type Operation = () => Promise<void>;
type Prepare = (target: Target) => Promise<Operation>;

const operations: readonly (readonly [string, Prepare, number])[] = [
  ['discovery', async (target) => () => ok(target, 'GET', '/.well-known/openid-configuration'), 300],
  ['keys (JWKS)', async (target) => () => ok(target, 'GET', target.paths.jwks), 300],
  [
    'login at an app with a session (code, tokens)',
    async (target) => () => login(target, clientId).then(() => undefined),
    120,
  ],
  [
    'client credentials',
    async (target) => () => grant(target, machineId, { grant_type: 'client_credentials' }).then(() => undefined),
    200,
  ],
  [
    'userinfo',
    async (target) => {
      const { access_token } = await login(target, clientId);
      return () => ok(target, 'GET', target.paths.userinfo, { authorization: `Bearer ${access_token}` });
    },
    200,
  ],
  [
    'refresh, rotated',
    async (target) => {
      let token = target.refreshToken;
      return async () => {
        token =
          (await grant(target, refreshId, { grant_type: 'refresh_token', refresh_token: token })).refresh_token ?? '';
      };
    },
    120,
  ],
];

/** CPU per operation at each target: the median of five rounds in turns, after two that warm up. */
async function compare(targets: readonly Target[], prepare: Prepare, rounds: number): Promise<number[]> {
  const runs = await Promise.all(targets.map(async (target) => ({ target, operation: await prepare(target) })));
  const figures = runs.map((): number[] => []);
  for (let round = 0; round < 7; round += 1) {
    for (const [index, { target, operation }] of runs.entries()) {
      const before = await cpu(target);
      for (let count = 0; count < rounds; count += 1) await operation();
      if (round > 1) figures[index]?.push(((await cpu(target)) - before) / rounds);
    }
  }
  return figures.map((list) => list.sort((one, other) => one - other)[2] ?? Number.NaN);
}

async function cpu({ child }: Target): Promise<number> {
  child.send('cpu');
  const [{ cpuMs }] = (await once(child, 'message')) as [{ cpuMs: number }];
  return cpuMs;
}

const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

function send(
  target: Target,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, target.origin), { method, headers, agent }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, location: incoming.headers.location ?? '', body: text }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function ok(target: Target, method: string, path: string, headers: Record<string, string> = {}): Promise<void> {
  const { status, body } = await send(target, method, path, headers);
  if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
}

async function login(target: Target, client: string): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: redirectUri,
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const { status, location, body } = await send(target, 'GET', `${target.paths.auth}?${query}`, {
    cookie: target.cookie,
  });
  const code = new URL(location || 'about:blank', target.origin).searchParams.get('code');
  if (!code) throw new Error(`no code from ${target.origin}: ${status} ${location} ${body.slice(0, 200)}`);
  return grant(target, client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
}

async function grant(target: Target, client: string, fields: Record<string, string>): Promise<Record<string, string>> {
  const credentials = Buffer.from(`${client}:${encodeURIComponent(target.secrets?.[client] ?? secret)}`).toString(
    'base64',
  );
  const { status, body } = await send(
    target,
    'POST',
    target.paths.token,
    { authorization: `Basic ${credentials}`, 'content-type': 'application/x-www-form-urlencoded' },
    new URLSearchParams(fields).toString(),
  );
  if (status !== 200) throw new Error(`${client}: ${status} ${body}`);
  return JSON.parse(body);
}
