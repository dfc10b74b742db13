import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { builtScreens, judgeIn } from '@edutrust/admin-console/build';
import { validatePdf as validatePdfHere } from '../src/formats/pades/validate.ts';
import { NotAPdf } from '../src/formats/pdf/malformed.ts';
import { validateFile as validateFileHere } from '../src/formats/validate.ts';
import type { BrowserAnswer } from '../src/in-browser/messages.ts';
import { inWords } from '../src/public-verification/in-words.ts';
import type { ValidationOptions } from '../src/validation/options.ts';
import type { ValidationReport } from '../src/validation/report.ts';
import { type Witnessing, withWitnesses } from '../src/validation/witnesses.ts';

/**
 * The judge as a browser has it: the built script, in a realm that has nothing of Node and only those of a browser's functions
 * that it is given here.
 */
async function loadBrowserJudge(): Promise<
  (bytes: Uint8Array, options: ValidationOptions, witnessing?: Asked) => Promise<BrowserAnswer>
> {
  const folder = await builtScreens(join(tmpdir(), 'edutrust-screens'));
  const script = await readFile(join(folder, 'client', judgeIn(folder)), 'utf8');
  let listen: ((event: object) => void) | undefined;
  const waiting: ((answer: string) => void)[] = [];
  const realm = createContext({
    TextDecoder,
    TextEncoder,
    URL,
    atob,
    btoa,
    addEventListener: (_type: string, listener: (event: object) => void) => {
      listen = listener;
    },
    // As text: what comes from another realm has other prototypes.
    say: (answer: string) => waiting.shift()?.(answer),
  });
  runInContext('globalThis.postMessage = (answer) => say(JSON.stringify(answer));', realm);
  runInContext(script, realm);
  const copy = runInContext(copyIntoRealm, realm) as (value: unknown) => unknown;
  const ask = async (question: object): Promise<BrowserAnswer> => {
    const answer = new Promise<string>((resolve) => waiting.push(resolve));
    listen?.({ data: copy(question) });
    return JSON.parse(await answer) as BrowserAnswer; // what our own script wrote
  };
  let last: Promise<unknown> = Promise.resolve();
  return (bytes, options, witnessing) => {
    const question = { bytes, options, fileName: '', ...(witnessing ? { witnessing } : {}) };
    const answer = last.then(() => ask(question)); // one after another, as a page asks
    last = answer.catch(() => undefined);
    return answer;
  };
}

/** As a message to a worker arrives: the same, of the receiver's own kinds. */
const copyIntoRealm = `(function copy(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value);
  if (Object.prototype.toString.call(value) === '[object Date]') return new Date(value.getTime());
  if (Array.isArray(value)) return Array.from(value, copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copy(one)]));
})`;

const inBrowser = await loadBrowserJudge();

type Judge = (bytes: Uint8Array, options: ValidationOptions) => Promise<ValidationReport>;
/** Whose word is asked for about the logs. */
type Asked = Pick<Witnessing, 'witnesses' | 'proofs'>;

/** Judges here, and by the script for browsers; both say the same, in every field and every word. */
async function judgeTwice(
  judge: Judge,
  bytes: Uint8Array,
  given: ValidationOptions,
  witnessing?: Asked,
): Promise<ValidationReport> {
  const at = given.at ?? new Date();
  const options = { ...given, at };
  const { logs = [] } = options;
  const here = await judge(bytes, options).then(
    (report) => (witnessing ? withWitnesses(report, { logs, at, ...witnessing }) : report),
    (error: unknown) => {
      if (error instanceof NotAPdf) return error;
      throw error;
    },
  );
  const there = await inBrowser(bytes, options, witnessing);
  if (here instanceof NotAPdf) {
    assert.deepEqual(there, { notAPdf: true });
    throw here;
  }
  assert.ok('report' in there, JSON.stringify(there));
  const { sha256 } = there.report;
  const words = inWords(here, { bytes, judgedAt: at, sha256: Buffer.from(sha256, 'hex'), document: null });
  assert.deepEqual(there.report, JSON.parse(JSON.stringify(words)), 'the judge in the browser says the same');
  return here;
}

export const validateFile = (bytes: Uint8Array, options: ValidationOptions, witnessing?: Asked) =>
  judgeTwice(validateFileHere, bytes, options, witnessing);
export const validatePdf: Judge = (bytes, options) => judgeTwice(validatePdfHere, bytes, options);

/** For thousands of files that differ little: both judge every fiftieth. */
export function sampledJudge(): Judge {
  let count = 0;
  return (bytes, options) => {
    count += 1;
    return (count % 50 === 1 ? validateFile : validateFileHere)(bytes, options);
  };
}
