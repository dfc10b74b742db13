import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { appOrigins, authorizationRequest } from '@edutrust/idp/testing/idp';
import { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
import { activateWithCode, signInWithPassword } from '@edutrust/testing/forms';
import { Platform } from '@edutrust/testing/platform';

const password = 'một câu đủ dài để nhớ lâu';
const pages = ['/', '/account', '/api/v1/me', '/.well-known/openid-configuration', '/verify'] as const;

/** What a server loads besides: at SIGUSR2 it collects twice, as the first only finds what is to be finalised. */
const collector = (file: string) => `import { renameSync, writeFileSync } from 'node:fs';
  const file = ${JSON.stringify(file)};
  process.on('SIGUSR2', () => {
    gc();
    gc();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(file + '.new', String(heapUsed + external));
    renameSync(file + '.new', file);
  });`;

/** What a process holds, in MiB. */
export interface Held {
  /** In use after a full collection. */
  readonly inUse: number;
  /** Resident, and the most that ever was: between collections these are V8's to choose, which takes what there is. */
  readonly resident: number;
  readonly atMost: number;
}

/** A server with its demo city and people who are signed in: for what many requests leave in memory (E15). */
export class Load implements AsyncDisposable {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #identifiers: readonly string[];
  readonly #people: TestBrowser[] = [];

  private constructor(platform: Platform, directory: string, identifiers: readonly string[]) {
    this.#platform = platform;
    this.#directory = directory;
    this.#identifiers = identifiers;
  }

  static async start(): Promise<Load> {
    const directory = await mkdtemp(join(tmpdir(), 'edutrust-load-'));
    const script = encodeURIComponent(collector(join(directory, 'heap')));
    const platform = await Platform.start({ NODE_OPTIONS: `--expose-gc --import data:text/javascript,${script}` });
    const identifiers: string[] = [];
    for (const role of ['Học sinh', 'Giáo viên', 'Phụ huynh']) {
      const person = platform.welcome?.people.find((one) => one.role.startsWith(role));
      assert.ok(person, `the demo city has a ${role}`);
      await activateWithCode(platform.url, person.code, password);
      identifiers.push(person.educationId);
    }
    const load = new Load(platform, directory, identifiers);
    for (const place of identifiers.keys()) load.#people.push(await load.#signIn(place));
    return load;
  }

  /** One of fifty requests: a sign-in, a wrong password, a file to verify, four entries to an app, else a page. */
  async ask(turn: number): Promise<number> {
    const { url } = this.#platform;
    const place = turn % this.#people.length;
    const browser = this.#people[place] ?? assert.fail();
    const step = turn % 50;
    if (step === 0) this.#people[place] = await this.#signIn(place);
    else if (step === 10) await assert.rejects(this.#signIn(place, 'không phải câu ấy'));
    else if (step === 25) return (await fetch(`${url}/api/v1/verify`, { method: 'POST', body: aPdf() })).status;
    else if (step % 10 === 5) await browser.get(authorizationRequest(url, 'lop-hoc').url);
    else return (await browser.request(url + pages[turn % pages.length])).status;
    return 200;
  }

  async held(): Promise<Held> {
    const file = join(this.#directory, 'heap');
    const { pid } = this.#platform;
    await rm(file, { force: true });
    process.kill(pid, 'SIGUSR2');
    const bytes = await eventually(async () => Number(await readFile(file, 'utf8')));
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const read = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
    return { inUse: Math.round((bytes / 2 ** 20) * 10) / 10, resident: read('VmRSS'), atMost: read('VmHWM') };
  }

  async #signIn(place: number, secret = password): Promise<TestBrowser> {
    const browser = new TestBrowser({ stopAt: appOrigins });
    await signInWithPassword(browser, this.#platform.url, this.#identifiers[place] ?? '', secret);
    return browser;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#platform[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function aPdf(): FormData {
  const form = new FormData();
  form.set('file', new Blob(['%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n']), 'plain.pdf');
  return form;
}
