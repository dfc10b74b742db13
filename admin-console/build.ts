/**
 * Builds every screen: the browser's files into client/, the server-rendered pages into server/pages.js of one folder.
 * `npm run build` runs it into dist/; `npm start` does when a source is newer than what is built.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { access, constants, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { InlineConfig, Manifest } from 'vite';
import { iconNames } from './src/design/icons.ts';

const root = dirname(fileURLToPath(import.meta.url));
const distDirectory = join(root, 'dist');
/** Beside what was built: the hash of the sources it was built from. */
const stampFile = 'built';

export interface Application {
  readonly entry: string;
  readonly title: string;
  readonly manifest: boolean;
}

/** The browser's applications: one document each, which finds its way by itself. */
export const applications = Object.entries<Application>({
  console: { entry: 'src/console/main.tsx', title: 'EduTrust', manifest: false },
  sign: { entry: 'src/sign/main.tsx', title: 'Ký số · EduTrust', manifest: true },
  design: { entry: 'src/gallery/main.tsx', title: 'Lề vở · EduTrust', manifest: false },
}).filter(([, { entry }]) => existsSync(join(root, entry)));

/**
 * The folder with the screens of these sources; they are built when there is none, in a process of its own, whose tools
 * and memory end with it. A checkout that may only be read is left alone: then they are built into `spare`.
 *
 * @throws Error with what the build said.
 */
export async function builtScreens(spare: string): Promise<string> {
  const hash = await sourceHash();
  const isWritable = await access(root, constants.W_OK).then(
    () => true,
    () => false,
  );
  for (const folder of [distDirectory, spare]) {
    if ((await readFile(join(folder, stampFile), 'utf8').catch(() => '')) === hash) return folder;
  }
  const folder = isWritable ? distDirectory : spare;
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(said.trim());
  return folder;
}

/** The judge of signed files, for a thread of a page (`bundleJudge`): its path below the folder `client` of what was built. */
export function judgeIn(folder: string): string {
  const [file] = globSync('assets/judge-*.js', { cwd: join(folder, 'client') });
  if (!file) throw new Error('the judge for browsers was not built');
  return file;
}

