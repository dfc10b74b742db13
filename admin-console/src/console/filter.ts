import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';

/** A filter of a list, kept in the address: a reload, the way back and a sent link show the same list. */
export function useFilter<Value extends string>(name: string): readonly [Value | '', (value: Value | '') => void] {
  const { query, route } = useLocation();
  const [value, setValue] = useState((query[name] ?? '') as Value | '');
  // A link to the same page with another filter, as the search box has them.
  useEffect(() => setValue((query[name] ?? '') as Value | ''), [query[name]]);
  const set = (next: Value | '') => {
    setValue(next);
    const address = new URLSearchParams(location.search);
    if (next) address.set(name, next);
    else address.delete(name);
    route(address.size > 0 ? `${location.pathname}?${address}` : location.pathname, true);
  };
  return [value, set];
}
