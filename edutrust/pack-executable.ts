/**
 * `npm run pack:executable [SYSTEM] [FOLDER]`: `edutrust sign` as one file that carries Node, for a school's computer that
 * has none: `edutrust-sign-VERSION-win-x64.exe` in the folder (`edutrust/dist`). A system is `win-x64` (what is made unless
 * another is named), `win-arm64`, `linux-x64` or `linux-arm64`, made on any of them: Node and koffi's compiled part come from
 * npm in the versions of here (Node.js, "Single executable applications"). Not for macOS, which ends a program that is
 * not signed anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** Where Node looks for a program that it carries; the same in every build of it. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const root = new URL('..', import.meta.url).pathname;
const [system = 'win-x64', folder = join(root, 'edutrust/dist')] = process.argv.slice(2);
const [os = '', cpu = ''] = system.split('-');
const platform = os === 'win' ? 'win32' : os;
if (!/^(?:win|linux)-(?:x64|arm64)$/u.test(system)) throw new Error(`no such system: ${system}`);
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const staged = await mkdtemp(join(tmpdir(), 'edutrust-executable-'));
try {
  const { node, koffi } = await partsOf();
  const program = join(staged, 'edutrust.cjs');
  await bundle(program);
  const blob = join(staged, 'edutrust.blob');
  const settings = {
    main: program,
    output: blob,
    disableExperimentalSEAWarning: true,
    assets: { 'koffi.node': koffi },
  };
  await writeFile(join(staged, 'sea.json'), JSON.stringify(settings));
  execFileSync(process.execPath, ['--experimental-sea-config', join(staged, 'sea.json')], { stdio: 'ignore' });
  const name = `edutrust-sign-${version}-${system}${os === 'win' ? '.exe' : ''}`;
  const file = join(folder, name);
  await mkdir(folder, { recursive: true });
  await copyFile(node, file);
  await chmod(file, 0o755);
  const carry = [file, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse];
  const postject = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
  execFileSync(process.execPath, [postject, ...carry], { stdio: 'ignore' });
  process.stdout.write(`${name}\n`);
} finally {
  await rm(staged, { recursive: true });
}

/** Node and koffi's compiled part for the system: what is installed here, else by npm in the versions of here. */
async function partsOf(): Promise<{ readonly node: string; readonly koffi: string }> {
  const { version: koffiVersion } = JSON.parse(await readFile(join(root, 'node_modules/koffi/package.json'), 'utf8'));
  const [nodePackage, koffiPackage] = [`node-${system}`, `@koromix/koffi-${platform}-${cpu}`];
  const isHere =
    existsSync(join(root, 'node_modules', nodePackage)) && existsSync(join(root, 'node_modules', koffiPackage));
  if (!isHere) {
    const dependencies = { [nodePackage]: process.versions.node, [koffiPackage]: koffiVersion };
    await writeFile(join(staged, 'package.json'), JSON.stringify({ private: true, dependencies }));
    // By force, since the packages are for another system than this one.
    const wanted = ['install', '--force', `--os=${platform}`, `--cpu=${cpu}`, '--ignore-scripts', '--loglevel=error'];
    execFileSync('npm', wanted, { cwd: staged, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const installed = join(isHere ? root : staged, 'node_modules');
  return {
    node: join(installed, nodePackage, os === 'win' ? 'bin/node.exe' : 'bin/node'),
    koffi: join(installed, koffiPackage, `${platform}_${cpu}`, 'koffi.node'),
  };
}

/** One CommonJS file with every library in it, since such a program reads no other. */
async function bundle(file: string): Promise<void> {
  const made = await rolldown({
    cwd: root,
    input: join(root, 'edutrust/src/sign/executable.ts'),
    platform: 'node',
    tsconfig: join(root, 'tsconfig.json'),
    treeshake: { moduleSideEffects: (id) => id.endsWith('/carried.ts') },
    // koffi's own door for a program that does not find its compiled part by the name of a package.
    resolve: { alias: { koffi: 'koffi/indirect' } },
  });
  await made.write({ file, format: 'cjs', codeSplitting: false });
  await made.close();
}
