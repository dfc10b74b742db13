import { open, readFile, rm, stat } from 'node:fs/promises';
import { signFile } from '../src/sealing-machine/sign-file.ts';
import { createValidationPool } from '../src/validation/worker.ts';
import { createAuthority } from './authority.ts';

/** A process of its own that signs and judges a file of so many bytes, and says on its output what it held at most. */
const [path = '', size = ''] = process.argv.slice(2);
const length = Number(size);
const at = new Date('2026-05-20T08:00:00Z');
const authority = createAuthority();
const options = { anchors: authority.anchors, crls: authority.crls, at };
const signer = authority.signerOf(authority.official());

const file = await open(path, 'w');
await file.truncate(length);
await file.write('begins', 0);
await file.write('ends', length - 4);
await file.close();
const signature = await signFile({ path, packaging: 'detached', at }, signer);
const container = await signFile({ path, packaging: 'container', at }, signer);
const pool = createValidationPool();
const judged = async () => {
  const answers = [
    await pool.validate(await readFile(signature), { ...options, content: { path, length } }),
    await pool.validate({ path: container, length: (await stat(container)).size }, options),
  ];
  return answers.map(({ verdict, reasons }) => `${verdict} ${reasons[0]?.code}`);
};
const whole = await judged();
const { maxRSS } = process.resourceUsage();
for (const changed of [path, container]) {
  const opened = await open(changed, 'r+');
  await opened.write('x', Math.floor(length / 2));
  await opened.close();
}
const changed = await judged();
await pool.close();
await rm(path);
process.stdout.write(JSON.stringify({ whole, changed, kibibytes: maxRSS }));
