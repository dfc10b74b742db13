#!/usr/bin/env node
// The one file in JavaScript: an older Node cannot even read the rest, so the version is checked here first.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `edutrust: cần Node.js 24 trở lên, đang chạy ${process.versions.node}. Dùng «npm start» hoặc «npx edutrust …».\n` +
      `edutrust: needs Node.js 24 or newer, this is ${process.versions.node}. Use "npm start" or "npx edutrust …".\n`,
  );
  process.exit(3);
}
// Reading 40,000 lines of TypeScript anew is most of a short command's time. Where we may not write, nothing is kept.
nodeModule.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/edutrust', import.meta.url)));
const { main } = await import('../src/main.ts');
await main(process.argv);
