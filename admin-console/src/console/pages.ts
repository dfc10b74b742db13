import { useEffect, useState } from 'preact/hooks';
import type { Loaded } from '../design/load.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** A list that grows page by page; starts anew when the key changes, after typing has paused. */
export function usePages<Item>(
  key: string,
  ask: (cursor: string | undefined) => Promise<Page<Item>>,
): { readonly loaded: Loaded<readonly Item[]>; readonly more: (() => void) | undefined } {
  const [loaded, setLoaded] = useState<Loaded<readonly Item[]>>({ state: 'loading' });
  const [cursor, setCursor] = useState<string | null>(null);
  const fail = (error: unknown) =>
    setLoaded({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => {
      ask(undefined).then((page) => {
        if (!isCurrent) return;
        setLoaded({ state: 'ready', data: page.items });
        setCursor(page.nextCursor);
      }, fail);
    }, 150);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key]);
  const more = () => {
    ask(cursor ?? undefined).then((page) => {
      setLoaded((before) => ({
        state: 'ready',
        data: [...(before.state === 'ready' ? before.data : []), ...page.items],
      }));
      setCursor(page.nextCursor);
    }, fail);
  };
  return { loaded, more: cursor === null ? undefined : more };
}
