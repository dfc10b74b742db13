/**
 * `npm run dev`: the city at http://localhost:8080 with the browser's applications straight from their sources (an edit
 * shows at once) and the server behind them, started again when a source of it or of a server-rendered page changes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import tailwind from '@tailwindcss/vite';
import { createServer, type ViteDevServer } from 'vite';
import { applications, readIcons, shell } from './build.ts';

const root = dirname(fileURLToPath(import.meta.url));
const house = dirname(root);
const port = Number(process.env.EDUTRUST_PORT ?? 8080);
const serverPort = port + 1;
const workspaces = ['platform', 'registry', 'certs', 'idp', 'signing-service', 'directory-sync', 'edutrust'];

/** What opens which application, as `edutrust/src/process/screens.ts` has it. */
const places: readonly (readonly [RegExp, string])[] = [
  [/^\/(admin|teach)(\/|$)/, 'console'],
  [/^\/sign\/(?!worker\.js)/, 'sign'],
  [/^\/design(\/|$)/, 'design'],
];
/** Vite's own files and our sources; everything else is the server's. */
const ofVite = /^\/(@|src\/|node_modules\/|events\.json)/;

const { sprite, address } = await readIcons();
const vite = await createServer({
  root,
  configFile: false,
  appType: 'custom',
  plugins: [tailwind({ optimize: false }), { name: 'applications', configureServer: serveApplications }],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { __ICONS__: JSON.stringify({ sprite: address, shapes: {} }) },
  server: {
    port,
    strictPort: true,
    watch: { ignored: ['**/dist/**', '**/dist.new-*/**', '**/generated/**'] },
    proxy: {
      '/': {
        target: `http://127.0.0.1:${serverPort}`,
        bypass: ({ url = '/' }) => (ofVite.test(url) || applicationAt(url) || url === address ? url : undefined),
      },
    },
  },
});

function applicationAt(url: string): string | undefined {
  const path = url.split('?', 1)[0] ?? '';
  return places.find(([place]) => place.test(path))?.[1];
}

/** The documents of the applications with Vite's client in them, and the icons. */
function serveApplications({ middlewares, transformIndexHtml }: ViteDevServer): () => void {
  return () => {
    middlewares.use(async (request, response, next) => {
      const { url = '/' } = request;
      if (url === address) return response.setHeader('content-type', 'image/svg+xml').end(sprite);
      const name = applicationAt(url);
      const application = applications.find(([one]) => one === name)?.[1];
      if (!application) return next();
      const files = { script: `/${application.entry}`, styles: [] };
      const html = await transformIndexHtml(url, shell(application.title, files, application.manifest));
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
    });
  };
}

let server: ChildProcess | undefined;
let restarting = Promise.resolve();

function start(): void {
  server = spawn(process.execPath, [join(house, 'edutrust/bin/edutrust.js'), 'serve'], {
    stdio: 'inherit',
    env: { ...process.env, EDUTRUST_URL: `http://localhost:${port}`, EDUTRUST_PORT: String(serverPort) },
  });
}

async function stop(): Promise<void> {
  if (!server || server.exitCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}

/** A source of the server: its workspaces, and the pages that it renders. */
function isOfServer(file: string): boolean {
  const path = relative(house, file);
  if (/(^|\/)(dist|generated|node_modules)\//.test(path) || !/\.(ts|tsx)$/.test(path) || path.endsWith('.test.ts'))
    return false;
  return path.startsWith('admin-console/src/pages/') || workspaces.some((name) => path.startsWith(`${name}/src/`));
}

let waiting: NodeJS.Timeout | undefined;
vite.watcher.add(workspaces.map((name) => join(house, name, 'src')));
vite.watcher.on('all', (_event, file) => {
  if (!isOfServer(file) || !server) return;
  clearTimeout(waiting); // an editor saves, a formatter saves again
  waiting = setTimeout(() => {
    process.stdout.write(`${relative(house, file)} changed: starting again\n`);
    restarting = restarting.then(stop).then(start);
  }, 200);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.all([stop(), vite.close()]).then(() => process.exit(0));
  });
}
await vite.listen();
vite.printUrls();
start();
