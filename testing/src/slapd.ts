import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { freePort } from './port.ts';

export interface Slapd extends AsyncDisposable {
  readonly url: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly bindPassword: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface SlapdOptions {
  /** Beside core, cosine and inetorgperson: names of Debian's schemas, or paths of files. */
  readonly schemas?: readonly string[];
  /** An overlay over the database: the module and what configures it. */
  readonly overlay?: { readonly module: string; readonly lines: readonly string[] };
  /** More lines of the database's configuration. */
  readonly lines?: readonly string[];
  /** Waits for the disk with each change, as OpenLDAP does where nobody tells it not to. */
  readonly isDurable?: boolean;
  /** A file that `slapadd -q` loads first, instead of the base. */
  readonly ldif?: string;
}

/** Debian's OpenLDAP server on a free loopback port, with a database and a configuration of its own. */
export async function startSlapd({
  schemas = [],
  overlay,
  lines = [],
  isDurable = false,
  ldif,
}: SlapdOptions = {}): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-slapd-'));
  const [baseDn, bindDn, bindPassword] = ['dc=so,dc=edu,dc=vn', 'cn=admin,dc=so,dc=edu,dc=vn', 'bí mật của quản trị'];
  await mkdir(join(folder, 'data'));
  await writeFile(
    join(folder, 'slapd.conf'),
    `${['core', 'cosine', 'inetorgperson', ...schemas].map(included).join('\n')}
modulepath /usr/lib/ldap
moduleload back_mdb
${overlay ? `moduleload ${overlay.module}` : ''}
pidfile ${folder}/slapd.pid
database mdb
maxsize 1073741824
suffix "${baseDn}"
rootdn "${bindDn}"
rootpw "${bindPassword}"
directory ${folder}/data
${isDurable ? '' : 'dbnosync'}
index objectClass eq
index uid,cn,member eq
${lines.join('\n')}
${overlay ? [`overlay ${overlay.module}`, ...overlay.lines].join('\n') : ''}
`,
  );
  if (ldif !== undefined) execFileSync('slapadd', ['-q', '-f', join(folder, 'slapd.conf'), '-l', ldif]);
  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  const server = spawn('slapd', ['-f', join(folder, 'slapd.conf'), '-h', `${url}/`, '-d', '0'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await answers(server, url, bindDn, bindPassword);
  if (ldif === undefined) {
    const client = new Client({ url });
    await client.bind(bindDn, bindPassword);
    await client.add(baseDn, { objectClass: ['organization', 'dcObject'], dc: 'so', o: 'Sở' });
    await client.unbind();
  }
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  return { url, baseDn, bindDn, bindPassword, pid: server.pid ?? 0, stop, [Symbol.asyncDispose]: stop };
}

/** Everything in a directory, a line for each entry, whatever the order. */
export async function contentOf({ url, bindDn, bindPassword, baseDn }: Slapd): Promise<string[]> {
  const client = new Client({ url });
  await client.bind(bindDn, bindPassword);
  const { searchEntries } = await client.search(baseDn, { scope: 'sub', paged: true });
  await client.unbind();
  const lineOf = (entry: object) =>
    Object.entries(entry)
      .map(([name, value]) => `${name}=${[value].flat().map(String).sort()}`)
      .sort()
      .join(' ');
  return searchEntries.map(lineOf).sort();
}

const included = (schema: string) => `include ${schema.startsWith('/') ? schema : `/etc/ldap/schema/${schema}.schema`}`;

async function answers(server: ChildProcess, url: string, bindDn: string, bindPassword: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (server.exitCode !== null) throw new Error(`slapd ended with ${server.exitCode}`);
    const client = new Client({ url, connectTimeout: 1_000 });
    try {
      await client.bind(bindDn, bindPassword);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
  throw new Error('slapd does not answer');
}
