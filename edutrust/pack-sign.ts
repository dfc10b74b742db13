/**
 * `npm run pack:sign [FOLDER]`: the program for a school's computer as one npm package, `edutrust-sign-VERSION.tgz` in the
 * folder (`edutrust/dist`), without the server: our own code in one file, libraries by name in the versions of here.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = new URL('..', import.meta.url).pathname;
const folder = process.argv[2] ?? join(root, 'edutrust/dist');
const staged = join(folder, 'edutrust-sign');
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

await rm(staged, { recursive: true, force: true });
await mkdir(staged, { recursive: true });
const isOurs = (name: string) => /^[./#]|^@edutrust\//.test(name);
const made = await rolldown({
  cwd: root,
  input: join(root, 'edutrust/src/sign/program.ts'),
  platform: 'node',
  tsconfig: join(root, 'tsconfig.json'),
  external: (name) => !isOurs(name),
  treeshake: { moduleSideEffects: false },
});
const { output } = await made.write({ file: join(staged, 'edutrust.js'), codeSplitting: false });
await made.close();

const imported = output.flatMap((part) => (part.type === 'chunk' ? [...part.imports, ...part.dynamicImports] : []));
const names = new Set(imported.filter((name) => !isBuiltin(name)).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]));
const dependencies: Record<string, string> = {};
for (const name of [...names].toSorted())
  if (name) dependencies[name] = (await readJson(join(root, 'node_modules', name, 'package.json'))).version;
const { version, license } = await readJson(join(root, 'package.json'));
const manifest = {
  name: 'edutrust-sign',
  version,
  description: 'Đóng dấu bằng USB token của trường. A school’s own token seals from its own computer.',
  license,
  type: 'module',
  bin: { edutrust: 'edutrust.js' },
  engines: { node: '>=24' },
  dependencies,
};
await writeFile(join(staged, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await copyFile(join(root, 'LICENSE'), join(staged, 'LICENSE'));
await copyFile(join(root, 'docs/cam-nang/dong-dau-usb.md'), join(staged, 'README.md'));
execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: staged, stdio: 'inherit' });
