import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, globSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { freePort } from '@edutrust/testing/port';

const root = new URL('../..', import.meta.url).pathname;
const nobody = 65534;
/** What an installation has that was not cloned, and what a clone has that is of no use here. */
const left = new Set(['node_modules', '.git', 'dist', 'generated', 'var', 'var-witness', 'artefacts']);

/** A folder for others to read on the disk of this checkout, where it is copied by hard links. */
const beside = () => ['/tmp', '/var/tmp'].find((folder) => statSync(folder).dev === statSync(root).dev) ?? tmpdir();

/** This checkout as `npm ci` leaves it, no screens built, in a folder that everybody may read. */
async function installedByAnother(directory: string): Promise<string> {
  const copy = join(directory, 'edutrust');
  await cp(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  for (const modules of globSync('{.,*}/node_modules', { cwd: root })) {
    try {
      execFileSync('cp', ['-al', join(root, modules), join(copy, modules)], { stdio: 'ignore' });
    } catch {
      rmSync(join(copy, modules), { recursive: true, force: true });
      execFileSync('cp', ['-a', join(root, modules), join(copy, modules)]);
    }
    rmSync(join(copy, modules, '.cache'), { recursive: true, force: true });
  }
  const folders = globSync('**/', { cwd: copy, exclude: ['**/node_modules/*/**'] });
  for (const folder of ['.', ...folders]) chmodSync(join(copy, folder), 0o555);
  return copy;
}

/** Nobody's, when we are root, whom no mode stops; else ours, of a checkout whose folders are closed to us too. */
const account = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

async function greeting(child: ChildProcess): Promise<string> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => said.includes('Ctrl-C') && resolve(said));
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
}

test('Y1: another account than the installer serves everything from a checkout that it may only read', async () => {
  const directory = await mkdtemp(join(beside(), 'edutrust-read-only-'));
  chmodSync(directory, 0o755);
  const copy = await installedByAnother(directory);
  const before = readdirSync(copy, { recursive: true }).length;
  const home = join(directory, 'home');
  mkdirSync(home);
  if (account.uid) chownSync(home, nobody, nobody);
  const url = `http://localhost:${await freePort()}`;
  const child = spawn(join(copy, 'node_modules/.bin/node'), [join(copy, 'edutrust/bin/edutrust.js'), 'serve'], {
    ...account,
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      EDUTRUST_URL: url,
      EDUTRUST_DATA: join(home, 'var'),
      EDUTRUST_DEMO: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const said = await greeting(child);
    assert.doesNotMatch(said, /EACCES|EROFS|^\{/m);
    for (const path of ['/activate', '/verify', '/admin', '/sign/']) {
      const page = await fetch(`${url}${path}`);
      assert.equal(page.status, 200, path);
      const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text()) ?? [];
      assert.ok(script, `${path} names its script`);
      assert.equal((await fetch(`${url}${script}`)).status, 200, script);
    }
    assert.equal(statSync(home).uid, statSync(join(home, 'var/screens')).uid, 'the screens are in the data folder');
    assert.equal(readdirSync(copy, { recursive: true }).length, before, 'and nothing was written to the checkout');
  } finally {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
    for (const folder of ['.', ...globSync('**/', { cwd: copy, exclude: ['**/node_modules/*/**'] })])
      chmodSync(join(copy, folder), 0o755);
    rmSync(directory, { recursive: true, force: true });
  }
});
