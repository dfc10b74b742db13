import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { toPem } from '@edutrust/certs/certificate';
import { type TestTokens, testTokens } from '@edutrust/certs/testing/school-token';
import { otherAuthority } from '@edutrust/signing-service/testing/other-authority';
import { eventually } from '@edutrust/testing/eventually';
import type { Platform } from '@edutrust/testing/platform';
import { freePort } from '@edutrust/testing/port';

const root = new URL('../..', import.meta.url).pathname;

/** A school's own token by another authority, and its computer with `edutrust sign` as it is packed for schools. */
export class SchoolToken implements AsyncDisposable {
  /** Of the authority, DER. */
  readonly root: Buffer;
  readonly #platform: Platform;
  readonly #tokens: TestTokens;
  readonly #lists: Server;
  readonly #computers: SchoolComputer[] = [];

  private constructor(platform: Platform, authorityRoot: Buffer, tokens: TestTokens, lists: Server) {
    this.#platform = platform;
    this.root = authorityRoot;
    this.#tokens = tokens;
    this.#lists = lists;
  }

  /** A token whose certificate names the school so. */
  static async of(school: string, platform: Platform): Promise<SchoolToken> {
    const port = await freePort();
    const authority = otherAuthority('Ban Cơ yếu', `http://localhost:${port}`);
    const lists = createServer(({ url }, answer) => {
      answer.end(authority.lists([]).get(`http://localhost:${port}${url}`));
    });
    await once(lists.listen(port, '127.0.0.1'), 'listening');
    const packed = join(platform.directory, 'packed');
    execFileSync(process.execPath, [join(root, 'edutrust/pack-sign.ts'), packed], { stdio: 'ignore' });
    await symlink(join(root, 'node_modules'), join(packed, 'node_modules'));
    const seal = authority.seal(school, 'rsa');
    const tokens = await testTokens([
      { label: 'con dau', key: seal.key, certificates: [seal.certificate, authority.issuing] },
    ]);
    return new SchoolToken(platform, authority.root, tokens, lists);
  }

  get rootPem(): string {
    return toPem(this.root);
  }

  get pin(): string {
    return this.#tokens.pin;
  }

  /** Runs `edutrust sign` once, with the token plugged in. */
  plugIn(): SchoolComputer {
    const computer = new SchoolComputer(this.#platform, this.#tokens.library);
    this.#computers.push(computer);
    return computer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#computers) child.kill();
    this.#lists.close();
    await this.#tokens[Symbol.asyncDispose]();
  }
}

/** `edutrust sign` on the school's computer, and what it says. */
class SchoolComputer {
  said = '';
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<unknown[]>;

  constructor(platform: Platform, library: string) {
    const { SOFTHSM2_CONF = '' } = process.env; // of the tokens
    const where = { XDG_CONFIG_HOME: join(platform.directory, 'school'), LANG: 'vi_VN.UTF-8', SOFTHSM2_CONF };
    const args = ['sign', '--origin', platform.url, '--pkcs11', library, '--token', 'con dau', '--once'];
    this.child = spawn(process.execPath, [join(platform.directory, 'packed/edutrust-sign/edutrust.js'), ...args], {
      env: { ...platform.environment, ...where },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.ended = once(this.child, 'exit');
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
      });
  }

  /** Waits until it has said so, and gives what was found. */
  async says(what: RegExp): Promise<string> {
    return eventually(async () => {
      const [, found] = what.exec(this.said) ?? [];
      if (found === undefined) throw new Error(`${what}: ${this.said}`);
      return found;
    });
  }

  type(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }
}
