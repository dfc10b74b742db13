/** Wakes those who listen to the feed in this process. A hint: they look by themselves as well. */
export class FeedNews {
  readonly #waiting = new Set<() => void>();

  /** Something was written down. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next ring, after the time, or when the listener ends. */
  next(ms: number, ending: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        ending.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ending.aborted ? 0 : ms);
      this.#waiting.add(wake);
      ending.addEventListener('abort', wake);
    });
  }
}