/** Builds everything anew beside the folder and puts it in its place; the old build is served until then. */
async function buildScreens(folder: string): Promise<void> {
  const draft = `${folder}.new-${process.pid}`;
  const icons = await readIcons();
  if (folder === distDirectory) await writeApiTypes();
  const bundle = await loadBundler();
  await bundleJudge(bundle, draft);
  // Apart from the others, so that a page has one script and waits for no part that it shares with the console.
  const pages = await bundleForBrowsers(bundle, draft, 'pages', { pages: join(root, 'src/pages/client.ts') }, icons);
  const entries = applications.map(([name, { entry }]) => [name, join(root, entry)]);
  const manifest = await bundleForBrowsers(bundle, draft, 'applications', Object.fromEntries(entries), icons);
  await bundleServerPages(bundle, draft, filesOf(pages, 'src/pages/client.ts'), icons);
  await bundleSignWorker(bundle, draft, shellOf(manifest, 'src/sign/main.tsx', icons.address));
  await writeVerifier(bundle, draft, icons);
  await writeStaticFiles(join(draft, 'client'), manifest, icons);
  await compress(join(draft, 'client/assets'));
  await writeFile(join(draft, stampFile), await sourceHash());
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

type Bundle = (config: InlineConfig) => Promise<unknown>;
type Icons = Awaited<ReturnType<typeof readIcons>>;

/** Vite, with what all bundles share. Loaded when called: a server whose screens are built starts without its tools. */
async function loadBundler(): Promise<Bundle> {
  const [{ build }, { default: tailwind }] = await Promise.all([import('vite'), import('@tailwindcss/vite')]);
  const shared: InlineConfig = {
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [tailwind({ optimize: false })], // once, by Vite, which knows the browsers below
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  };
  return (config) => build({ ...shared, ...config });
}

/** What `Icon` is compiled with: where the sprite is, and the shapes for pages that carry theirs in themselves. */
const iconsInto = (sprite: string, shapes: Icons['shapes']) => JSON.stringify({ sprite, shapes });

async function bundleForBrowsers(
  bundle: Bundle,
  draft: string,
  name: string,
  input: Record<string, string>,
  icons: Icons,
): Promise<Manifest> {
  await bundle({
    base: '/',
    publicDir: false,
    define: { __ICONS__: iconsInto(icons.address, {}), __JUDGE__: JSON.stringify(`/${judgeIn(draft)}`) },
    build: {
      outDir: join(draft, 'client'),
      emptyOutDir: false,
      manifest: `.vite/${name}.json`,
      target: 'es2023',
      cssTarget: oldestBrowsers,
      assetsInlineLimit: 0, // the CSP allows data: for images only
      modulePreload: { polyfill: false },
      rollupOptions: { input },
    },
  });
  return JSON.parse(await readFile(join(draft, `client/.vite/${name}.json`), 'utf8')) as Manifest; // Vite's own file
}

async function bundleServerPages(bundle: Bundle, draft: string, assets: Files, icons: Icons): Promise<void> {
  await bundle({
    define: { __PAGE_ASSETS__: JSON.stringify(assets), __ICONS__: iconsInto(icons.address, icons.shapes) },
    ssr: { noExternal: true },
    build: {
      outDir: join(draft, 'server'),
      ssr: join(root, 'src/pages/server.tsx'),
      target: 'node24',
      rollupOptions: { output: { entryFileNames: 'pages.js' } },
    },
  });
}

async function bundleSignWorker(bundle: Bundle, draft: string, shell: ReturnType<typeof shellOf>): Promise<void> {
  await bundle({
    define: { __SHELL__: JSON.stringify(shell) },
    publicDir: false,
    build: {
      outDir: join(draft, 'client'),
      emptyOutDir: false,
      target: 'es2023',
      rollupOptions: {
        input: join(root, 'src/sign/offline/worker.ts'),
        output: { format: 'iife', entryFileNames: 'sign-worker.js' },
      },
    },
  });
}

/** Modules of Node that the judge uses, by their files beside it that do the same in a browser (ADR 0198). */
const nodeInBrowser = { 'node:buffer': 'buffer', 'node:crypto': 'crypto', 'node:net': 'net', 'node:zlib': 'zlib' };

/** The judge of signed files for browsers: the server's own sources, as one script that loads nothing more. */
async function bundleJudge(bundle: Bundle, draft: string): Promise<void> {
  const worker = fileURLToPath(import.meta.resolve('@edutrust/signing-service/in-browser'));
  const beside = (name: string) => join(dirname(worker), `${name}.ts`);
  await bundle({
    publicDir: false,
    resolve: {
      alias: Object.entries(nodeInBrowser).map(([find, name]) => ({ find, replacement: beside(name) })),
    },
    build: {
      outDir: join(draft, 'client'),
      emptyOutDir: false,
      target: 'es2023',
      rolldownOptions: {
        input: worker,
        transform: { inject: { Buffer: [beside('buffer'), 'Buffer'] } },
        output: { format: 'iife', entryFileNames: 'assets/judge-[hash].js' },
      },
    },
  });
}

/** In the folder that was built: the verifier as one page, without what it is to trust. */
const verifierFile = 'verifier.html';
/** Where that is written. */
const verifierGap = '<script id="given" type="application/json"></script>';

/** The verifier as one page to keep, from what was built: `given` is what it trusts, as `admin-console/src/verifier/main.tsx` reads it. */
export async function verifierWith(folder: string, given: object): Promise<string> {
  const page = await readFile(join(folder, verifierFile), 'utf8');
  // data that does not run: its «<» is escaped, so that nothing in it ends the element
  const data = JSON.stringify(given).replaceAll('<', '\\u003c');
  return page.replace(verifierGap, () => verifierGap.replace('></', () => `>${data}</`));
}

/** The verifier: script, style and judge in one document that may reach nothing, from wherever it is opened. */
async function writeVerifier(bundle: Bundle, draft: string, icons: Icons): Promise<void> {
  const outDir = join(draft, 'verifier');
  await bundle({
    publicDir: false,
    define: { __ICONS__: iconsInto('', icons.shapes) },
    build: {
      outDir,
      cssCodeSplit: false, // else a script of this form carries its style, which our policy forbids
      target: 'es2023',
      cssTarget: oldestBrowsers,
      rolldownOptions: {
        input: join(root, 'src/verifier/main.tsx'),
        output: { format: 'iife', entryFileNames: 'main.js', assetFileNames: 'main[extname]' },
      },
    },
  });
  const read = (file: string) => readFile(file, 'utf8');
  const script = await read(join(outDir, 'main.js'));
  const style = await read(join(outDir, 'main.css'));
  const judge = await read(join(draft, 'client', judgeIn(draft)));
  await writeFile(join(draft, verifierFile), verifierPage({ script, style, judge }));
  await rm(outDir, { recursive: true });
}

function verifierPage(parts: { readonly script: string; readonly style: string; readonly judge: string }): string {
  // In a script both stand in texts and patterns only, where a backslash changes nothing.
  const inScript = (text: string) => text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const [script, judge] = [inScript(parts.script), inScript(parts.judge)];
  const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(parts.style)}`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="vi" class="system-font">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Kiểm tra chữ ký số · EduTrust</title>
<style>${parts.style}</style>
</head>
<body class="flex flex-col"><noscript>Trang này cần JavaScript. This page needs JavaScript.</noscript>
${verifierGap}
<script id="judge" type="text/plain">${judge}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** What no bundler makes: each application's document, the app's manifest, its icon and the sprite. */
async function writeStaticFiles(client: string, manifest: Manifest, { address, sprite }: Icons): Promise<void> {
  for (const [name, { entry, title, manifest: hasManifest }] of applications) {
    await writeFile(join(client, `${name}.html`), shell(title, filesOf(manifest, entry), hasManifest));
  }
  await writeFile(join(client, 'assets/sign.webmanifest'), webManifest);
  await writeFile(join(client, 'assets/icon.svg'), icon);
  await copyFile(join(root, 'src/design/logo.png'), join(client, 'assets/logo.png')); // for who takes no SVG (CSC API §11.1)
  await writeFile(join(client, address), sprite);
}

/** Windows 7 and 8.1 stay at Chrome 109, and school PCs are what they are: colours are lowered for them. */
const oldestBrowsers = ['chrome109', 'edge109', 'firefox115', 'safari16.4'];

/** One sprite of all icons, and what is inside each for the pages that carry theirs in themselves. */
export async function readIcons() {
  const folder = join(root, 'src/design/icons');
  const found = globSync('*.svg', { cwd: folder }).map((file) => file.replace(/\.svg$/, ''));
  const listed: readonly string[] = iconNames;
  const differing = [
    ...found.filter((name) => !listed.includes(name)),
    ...listed.filter((name) => !found.includes(name)),
  ];
  if (differing.length > 0) throw new Error(`src/design/icons.ts and the folder differ in: ${differing.join(', ')}`);
  const shapes: Record<string, string> = {};
  for (const name of iconNames) {
    const file = await readFile(join(folder, `${name}.svg`), 'utf8');
    shapes[name] = /^<svg [^>]*>(.*)<\/svg>\s*$/s.exec(file)?.[1] ?? '';
  }
  const symbols = Object.entries(shapes).map(
    ([name, shape]) => `<symbol id="${name}" viewBox="0 0 24 24">${shape}</symbol>`,
  );
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`;
  const hash = createHash('sha256').update(sprite).digest('base64url').slice(0, 8);
  return { sprite, address: `/assets/icons-${hash}.svg`, shapes };
}

