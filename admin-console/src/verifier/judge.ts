import type { BrowserAnswer, BrowserQuestion, BrowserTrust } from '@edutrust/signing-service/judge-messages';

/** Longest wall clock for a file: past it the thread is ended, and nothing is said of the file. */
const longestMs = 30_000;

/** Largest file that is judged, as on the server. */
export const mostBytes = 32 * 2 ** 20;

/** What came of asking; without a report nothing is said of the file. */
export type Outcome =
  | BrowserAnswer
  | { readonly isLate: true }
  | { readonly isTooLarge: true; readonly mostBytes: number };

/** What the newest parts of the judge need; a browser that has these two has the others. */
export const canJudge = (): boolean =>
  typeof Worker === 'function' && 'groupBy' in Map && 'canParse' in URL && typeof BigInt === 'function';

/**
 * Judges a file on a thread of its own, which ends with the answer.
 *
 * @param address of the judge's script
 * @param at the time to judge at where no time stamp proves an earlier one
 */
export async function judgeHere(
  address: string | URL,
  file: File,
  given: {
    readonly trust: BrowserTrust;
    readonly at: Date;
    readonly content?: File | undefined;
    readonly password?: string | undefined;
    /** Proofs that witnesses of the log cosigned (C2SP tlog-proof). */
    readonly proofs?: readonly string[];
  },
): Promise<Outcome> {
  const { trust, at, content, password, proofs = [] } = given;
  if (Math.max(file.size, content?.size ?? 0) > mostBytes) return { isTooLarge: true, mostBytes };
  const question: BrowserQuestion = {
    bytes: new Uint8Array(await file.arrayBuffer()),
    fileName: file.name,
    options: {
      anchors: trust.anchors.map(fromBase64),
      timeStampAnchors: trust.timeStampAnchors.map(fromBase64),
      untrusted: trust.untrusted.map(fromBase64),
      crls: trust.crls.map(fromBase64),
      logs: trust.logs.map(({ origin, publicKey }) => ({ origin, publicKey: fromBase64(publicKey) })),
      at,
      ...(password ? { password } : {}),
      ...(content ? { content: new Uint8Array(await content.arrayBuffer()) } : {}),
    },
    witnessing: {
      witnesses: trust.witnesses.map(({ name, publicKey }) => ({ name, publicKey: fromBase64(publicKey) })),
      proofs,
    },
  };
  const worker = new Worker(address);
  try {
    return await ask(worker, question);
  } finally {
    worker.terminate();
  }
}

function ask(worker: Worker, question: BrowserQuestion): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ isLate: true }), longestMs);
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<BrowserAnswer>) => settle(data));
    worker.addEventListener('error', ({ message }) => settle({ failed: message }));
    worker.postMessage(question);
  });
}

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
