import { useLoad } from '../design/load.ts';
import { useMay } from './me.ts';

/** As many as the server answers for at once. */
const atOnce = 100;

/**
 * What is known of the things of a list, asked after the list itself, a hundred at a time, by their ids; undefined for who
 * may not do `action`, and until it is known.
 */
export function useOfList<One>(
  name: string,
  action: string,
  ids: readonly string[],
  ask: (ids: string[]) => Promise<{ readonly items: readonly One[] }>,
  idOf: (one: One) => string,
): ReadonlyMap<string, One> | undefined {
  const may = useMay(action);
  const [loaded] = useLoad(`${name} ${may} ${ids.join()}`, async () => {
    const parts = Array.from({ length: may ? Math.ceil(ids.length / atOnce) : 0 }, (_, part) =>
      ids.slice(part * atOnce, (part + 1) * atOnce),
    );
    const answers = await Promise.all(parts.map(ask));
    return new Map(answers.flatMap(({ items }) => items).map((one) => [idOf(one), one]));
  });
  return may && loaded.state === 'ready' ? loaded.data : undefined;
}