/** What the judge is made of, beside its libraries; globs of workspaces. */
const judgeSources = [
  'signing-service/src/{formats,in-browser,public-verification,validation}/**/*.ts',
  'certs/src/{certificate,cms,der,path}/**/*.ts',
  'platform/src/{errors.ts,ledger/*.ts}',
].map((glob) => `../${glob}`);

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  const own = ['src/**/*', 'build.ts', 'openapi.json', 'events.json', 'package.json'];
  for (const file of globSync([...own, ...judgeSources], { cwd: root }).sort()) {
    const path = join(root, file);
    if (file.includes('generated') || file.endsWith('.test.ts') || !(await stat(path)).isFile()) continue;
    hash.update(file).update(await readFile(path));
  }
  return hash.digest('hex');
}

/** The API's types for the browser, from the document that the server generates (`edutrust openapi`). */
async function writeApiTypes(): Promise<void> {
  const { default: openapiTypes, astToString } = await import('openapi-typescript');
  const document = JSON.parse(await readFile(join(root, 'openapi.json'), 'utf8'));
  const types = astToString(await openapiTypes(document));
  await mkdir(join(root, 'src/generated'), { recursive: true });
  await writeFile(join(root, 'src/generated/api.d.ts'), types);
}

export interface Files {
  readonly script: string;
  readonly styles: readonly string[];
}

