import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { NoConnection, Refused } from './api.ts';

/** What a screen shows while it asks, when it has the answer, and when it was refused. */
export type Loaded<Data> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly data: Data }
  | { readonly state: 'failed'; readonly message: string };

/** Asks again. `true`: nobody has done anything, so that an answer that does not come now leaves what is shown. */
export type Reload = (isQuiet?: true) => void;

/** Asks once per key, and again on `reload`; an answer to an older question is dropped. */
export function useLoad<Data>(key: string, ask: () => Promise<Data>): readonly [Loaded<Data>, Reload] {
  const [loaded, setLoaded] = useState<Loaded<Data>>({ state: 'loading' });
  const [round, setRound] = useState({ number: 0, isQuiet: false });
  const shown = useRef<string | undefined>(undefined);
  // the key says what is asked; `ask` is made anew each time
  useEffect(() => {
    let isCurrent = true;
    ask().then(
      (data) => {
        if (!isCurrent) return;
        shown.current = key;
        setLoaded({ state: 'ready', data });
      },
      (error: unknown) => {
        if (!isCurrent || (round.isQuiet && shown.current === key && passes(error))) return;
        setLoaded({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [key, round]);
  const reload = useCallback<Reload>(
    (isQuiet) => setRound(({ number }) => ({ number: number + 1, isQuiet: isQuiet === true })),
    [],
  );
  return [loaded, reload];
}

/** A cut line, or a server that starts again: the next question may be answered. */
const passes = (error: unknown): boolean =>
  error instanceof NoConnection || (error instanceof Refused && error.problem.status >= 500);

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
