import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What this computer keeps of its pairing with one origin: no PIN, and no key of the token. */
export interface KeptPairing {
  readonly origin: string;
  /** The bearer token, worth nothing without the key. */
  readonly token: string;
  /** This computer's own key: P-256, PKCS #8, PEM. */
  readonly privateKeyPem: string;
  /** Of the certificate on the token that was shown, hexadecimal. */
  readonly certificateSha256: string;
}

/** Where programs of this system keep what is one person's own. */
export function pairingFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment.XDG_CONFIG_HOME || environment.APPDATA || join(homedir(), '.config');
  return join(base, 'edutrust', 'sign');
}

/** A file for each origin: a pairing with one is never shown to another. */
const fileOf = (folder: string, origin: string) => join(folder, `${encodeURIComponent(origin)}.json`);

export async function readPairing(folder: string, origin: string): Promise<KeptPairing | undefined> {
  const text = await readFile(fileOf(folder, origin), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const kept = text === undefined ? undefined : (JSON.parse(text) as KeptPairing); // written by keepPairing alone
  return kept?.origin === origin ? kept : undefined;
}

/** Whole or not at all, for this person alone. */
export async function keepPairing(folder: string, pairing: KeptPairing): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder, pairing.origin);
  await writeFile(`${file}.new`, JSON.stringify(pairing), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export const privateKeyOf = ({ privateKeyPem }: KeptPairing): KeyObject => createPrivateKey(privateKeyPem);