function filesOf(manifest: Manifest, entry: string): Files {
  const styles = new Set<string>();
  const visit = (name: string) => {
    const chunk = manifest[name];
    for (const style of chunk?.css ?? []) styles.add(`/${style}`);
    for (const next of chunk?.imports ?? []) visit(next);
  };
  visit(entry);
  return { script: `/${manifest[entry]?.file ?? ''}`, styles: [...styles] };
}

/** What opens the phone's app without a network; the version is that of the files, whose names carry their hashes. */
function shellOf(manifest: Manifest, entry: string, sprite: string): { version: string; files: string[] } {
  const scripts = new Set<string>();
  const visit = (name: string) => {
    const chunk = manifest[name];
    if (!chunk || scripts.has(`/${chunk.file}`)) return;
    scripts.add(`/${chunk.file}`);
    for (const next of chunk.imports ?? []) visit(next);
  };
  visit(entry);
  const files = [...scripts, ...filesOf(manifest, entry).styles, sprite].sort();
  return { version: createHash('sha256').update(files.join()).digest('hex').slice(0, 12), files };
}

/** The one document of an application. */
export function shell(title: string, { script, styles }: Files, hasManifest: boolean): string {
  return `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
${hasManifest ? '<link rel="manifest" href="/assets/sign.webmanifest">\n' : ''}${styles.map((style) => `<link rel="stylesheet" href="${style}">`).join('\n')}
<script type="module" src="${script}"></script>
</head>
<body><div id="app"></div><noscript>Trang này cần JavaScript. This page needs JavaScript.</noscript></body>
</html>
`;
}

const webManifest = JSON.stringify({
  name: 'EduTrust – Ký số',
  short_name: 'Ký số',
  lang: 'vi',
  id: '/sign/',
  start_url: '/sign/',
  scope: '/sign/',
  display: 'standalone',
  background_color: '#ffffff',
  theme_color: '#ffffff',
  icons: [{ src: '/assets/icon.svg', sizes: 'any', type: 'image/svg+xml' }],
});

/** A lotus over an open book: our own mark, not an emblem of the state. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#2261a8" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"><path d="M16 5c3 3 4 6 4 8.500a4 4 0 0 1-8 0C12 11 13 8 16 5Z" fill="#d9e8f8"/><path d="M12 14C8.500 13 6.500 10.500 6 7.500c3 .2 5 1 6.500 2.500M20 14c3.500-1 5.500-3.500 6-6.500-3 .2-5 1-6.500 2.500"/><path d="M4 20c5-1 9 0 12 2.500C19 20 23 19 28 20v6c-5-1-9 0-12 2.500C13 26 9 25 4 26Z" fill="#fff"/><path d="M16 22.500v6"/></svg>
`;

async function compress(assets: string): Promise<void> {
  for (const file of globSync('*.{js,mjs,css,svg,webmanifest}', { cwd: assets })) {
    const bytes = await readFile(join(assets, file));
    await writeFile(join(assets, `${file}.br`), brotliCompressSync(bytes));
    await writeFile(join(assets, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildScreens(resolve(process.argv[2] ?? distDirectory));
  process.exit(0); // a plugin's watcher must not keep the build alive
}
