import { Conflict } from '../errors.ts';
import type { Text } from '../messages/messages.ts';

/** A state as a person reads it, and to which states it may go; a state that goes nowhere is final. */
export interface StateEntry<State extends string> extends Text {
  readonly to: readonly State[];
}

/** A state machine: the one table of the moves that a thing may make. */
export interface Moves<State extends string> {
  readonly states: readonly State[];
  allows(from: State, to: State): boolean;
  /** @throws Conflict with the machine's code when the table does not have this move. */
  mustMove(from: State, to: State): void;
  isFinal(state: State): boolean;
  nameOf(state: State): Text;
}

/**
 * A state machine as a table. `code` is of the Conflict that a move outside the table answers with
 * (`approvals/not-now`).
 */
export function defineMoves<State extends string>(
  code: string,
  table: Readonly<Record<State, StateEntry<NoInfer<State>>>>,
): Moves<State> {
  const states = Object.keys(table) as State[]; // the table's own keys
  const allows = (from: State, to: State) => table[from].to.includes(to);
  return {
    states,
    allows,
    mustMove: (from, to) => {
      if (allows(from, to)) return;
      throw new Conflict(code, {
        vi: `Không thực hiện được: trạng thái hiện tại là «${table[from].vi}».`,
        en: `Not possible: the current state is "${table[from].en}".`,
      });
    },
    isFinal: (state) => table[state].to.length === 0,
    nameOf: (state) => table[state],
  };
}
