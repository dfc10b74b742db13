/** Wakes those who listen to the feed in this process. A hint: they look by themselves as well. */
export class FeedNews {
  readonly #waiting = new Set<() => void>();
  isClosed = false;

  /** Something was written down. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next ring, or after the time. */
  next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, this.isClosed ? 0 : ms);
      this.#waiting.add(wake);
    });
  }

  /** Those who listen end. */
  close(): void {
    this.isClosed = true;
    this.ring();
  }
}
