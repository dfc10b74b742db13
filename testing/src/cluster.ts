import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { command, runCommand } from './command.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import type { Welcome } from './platform.ts';
import { freePort } from './port.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** Two processes that serve the provider alone, over one PostgreSQL and one store, behind a proxy that takes turns. */
export class Cluster implements AsyncDisposable {
  /** The proxy's address: what people and apps know. */
  readonly url: string;
  /** The processes' own addresses. */
  readonly nodes: readonly string[];
  readonly welcome: Welcome;
  readonly database: TestDatabase;
  redis: TestRedis | undefined;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<Cluster, 'url' | 'nodes' | 'welcome' | 'database' | 'redis'>,
    stack: AsyncDisposableStack,
  ) {
    this.url = parts.url;
    this.nodes = parts.nodes;
    this.welcome = parts.welcome;
    this.database = parts.database;
    this.redis = parts.redis;
    this.#stack = stack;
  }

  static async start(options: { readonly redis: boolean }): Promise<Cluster> {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await testDatabase([]));
    const redis = options.redis ? await startRedis() : undefined;
    if (redis) stack.defer(() => redis.stop());
    const directory = await mkdtemp(join(tmpdir(), 'edutrust-cluster-'));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    const secretFile = join(directory, 'secret.key');
    await writeFile(secretFile, `${'5a'.repeat(32)}\n`);
    const [proxyPort, ...ports] = [await freePort(), await freePort(), await freePort()];
    const url = `http://localhost:${proxyPort}`;
    const environment = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      EDUTRUST_URL: url,
      EDUTRUST_DATA: join(directory, 'var'),
      EDUTRUST_SECRET_FILE: secretFile,
      EDUTRUST_TRUSTED_PROXIES: '127.0.0.1,::1',
      EDUTRUST_LOG_LEVEL: 'silent', // a store that is away is the point here, and fills the log
      DATABASE_URL: database.url,
      ...(redis ? { REDIS_URL: redis.url.href } : {}),
    };
    const seeded = await runCommand(['--json', 'seed', 'demo'], environment);
    if (seeded.code !== 0) throw new Error(seeded.stderr);
    for (const port of ports) {
      const child = await startNode({ ...environment, EDUTRUST_PORT: String(port) });
      stack.defer(() => end(child));
    }
    const nodes = ports.map((port) => `http://localhost:${port}`);
    const proxy = await startProxy(nodes, proxyPort);
    stack.defer(async () => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const welcome: Welcome = { url, ...JSON.parse(seeded.stdout.trim().split('\n').at(-1) ?? '') };
    return new Cluster({ url, nodes, welcome, database, redis }, stack.move());
  }

  /** The store's server dies and comes back empty, as after a fail-over that lost everything. */
  async loseRedis(): Promise<void> {
    await this.redis?.stop();
    const again = await startRedis(this.redis?.port);
    this.#stack.defer(() => again.stop());
    this.redis = again;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function startNode(environment: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [command, '--json', 'serve', '--only', 'idp'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('{"url"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`serve --only idp ended with ${code}`)));
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Sends each request to the next node, its body and answer streamed. */
async function startProxy(nodes: readonly string[], port: number): Promise<Server> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    turn += 1;
    const forwarded = request(
      new URL(incoming.url ?? '/', nodes[turn % nodes.length]),
      {
        method: incoming.method ?? 'GET',
        headers: {
          ...incoming.headers,
          'x-forwarded-for': incoming.socket.remoteAddress ?? '',
          'x-forwarded-proto': 'http',
          'x-forwarded-host': incoming.headers.host ?? '',
        },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(forwarded);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return server;
}
