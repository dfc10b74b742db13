import { NotAPdf } from '../formats/pdf/malformed.ts';
import { validateFile } from '../formats/validate.ts';
import { etsiReport } from '../public-verification/etsi-report.ts';
import { inWords } from '../public-verification/in-words.ts';
import { reportProps } from '../public-verification/report-props.ts';
import { withWitnesses } from '../validation/witnesses.ts';
import { createHash } from './crypto.ts';
import type { BrowserAnswer, BrowserQuestion } from './messages.ts';

/**
 * The judge on a thread of a browser, as the build compiles it for one (ADR 0198): the sources of the server, with the
 * modules beside this file in the place of Node's. One answer to each file.
 */

/** A worker's own scope: TypeScript knows a window's only. */
interface WorkerScope {
  addEventListener(type: 'message', listen: (event: { readonly data: BrowserQuestion }) => void): void;
  postMessage(answer: BrowserAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;

async function answerTo({ bytes, fileName, options, witnessing }: BrowserQuestion): Promise<BrowserAnswer> {
  try {
    const { logs = [], at } = options;
    const alone = await validateFile(bytes, options);
    const judged = witnessing ? withWitnesses(alone, { logs, at, ...witnessing }) : alone;
    const sha256 = createHash('sha256').update(bytes).digest();
    const report = inWords(judged, { bytes, judgedAt: options.at, sha256, document: null });
    const place = { fileName, downloadPath: '', etsiPath: '', paperPath: null, again: '' };
    const shownIn = (locale: 'vi' | 'en') => reportProps(report, { ...place, locale });
    const etsi = etsiReport(report);
    return { report, etsi, shown: { vi: shownIn('vi'), en: shownIn('en') } };
  } catch (error) {
    if (error instanceof NotAPdf) return { notAPdf: true };
    return { failed: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' };
  }
}

scope.addEventListener('message', async ({ data }) => scope.postMessage(await answerTo(data)));
