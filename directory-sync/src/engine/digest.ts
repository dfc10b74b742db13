import { createHash, hash } from 'node:crypto';
import type { Holding } from '../connectors/connector.ts';
import type { Values } from '../model/change.ts';
import type { ReleasedPerson } from '../model/contract.ts';

const bytes = 32;

/**
 * One digest of a set: the XOR of the SHA-256 of what is in it (MSet-XOR-Hash, Clarke et al. 2003), so that pages may come
 * in any order and nothing is kept in memory. It shows drift and lost changes. A target that makes up its answers could as
 * well repeat what it was sent: no digest would show that.
 */
export class SetDigest {
  readonly #sum = Buffer.alloc(bytes);

  add(text: string): void {
    this.addDigest(hash('sha256', text, 'buffer'));
  }

  addDigest(digest: Buffer): void {
    for (let at = 0; at < bytes; at += 1) this.#sum[at] = (this.#sum[at] ?? 0) ^ (digest[at] ?? 0);
  }

  get value(): Buffer {
    return this.#sum;
  }
}

/** What a run found when it read the target again. */
export interface Proof {
  /** People who stand there or should; of them those whom the two sides say differently. */
  readonly people: number;
  readonly differing: number;
  readonly schools: number;
  /** Ids of schools where somebody differs, at most twenty. */
  readonly differingSchools: readonly string[];
  /** SHA-256 over the digests of the schools, hexadecimal: of what should be there, and of what is. */
  readonly should: string;
  readonly held: string;
}

/** Both roots are one: the target holds what it should, and nothing else of ours. */
export const isConverged = ({ should, held }: Proof): boolean => should === held;

interface School {
  readonly should: SetDigest;
  readonly held: SetDigest;
  isDiffering: boolean;
}

const mostNamed = 20;

/** A Merkle tree of two floors, people below schools, over what a target should hold and over what it holds. */
export class ProofWriter {
  readonly #fold: (key: string) => string;
  readonly #schools = new Map<string, School>();
  #people = 0;
  #differing = 0;

  get isEmpty(): boolean {
    return this.#people === 0;
  }

  constructor(fold: (key: string) => string) {
    this.#fold = fold;
  }

  /**
   * One person, as the contract has them and as the target holds them; whether it is the same. Who left and is not there
   * is nobody.
   */
  add(schoolId: string, wanted: ReleasedPerson, held: Holding | undefined): boolean {
    if (!wanted.isActive && !held) return true;
    const school = this.#schools.get(schoolId) ?? {
      should: new SetDigest(),
      held: new SetDigest(),
      isDiffering: false,
    };
    this.#schools.set(schoolId, school);
    const names = Object.keys(wanted.fields);
    const should = this.#lineOf(wanted.key, names, wanted);
    const is = held && this.#lineOf(wanted.key, names, held);
    const digest = hash('sha256', should, 'buffer');
    school.should.addDigest(digest);
    if (is === should) school.held.addDigest(digest);
    else if (is !== undefined) school.held.add(is);
    this.#people += 1;
    if (is === should) return true;
    this.#differing += 1;
    school.isDiffering = true;
    return false;
  }

  /** Only fields that we send are ours to compare. */
  #lineOf(key: string, names: readonly string[], { fields, groups }: Pick<Holding, 'fields' | 'groups'>): string {
    return JSON.stringify([this.#fold(key), contentOf(fields, names), [...new Set(groups.map(this.#fold))].sort()]);
  }

  end(): Proof {
    const schools = [...this.#schools].sort(([one], [other]) => (one < other ? -1 : 1));
    const rootOf = (side: 'should' | 'held') => {
      const root = createHash('sha256');
      for (const [id, school] of schools) root.update(id).update(school[side].value);
      return root.digest('hex');
    };
    return {
      people: this.#people,
      differing: this.#differing,
      schools: schools.length,
      differingSchools: schools.flatMap(([id, { isDiffering }]) => (isDiffering ? [id] : [])).slice(0, mostNamed),
      should: rootOf('should'),
      held: rootOf('held'),
    };
  }
}

/** Fields so that equal ones read the same: values have no order, composed and decomposed letters are one. */
export const contentOf = (
  fields: Values,
  names: readonly string[] = Object.keys(fields),
): readonly (readonly [string, readonly string[]])[] =>
  [...names].sort().map((name) => {
    const values = (fields[name] ?? []).map((value) => value.normalize('NFC'));
    return [name, values.length > 1 ? values.sort() : values] as const;
  });
