import { useEffect, useState } from 'preact/hooks';

/**
 * What a person typed or chose is kept over a sign-in that the server asks for in between: in this tab, for one return
 * of the same person to the same page. Secrets are never given to it.
 */
interface Kept {
  readonly person: string;
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const place = 'edutrust.kept';
const now = new Map<string, unknown>();
let keeper = '';
let returned: Kept | undefined;

/** Whose values these are; asked once, before anything is drawn. */
export function keepFor(personId: string): void {
  keeper = personId;
  const text = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  const kept = text ? (JSON.parse(text) as Kept) : undefined; // written by `keepOverSignIn` below
  returned = kept?.person === personId ? kept : undefined;
}

/** Called when the page leaves to sign in. */
export function keepOverSignIn(): void {
  const kept: Kept = { person: keeper, path: location.pathname, values: Object.fromEntries(now) };
  if (keeper && now.size > 0) sessionStorage.setItem(place, JSON.stringify(kept));
}

/** State that survives a sign-in in between; `name` tells it from others of the page. */
export function useKept<Value>(name: string, initial: Value): readonly [Value, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() =>
    returned?.path === location.pathname && name in returned.values ? (returned.values[name] as Value) : initial,
  );
  useEffect(() => {
    now.set(name, value);
    return () => {
      now.delete(name);
    };
  }, [name, value]);
  return [value, setValue];
}
