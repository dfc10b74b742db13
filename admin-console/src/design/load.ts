import { useCallback, useEffect, useState } from 'preact/hooks';

/** What a screen shows while it asks, when it has the answer, and when it was refused. */
export type Loaded<Data> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly data: Data }
  | { readonly state: 'failed'; readonly message: string };

/** Asks once per key, and again on `reload`; an answer to an older question is dropped. */
export function useLoad<Data>(key: string, ask: () => Promise<Data>): readonly [Loaded<Data>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<Data>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  // the key says what is asked; `ask` is made anew each time
  useEffect(() => {
    let isCurrent = true;
    ask().then(
      (data) => isCurrent && setLoaded({ state: 'ready', data }),
      (error: unknown) =>
        isCurrent && setLoaded({ state: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, round]);
  return [loaded, useCallback(() => setRound((now) => now + 1), [])];
}

/** Runs an action once at a time and keeps its refusal for the screen. */
export function useAction(): {
  readonly isBusy: boolean;
  /** The refusal's sentence. */
  readonly error: string | undefined;
  readonly caught: unknown;
  run(action: () => Promise<unknown>): Promise<void>;
} {
  const [isBusy, setBusy] = useState(false);
  const [caught, setCaught] = useState<unknown>();
  return {
    isBusy,
    error: caught === undefined ? undefined : caught instanceof Error ? caught.message : String(caught),
    caught,
    run: async (action) => {
      setBusy(true);
      setCaught(undefined);
      try {
        await action();
      } catch (error) {
        setCaught(error);
      } finally {
        setBusy(false);
      }
    },
  };
}
