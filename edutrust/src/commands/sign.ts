import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openSchoolToken } from '@edutrust/certs/school-token';
import { systemClock } from '@edutrust/platform/clock';
import { InvalidInput } from '@edutrust/platform/errors';
import { choose } from '../sign/choose.ts';
import { openKeyFile } from '../sign/key-file.ts';
import { pairedClient, type SchoolComputer, type SchoolKey } from '../sign/machine.ts';
import { pairingFolder } from '../sign/pairing-file.ts';
import { askForPin } from '../sign/pin.ts';
import { openRemoteKey } from '../sign/remote-key.ts';
import { readProvider } from '../sign/remote-provider.ts';
import { sealNext } from '../sign/seal.ts';
import type { Program } from './command.ts';

/** A clerk waits so long for what has just been signed. */
const looksEveryMs = 5_000;

interface Flags {
  readonly origin: string;
  readonly pkcs11?: string;
  readonly p12?: string;
  readonly remote?: string;
  readonly token?: string;
  readonly certificate?: string;
  readonly save?: string;
  readonly pair?: true;
  readonly once?: true;
}

export function addSignCommand(program: Program): void {
  program.command
    .command('sign')
    .description('seal what waits for a school with the school’s own USB token, on the computer where it is plugged in')
    .requiredOption('--origin <url>', 'the service, as in the browser: https://…')
    .option('--pkcs11 <library>', 'the token’s driver: its .dll, .so or .dylib')
    .option('--p12 <file>', 'a key in a file (PKCS#12) in place of a token')
    .option(
      '--remote <file>',
      'a key at a provider of remote signing (CSC API v2), in place of a token: where, as JSON',
    )
    .option('--token <label>', 'which token, when several are plugged in')
    .option('--certificate <sha256>', 'which certificate on it, when there are several: how its SHA-256 begins')
    .option('--save <folder>', 'put each document there, to be read before the PIN is typed')
    .option('--pair', 'pair this computer anew')
    .option('--once', 'seal what waits now, and end')
    .addHelpText(
      'after',
      '\nExample: edutrust sign --origin https://id.example.edu.vn --pkcs11 /usr/lib/libbit4xpki.so\n\nThe first time a code is shown; the clerk types it in the browser, and a security officer approves. The PIN is asked for\nonce a list, goes to the token alone, and is kept nowhere.',
    )
    .action((flags: Flags) => seal(program, flags));
}

/** Until the clerk ends it, or, with `--once`, nothing waits. */
async function seal(program: Program, flags: Flags): Promise<void> {
  const output = program.output();
  const pause = () => wait(looksEveryMs);
  const askPin = () => askForPin(process.stdin, process.stderr);
  const computer: SchoolComputer = {
    origin: originOf(flags.origin),
    key: await keyOf(flags, askPin, pause),
    folder: pairingFolder(process.env),
    clock: systemClock,
    fetch: (url, init) => fetch(url, withLanguage(init, output.locale)),
    say: output.say,
    askPin,
    pause,
    ...(flags.save ? { keepFile: keepIn(flags.save) } : {}),
  };
  const client = await pairedClient(computer, flags.pair === true);
  if (!client) {
    process.exitCode = 1;
    return;
  }
  output.say({
    vi: 'Đang chờ văn bản cần đóng dấu. Ctrl+C để thôi.',
    en: 'Waiting for documents to seal. Ctrl+C ends it.',
  });
  for (;;) {
    const done = await sealNext(computer, client);
    if (done) {
      const line = `${done.sealed} đã đóng dấu, ${done.waiting} còn chờ.`;
      const text = { vi: line, en: `${done.sealed} sealed, ${done.waiting} still wait.` };
      output.result({ sealed: done.sealed, waiting: done.waiting }, text);
      if (done.problem) throw done.problem;
      if (done.sealed === 0) return; // the clerk does not want to, or the service does not take it
    } else if (flags.once) return;
    else await computer.pause();
  }
}

const keepIn = (folder: string) => async (name: string, bytes: Buffer) => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, name), bytes, { mode: 0o600 });
};

/** Scheme, name and port, and nothing else; plain HTTP only on this computer itself. @throws InvalidInput `sign/bad-origin` */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isHere)) && url.pathname === '/')
    return url.origin;
  throw new InvalidInput('sign/bad-origin', {
    vi: `“${text}” không phải địa chỉ dạng https://ten-mien.`,
    en: `“${text}” is not an address such as https://host.`,
  });
}

/** On the token, at a provider, or in the file, which is opened once to see whose it is. @throws InvalidInput `sign/no-key` */
async function keyOf(
  { pkcs11, p12, remote, token: label, certificate }: Flags,
  askPin: () => Promise<string>,
  pause: () => Promise<void>,
): Promise<SchoolKey> {
  if (remote) return openRemoteKey(await readProvider(remote), fetch, pause);
  if (p12) return openKeyFile(p12, await askPin(), certificate);
  if (!pkcs11) {
    throw new InvalidInput('sign/no-key', {
      vi: 'Chỉ trình điều khiển của USB token bằng --pkcs11, tệp khoá bằng --p12, hoặc nhà cung cấp ký số từ xa bằng --remote.',
      en: 'Name the token’s driver with --pkcs11, a key file with --p12, or a provider of remote signing with --remote.',
    });
  }
  const token = openSchoolToken(pkcs11, label);
  const chosen = choose(token.certificates, certificate);
  return { certificate: chosen, issuers: token.issuers, unlock: (pin) => token.unlock(chosen, pin) };
}

const withLanguage = (init: RequestInit, locale: string): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), 'accept-language': locale }, // our own, an object
});
