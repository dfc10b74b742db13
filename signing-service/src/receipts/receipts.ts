import { receiptSigner } from '@edutrust/certs/receipts';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Locale } from '@edutrust/platform/messages';
import { signPdf } from '../formats/pades/pades.ts';
import { drawSheet } from '../sheet/sheet.ts';

/** What a receipt says, in words of whoever keeps it; text as it is to be read. */
export interface Receipt {
  readonly locale: Locale;
  readonly title: string;
  /** What it is about in one sentence. */
  readonly sentence: string;
  readonly parts: readonly {
    readonly heading: string;
    /** Names and values. */
    readonly facts: readonly (readonly [string, string])[];
  }[];
  /** What it proves, and what not. */
  readonly worth: string;
}

/**
 * A receipt as a PDF, signed by the platform's own service and time-stamped: PAdES B-T (ETSI EN 319 142-1 §6). The time is
 * that of its making. No seal and nobody's signature is on it.
 *
 * @throws what {@link receiptSigner} throws.
 */
export async function makeReceipt(
  context: ServiceContext,
  { locale, title, sentence, parts, worth }: Receipt,
): Promise<Buffer> {
  const signer = await receiptSigner(context);
  const at = context.clock.now();
  const { origin } = context.config.url;
  const sheet = await drawSheet({ title, locale, at }, (paper) => {
    paper.text('P', sentence, { font: 'semibold', size: 12.5, after: 4 });
    for (const { heading, facts } of parts) {
      paper.heading(heading);
      for (const [name, value] of facts) paper.fact(name, value);
    }
    paper.proves(worth, `${origin}/verify`);
  });
  return signPdf(sheet, { signerName: 'EduTrust', description: title, at }, signer);
}
