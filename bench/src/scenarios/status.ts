import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { StatusServer } from '../certs/status-server.ts';
import type { Row } from '../measure.ts';

const answers = 4_000;
const atOnce = 8;

/** OCSP and RFC 3161 over HTTP against openssl's own programs, in the same run, from the same client. */
export async function status(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const child = fork(new URL('../certs/status-server.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [ours] = (await once(child, 'message')) as [StatusServer];
  try {
    await writeFile(join(folder, 'leaf.pem'), ours.leafPem);
    await writeFile(join(folder, 'issuer.pem'), ours.issuerPem);
    const theirs = await startOpensslResponder(folder, openssl);
    try {
      return [
        await compareOcsp(folder, openssl, { origin: ours.origin, child }, theirs),
        await compareStamps(folder, openssl, ours.origin, child),
      ];
    } finally {
      theirs.child.kill('SIGTERM');
      await once(theirs.child, 'exit');
    }
  } finally {
    child.kill('SIGTERM');
    await rm(folder, { recursive: true });
  }
}

type Openssl = (...args: string[]) => Buffer;
interface Responder {
  readonly origin: string;
  readonly child: ChildProcess;
}

/** `openssl ocsp` with an authority and a certificate of its own. */
async function startOpensslResponder(folder: string, openssl: Openssl): Promise<Responder> {
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Bench CA', '-days', '2');
  openssl('req', ...ec, '-keyout', 'one.key', '-out', 'one.csr', '-subj', '/CN=One');
  openssl(
    'x509',
    '-req',
    '-in',
    'one.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-set_serial',
    '0x4142434445464748',
    '-out',
    'one.pem',
  );
  await writeFile(join(folder, 'index.txt'), 'V\t351231235959Z\t\t4142434445464748\tunknown\t/CN=One\n');
  const args = [
    'ocsp',
    '-index',
    'index.txt',
    '-port',
    '0', // it takes a free one of all addresses, and says which
    '-rsigner',
    'ca.pem',
    '-rkey',
    'ca.key',
    '-CA',
    'ca.pem',
    '-ndays',
    '1',
  ];
  const child = spawn('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data'); // “ACCEPT [::]:35723 PID=4865”
  const port = /:(\d+) PID=/.exec(said)?.[1];
  if (!port) throw new Error(`openssl ocsp says no port: ${said}`);
  child.stdout.resume();
  return { origin: `http://127.0.0.1:${port}`, child };
}

async function compareOcsp(folder: string, openssl: Openssl, ours: Responder, theirs: Responder): Promise<Row> {
  openssl('ocsp', '-issuer', 'issuer.pem', '-cert', 'leaf.pem', '-no_nonce', '-reqout', 'ours.der');
  openssl('ocsp', '-issuer', 'ca.pem', '-cert', 'one.pem', '-no_nonce', '-reqout', 'theirs.der');
  const type = 'application/ocsp-request';
  const run = (responder: Responder, file: string, path: string) =>
    measure(responder.child, () => post(`${responder.origin}${path}`, type, readFileSync(join(folder, file))));
  const own = await run(ours, 'ours.der', '/pki/ocsp');
  const other = await run(theirs, 'theirs.der', '/');
  return {
    what: 'OCSP over HTTP, no nonce',
    value: `${own.perSecond.toFixed(0)}/s, ${own.cpuMs.toFixed(3)} ms CPU`,
    against: `openssl ocsp ${other.perSecond.toFixed(0)}/s, ${other.cpuMs.toFixed(3)} ms CPU`,
    goal: { figure: own.perSecond / other.perSecond, unit: '×', atLeast: 1.2 },
  };
}

/** `openssl ts -reply` is a program for each stamp: its start is a part of what it costs. */
async function compareStamps(folder: string, openssl: Openssl, origin: string, child: ChildProcess): Promise<Row> {
  await writeFile(join(folder, 'data.txt'), 'học bạ');
  openssl('ts', '-query', '-data', 'data.txt', '-sha256', '-cert', '-out', 'query.tsq');
  const query = readFileSync(join(folder, 'query.tsq'));
  const own = await measure(child, () => post(`${origin}/pki/tsa`, 'application/timestamp-query', query));
  await writeFile(
    join(folder, 'ts.cnf'),
    `[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n`,
  );
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const extensions = ['-addext', 'extendedKeyUsage=critical,timeStamping'];
  openssl('req', '-x509', ...ec, '-keyout', 'tsa.key', '-out', 'tsa.pem', '-subj', '/CN=Bench TSA', ...extensions);
  await writeFile(join(folder, 'serial'), '01\n');
  const rounds = 100;
  const start = performance.now();
  for (let count = 0; count < rounds; count += 1)
    openssl('ts', '-reply', '-config', 'ts.cnf', '-queryfile', 'query.tsq', '-out', 'reply.tsr');
  const theirs = (rounds * 1000) / (performance.now() - start);
  return {
    what: 'RFC 3161 over HTTP, each with its record',
    value: `${own.perSecond.toFixed(0)}/s, ${own.cpuMs.toFixed(3)} ms CPU`,
    against: `openssl ts ${theirs.toFixed(0)}/s, a program each: ${(own.perSecond / theirs).toFixed(1)} × the rate`,
  };
}

/** Answers a second, several asked at once, and CPU of the server's process for each; after a quarter that warms up. */
async function measure(server: ChildProcess, ask: () => Promise<void>): Promise<{ perSecond: number; cpuMs: number }> {
  const round = async (count: number) => {
    let left = count;
    const worker = async () => {
      while (left-- > 0) await ask();
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };
  await round(answers / 4);
  const cpu = cpuOf(server);
  const start = performance.now();
  await round(answers);
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: answers / seconds, cpuMs: (cpuOf(server) - cpu) / answers };
}

/** User and system time of a process in milliseconds (proc(5), stat; 100 ticks a second). */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

function post(url: string, type: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      agent,
      headers: { 'content-type': type, 'content-length': body.length },
    });
    outgoing.on('response', (incoming) => {
      incoming.resume();
      incoming.on('end', () =>
        incoming.statusCode === 200 ? resolve() : reject(new Error(`${url}: ${incoming.statusCode}`)),
      );
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // a server that closes after each answer may do so under a connection that the client keeps
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') post(url, type, body).then(resolve, reject);
      else reject(error);
    });
    outgoing.end(body);
  });
}

process.once('exit', () => agent.destroy());
