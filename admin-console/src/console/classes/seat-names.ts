import { givenName } from '../call.ts';
import { repeated } from '../twins.ts';

interface Named {
  readonly id: string;
  readonly fullName: string;
}

/**
 * What stands on each seat: the given name; with the name before it where two share one; a letter, in the order of the
 * list, where two share the whole name.
 */
export function seatNames(learners: readonly Named[]): ReadonlyMap<string, string> {
  const shared = repeated(learners.map(({ fullName }) => givenName(fullName)));
  const twins = repeated(learners.map(({ fullName }) => fullName));
  const seen = new Map<string, number>();
  return new Map(
    learners.map(({ id, fullName }) => {
      const given = givenName(fullName);
      if (twins.has(fullName)) {
        const nth = seen.get(fullName) ?? 0;
        seen.set(fullName, nth + 1);
        return [id, `${given} (${String.fromCharCode(65 + nth)})`];
      }
      return [id, shared.has(given) ? fullName.trim().split(/\s+/).slice(-2).join(' ') : given];
    }),
  );
}
