/**
 * Builds every screen: the browser's files into dist/client, the server-rendered pages into dist/server/pages.js.
 * `npm run build` runs it; `npm start` does when a source is newer than what is built.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { InlineConfig, Manifest } from 'vite';

const root = dirname(fileURLToPath(import.meta.url));
export const distDirectory = join(root, 'dist');
const stamp = join(distDirectory, 'built');

interface Application {
  readonly entry: string;
  readonly title: string;
  readonly manifest: boolean;
}

/** The browser's applications: one document each, which finds its way by itself. */
const applications = Object.entries<Application>({
  console: { entry: 'src/console/main.tsx', title: 'EduTrust', manifest: false },
  sign: { entry: 'src/sign/main.tsx', title: 'Ký số · EduTrust', manifest: true },
}).filter(([, { entry }]) => existsSync(join(root, entry)));

/** Builds everything anew. Rejects when a source does not compile; nothing of the old build is served then. */
export async function buildScreens(): Promise<void> {
  // Loaded here: a server whose screens are built already starts without its tools.
  const [{ build }, { default: tailwind }] = await Promise.all([import('vite'), import('@tailwindcss/vite')]);
  const shared: InlineConfig = {
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [tailwind()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  };
  await writeApiTypes();
  await rm(distDirectory, { recursive: true, force: true });
  await build({
    ...shared,
    base: '/',
    publicDir: false,
    build: {
      outDir: join(distDirectory, 'client'),
      manifest: true,
      target: 'es2023',
      assetsInlineLimit: 0, // the CSP allows data: for images only
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: {
          pages: join(root, 'src/pages/client.ts'),
          ...Object.fromEntries(applications.map(([name, { entry }]) => [name, join(root, entry)])),
        },
      },
    },
  });
  const manifest = JSON.parse(await readFile(join(distDirectory, 'client/.vite/manifest.json'), 'utf8')) as Manifest;
  await build({
    ...shared,
    define: { __PAGE_ASSETS__: JSON.stringify(filesOf(manifest, 'src/pages/client.ts')) },
    ssr: { noExternal: true },
    build: {
      outDir: join(distDirectory, 'server'),
      ssr: join(root, 'src/pages/server.tsx'),
      target: 'node24',
      rollupOptions: { output: { entryFileNames: 'pages.js' } },
    },
  });
  for (const [name, { entry, title, manifest: hasManifest }] of applications) {
    await writeFile(join(distDirectory, 'client', `${name}.html`), shell(title, filesOf(manifest, entry), hasManifest));
  }
  await writeFile(join(distDirectory, 'client/assets/sign.webmanifest'), webManifest);
  await writeFile(join(distDirectory, 'client/assets/icon.svg'), icon);
  await compress();
  await writeFile(stamp, await sourceHash());
}

/** Whether a source differs from what was built last. */
export async function screensAreStale(): Promise<boolean> {
  const built = await readFile(stamp, 'utf8').catch(() => '');
  return built !== (await sourceHash());
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of globSync(['src/**/*', 'build.ts', 'openapi.json', 'package.json'], { cwd: root }).sort()) {
    const path = join(root, file);
    if (file.includes('generated') || !(await stat(path)).isFile()) continue;
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

interface Files {
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

function shell(title: string, { script, styles }: Files, hasManifest: boolean): string {
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
  start_url: '/sign',
  scope: '/sign',
  display: 'standalone',
  background_color: '#ffffff',
  theme_color: '#ffffff',
  icons: [{ src: '/assets/icon.svg', sizes: 'any', type: 'image/svg+xml' }],
});

/** A lotus over an open book: our own mark, not an emblem of the state. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#2261a8" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"><path d="M16 5c3 3 4 6 4 8.500a4 4 0 0 1-8 0C12 11 13 8 16 5Z" fill="#d9e8f8"/><path d="M12 14C8.500 13 6.500 10.500 6 7.500c3 .2 5 1 6.500 2.500M20 14c3.500-1 5.500-3.500 6-6.500-3 .2-5 1-6.500 2.500"/><path d="M4 20c5-1 9 0 12 2.500C19 20 23 19 28 20v6c-5-1-9 0-12 2.500C13 26 9 25 4 26Z" fill="#fff"/><path d="M16 22.500v6"/></svg>
`;

async function compress(): Promise<void> {
  const assets = join(distDirectory, 'client/assets');
  for (const file of globSync('*.{js,mjs,css,svg,webmanifest}', { cwd: assets })) {
    const bytes = await readFile(join(assets, file));
    await writeFile(join(assets, `${file}.br`), brotliCompressSync(bytes));
    await writeFile(join(assets, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildScreens();
  process.exit(0); // a plugin's watcher must not keep the build alive
}
