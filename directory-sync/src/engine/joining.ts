import type { Change } from '../model/change.ts';
import { byGroup, type Difference } from './compare.ts';

/** So many are kept in memory before they are written down. */
const mostKept = 50_000;
/** A group that is made takes more at once than one that is there: nothing has to be looked for in it. */
const membersOfNew = 2_000;

/** Who comes into which group, gathered over pages, so that a group that is not there yet is made with its members. */
export class Joining {
  readonly #missingOf: (groups: string[]) => Promise<string[]>;
  readonly #made = new Set<string>();
  #members = new Map<string, string[]>();
  #count = 0;

  constructor(missingOf: (groups: string[]) => Promise<string[]>) {
    this.#missingOf = missingOf;
  }

  get isFull(): boolean {
    return this.#count >= mostKept;
  }

  /** What else separates a person. */
  takenFrom(difference: Difference): Difference {
    for (const group of difference.join) {
      const members = this.#members.get(group);
      if (members) members.push(difference.key);
      else this.#members.set(group, [difference.key]);
    }
    this.#count += difference.join.length;
    return { ...difference, join: [] };
  }

  /** The changes for those who were gathered, groups that are to be made first. */
  async changes(): Promise<Change[]> {
    const members = this.#members;
    this.#members = new Map();
    this.#count = 0;
    const missing = (await this.#missingOf([...members.keys()].sort())).filter((group) => !this.#made.has(group));
    const made = missing.map((group): Change => {
      const [first, rest] = cut(members.get(group) ?? []);
      members.set(group, rest);
      this.#made.add(group);
      const after = { members: first };
      return { kind: 'group', action: 'add', key: group, before: {}, after, personId: null, ofLeaver: false };
    });
    return [...made, ...byGroup('add', members)];
  }
}

const cut = (keys: readonly string[]): [string[], string[]] => [keys.slice(0, membersOfNew), keys.slice(membersOfNew)];
