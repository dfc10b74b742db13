import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openSchoolToken } from '@edutrust/certs/school-token';
import { systemClock } from '@edutrust/platform/clock';
import { InvalidInput } from '@edutrust/platform/errors';
import { signFile } from '@edutrust/signing-service/sealing-machine';
import { choose } from '../sign/choose.ts';
import { openKeyFile } from '../sign/key-file.ts';
import { pairedClient, type SchoolComputer, type SchoolKey } from '../sign/machine.ts';
import { pairingFolder } from '../sign/pairing-file.ts';
import { askForPin } from '../sign/pin.ts';
import { openRemoteKey } from '../sign/remote-key.ts';
import { readProvider } from '../sign/remote-provider.ts';
import { sealNext } from '../sign/seal.ts';
import type { Program } from './command.ts';
import { noFile } from './no-file.ts';

/** A clerk waits so long for what has just been signed. */
const looksEveryMs = 5_000;

interface Flags {
  readonly origin?: string;
  readonly file?: string;
  readonly container?: true;
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
    .description(
      'with the school’s own USB token, on the computer where it is plugged in: seal what waits for the school, or sign a file',
    )
    .option('--origin <url>', 'the service, as in the browser: https://…')
    .option('--file <path>', 'sign this file here, to 4 GiB, without any service: FILE.p7s beside it')
    .option('--container', 'with --file: FILE.asice, a container with the file in it')
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
      '\nExample: edutrust sign --origin https://id.example.edu.vn --pkcs11 /usr/lib/libbit4xpki.so\n         edutrust sign --file ghi-hinh.mp4 --p12 truong.p12\n\nThe first time a code is shown; the clerk types it in the browser, and a security officer approves. The PIN is asked for\nonce a list, goes to the token alone, and is kept nowhere.',
    )
    .action((flags: Flags) => (flags.file === undefined ? seal(program, flags) : signHere(program, flags, flags.file)));
}

/** Signs a file of this computer, however large: only its digest goes to the key. */
async function signHere(program: Program, flags: Flags, path: string): Promise<void> {
  const output = program.output();
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw noFile(path);
  let typed: string | undefined; // a key file is opened with what it is signed with
  const askPin = async () => (typed ??= await askForPin(process.stdin, process.stderr));
  const { certificate, issuers, unlock } = await keyOf(flags, askPin, () => wait(looksEveryMs));
  output.say({
    vi: `Ký ${path}. Nhập PIN để ký, để trống để thôi.`,
    en: `Signing ${path}. Type the PIN to sign it, nothing to leave it.`,
  });
  const pin = await askPin();
  if (pin === '') return;
  const key = unlock(pin);
  try {
    const packaging = flags.container ? 'container' : 'detached';
    const certificates = [certificate, ...issuers];
    const signed = await signFile(
      { path, packaging, at: systemClock.now() },
      { certificates, sign: (bytes) => key.sign(bytes) },
    );
    output.result({ file: signed }, { vi: `Đã ký: ${signed}`, en: `Signed: ${signed}` });
  } finally {
    key.lock();
  }
}

/** Until the clerk ends it, or, with `--once`, nothing waits. */
async function seal(program: Program, flags: Flags): Promise<void> {
  const output = program.output();
  const pause = () => wait(looksEveryMs);
  const askPin = () => askForPin(process.stdin, process.stderr);
  const computer: SchoolComputer = {
    origin: originOf(flags.origin ?? nothingNamed()),
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

function nothingNamed(): never {
  throw new InvalidInput('sign/nothing-named', {
    vi: 'Ghi địa chỉ của dịch vụ bằng --origin, hoặc tệp cần ký bằng --file.',
    en: 'Name the service with --origin, or the file to sign with --file.',
  });
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
