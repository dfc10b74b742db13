import { Refusal } from './reason.ts';

/** About a microsecond each: what one validation may cost, whatever it is given (V2). */
const wholeBudget = 500_000;

/** What the steps cost in the same unit, measured with the worst input of each kind. */
export const cost = {
  /** P-521, with a compressed point, is the slowest that is accepted. */
  signature: 2_500,
  /** A certificate set at the end of a chain that is looked for. */
  step: 10,
  /** A chain judged by §6.1. */
  chain: 100,
  /** A name brought into the form in which it is compared. */
  name: 8,
} as const;

/**
 * The work that one validation has left. A budget instead of a time-out: the same input gets the same answer on a slow
 * machine and a fast one.
 */
export class WorkBudget {
  #left = wholeBudget;

  /** @throws Refusal `work-budget` when there is not so much left. */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new Refusal('work-budget');
  }
}

/** Undefined for what throws, because it is malformed; a spent budget is not swallowed. */
export function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Refusal && error.refused.code === 'work-budget') throw error;
    return undefined;
  }
}
