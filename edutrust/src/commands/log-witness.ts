import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { readVerifierKey, verifierKeyText, type WitnessKey } from '@edutrust/platform/cosignature';
import { type Cosigner, createCosigner } from '@edutrust/platform/cosigner';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Command } from 'commander';
import type { Program } from './command.ts';

/** An `add-checkpoint` is a note, 63 hashes and a few lines. */
const mostBytes = 65_536;

interface Asked {
  readonly name: string;
  readonly log: readonly string[];
  readonly folder: string;
  readonly port: string;
  readonly host: string;
}

/** `edutrust log witness`: another department watches over the logs of an installation, and says so with its own key. */
export function addWitnessCommand(program: Program, log: Command): void {
  log
    .command('witness')
    .description(
      'be a witness of logs of others (C2SP tlog-witness): cosign their heads as long as nothing is taken back',
    )
    .requiredOption('--name <name>', 'name of this witness, such as nhan-chung.sotttt.example.vn')
    .requiredOption('--log <key...>', 'keys of the logs, as GET /log/key tells them (verifierKey)')
    .option('--folder <folder>', 'where the key and the newest heads are kept', 'edutrust-witness')
    .option('--port <port>', 'port', '8090')
    .option('--host <host>', 'address to listen at; TLS is what stands before it', '127.0.0.1')
    .addHelpText(
      'after',
      '\nExample: edutrust log witness --name nhan-chung.example.vn --log dinhdanh.example.vn/signatures+0a1b2c3d+AS…',
    )
    .action(async ({ name, log: keys, folder, port, host }: Asked) => {
      const logs = keys.map((text) => readVerifierKey('log', text));
      const known = logs.flatMap((key) => (key ? [{ origin: key.name, publicKey: key.publicKey }] : []));
      if (known.length < logs.length || !/^[^\s+]+$/u.test(name)) throw wrongKey();
      const key = await witnessKey(folder, name);
      const server = serveCosigner(createCosigner({ key, logs: known, folder, clock: { now: () => new Date() } }));
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(Number(port), host, resolve);
      });
      const text = verifierKeyText('witness', key);
      const address = server.address();
      const at = typeof address === 'object' && address ? address.port : port;
      program.output().result(
        { key: text, port: at },
        {
          vi: `Làm chứng tại http://${host}:${at}. Khoá của bên làm chứng này, để ghi vào EDUTRUST_WITNESSES: ${text}`,
          en: `Witnessing at http://${host}:${at}. The key of this witness, for EDUTRUST_WITNESSES: ${text}`,
        },
      );
      await new Promise<void>((resolve) => {
        const end = () => server.close(() => resolve());
        process.once('SIGINT', end);
        process.once('SIGTERM', end);
      });
    });
}

/** The key of this witness, made at its first start. */
async function witnessKey(folder: string, name: string): Promise<WitnessKey & { readonly privateKey: KeyObject }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'key.pem');
  const fresh = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeFile(file, fresh, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const privateKey = createPrivateKey(await readFile(file, 'utf8'));
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { name, publicKey, privateKey };
}

/** Serves `POST /add-checkpoint`. */
function serveCosigner(cosigner: Cosigner): Server {
  return createServer(async (request, response) => {
    try {
      if (request.method !== 'POST' || request.url !== '/add-checkpoint') return response.writeHead(404).end();
      const body = await read(request);
      if (body === undefined) return response.writeHead(413).end();
      const { status, body: said, type = 'text/plain; charset=utf-8' } = await cosigner.addCheckpoint(body);
      return response.writeHead(status, { 'content-type': type }).end(said);
    } catch {
      return response.writeHead(500).end(); // nothing was cosigned: what cannot be kept is not said
    }
  });
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function wrongKey(): InvalidInput {
  return new InvalidInput('log/bad-log-key', {
    vi: 'Mỗi --log là khoá của một sổ như GET /log/key đưa ra (verifierKey); tên không có dấu cách hay dấu cộng.',
    en: 'Each --log is the key of a log as GET /log/key tells it (verifierKey); a name has no space and no plus sign.',
  });
}
