import { PdfBeyondLimits } from './malformed.ts';

/** What reading one file may take at most (E3). */
export interface PdfLimits {
  readonly maxBytes: number;
  readonly maxObjects: number;
  readonly maxDepth: number;
  readonly maxRevisions: number;
  /** All inflated structure streams, and all that is decrypted, together. */
  readonly maxInflatedBytes: number;
  /** Tokens read, over all objects and repeated reads. */
  readonly maxTokens: number;
}

export const defaultLimits: PdfLimits = {
  maxBytes: 100 * 1024 * 1024,
  maxObjects: 300_000,
  maxDepth: 64,
  maxRevisions: 128,
  maxInflatedBytes: 64 * 1024 * 1024,
  maxTokens: 8_000_000,
};

/** What is left of the limits while one file is read. */
export class Budget {
  readonly limits: PdfLimits;
  #tokens: number;
  #inflatedBytes: number;

  constructor(limits: PdfLimits) {
    this.limits = limits;
    this.#tokens = limits.maxTokens;
    this.#inflatedBytes = limits.maxInflatedBytes;
  }

  takeToken(): void {
    if (--this.#tokens < 0) throw new PdfBeyondLimits('too many tokens');
  }

  get inflatedBytesLeft(): number {
    return this.#inflatedBytes;
  }

  takeInflated(bytes: number): void {
    this.#inflatedBytes -= bytes;
    if (this.#inflatedBytes < 0) throw new PdfBeyondLimits('too much compressed data');
  }
}
