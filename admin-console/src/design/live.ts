import { useEffect, useRef } from 'preact/hooks';
import type { Reload } from './load.ts';

/** A stream says at least every five seconds that it lives (ADR 0192); after so long it is taken for broken. */
const silentMs = 15_000;

/**
 * Calls `ask` whenever the server says that what the path answers has changed. Where no stream comes through (a proxy
 * keeps it back, too many pages are open) it asks every `everyMs` milliseconds. A page that nobody looks at does neither.
 */
export function useLive(path: string | undefined, ask: Reload, everyMs = 10_000): void {
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    if (!path) return;
    let stream: EventSource | undefined;
    let heardAt = Number.NEGATIVE_INFINITY;
    const hear = () => {
      heardAt = performance.now();
    };
    const follow = () => {
      stream?.close();
      stream = undefined;
      if (document.visibilityState !== 'visible') return;
      stream = new EventSource(path);
      stream.addEventListener('beat', hear);
      stream.addEventListener('message', () => {
        hear();
        asking.current(true);
      });
    };
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible' || performance.now() - heardAt < silentMs) return;
      asking.current(true);
      if (stream?.readyState === EventSource.CLOSED) follow(); // refused for now
    }, everyMs);
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      stream?.close();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, [path, everyMs]);
}

/** Asks again every `everyMs` milliseconds while somebody looks at the page: where no stream tells. Without `ask` it rests. */
export function useAgain(ask: Reload | undefined, everyMs: number): void {
  useEffect(() => {
    if (!ask) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && ask(true), everyMs);
    return () => clearInterval(timer);
  }, [ask, everyMs]);
}
