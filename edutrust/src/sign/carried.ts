import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { getAsset } from 'node:sea';
import { pairingFolder } from './pairing-file.ts';

/*
 * koffi's compiled part, which a program in one file carries as an asset: a system loads a library from a file only. It lies
 * beside the pairings, where nobody else writes, under the name of its own digest, and is written anew unless it is the very same.
 * koffi looks below `process.resourcesPath`, as in programs that carry their libraries.
 */
const part = Buffer.from(getAsset('koffi.node'));
const digest = createHash('sha256').update(part).digest('hex');
const resources = join(pairingFolder(process.env), digest);
const file = join(resources, 'koffi', `${process.platform}_${process.arch}`, 'koffi.node');
if (!isThere()) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.${process.pid}`, part, { mode: 0o700 });
  renameSync(`${file}.${process.pid}`, file);
}
Object.assign(process, { resourcesPath: resources });

function isThere(): boolean {
  try {
    return readFileSync(file).equals(part);
  } catch {
    return false;
  }
}
