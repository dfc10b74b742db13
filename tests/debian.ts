import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** What the suite runs besides Node, and the Debian package that brings it. */
const programs = {
  'chromium-headless-shell': 'chromium-headless-shell',
  slapd: 'slapd',
  ldapsearch: 'ldap-utils',
  'redis-server': 'redis-server',
  'softhsm2-util': 'softhsm2',
  pdfsig: 'poppler-utils',
  xmlsec1: 'xmlsec1',
  openssl: 'openssl',
  certutil: 'libnss3-tools',
  certtool: 'gnutls-bin',
  psql: 'postgresql-client',
} as const;

/** Installs what is missing where we may, else says the one line to run and ends. */
export function ensurePackages(): void {
  const missing = packagesMissing();
  if (missing.length === 0) return;
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const mayInstall = prefix.length === 0 || spawnSync('sudo', ['-n', 'true']).status === 0;
  if (mayInstall && existsSync('/usr/bin/apt-get')) {
    process.stdout.write(`Installing for the tests: ${missing.join(', ')}\n`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const line of ['apt-get update -qq', install]) {
      const [command = '', ...args] = [...prefix, ...line.split(' ')];
      spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
    }
  }
  const left = packagesMissing();
  if (left.length === 0) return;
  process.stderr.write(`The tests need programs that are not here. Run:\n  sudo apt-get update && sudo ${install}\n`);
  process.exit(1);
}

function packagesMissing(): string[] {
  // Debian keeps servers in sbin, which is not on everybody's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  process.env.PATH = [...new Set(folders)].join(delimiter);
  return Object.entries(programs)
    .filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))))
    .map(([, name]) => name);
}
