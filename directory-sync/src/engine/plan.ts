import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { type DirectoryPerson, listDirectoryPeople } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection, Holding } from '../connectors/connector.ts';
import { type Change, membersOf, PlanDigest } from '../model/change.ts';
import { type ReleasedPerson, release } from '../model/contract.ts';
import type { RunTotals } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import { ahead } from './ahead.ts';
import type { NumberedChange } from './apply.ts';
import { changesOf, compare, type Difference } from './compare.ts';
import { forgetDelivered, keepDelivered } from './delivered.ts';
import { ProofWriter } from './digest.ts';
import { Joining } from './joining.ts';
import type { MarkDigests } from './marks.ts';
import { Seen } from './seen.ts';

const pageSize = 2_000;
/** The first is small, so that the target has something to do soon. */
const firstPageSize = 500;

export const noTotals: RunTotals = { added: 0, changed: 0, disabled: 0, memberships: 0, unchanged: 0, failed: 0 };

/** A plan that is written down, row for row, under its run. */
export interface WrittenPlan {
  readonly totals: RunTotals;
  /** Over every row in its order. */
  readonly digest: Buffer;
  /** Over those of people who left. */
  readonly leaversDigest: Buffer;
  readonly leavers: number;
  /** Over those who are there as they should be. */
  readonly inStep: ProofWriter;
  /** As each was when it was read: what is touched afterwards is looked at again. */
  readonly marks: MarkDigests | undefined;
}

/** Writes the rows of one run's plan and adds them up. */
class PlanWriter {
  readonly #db: Database;
  readonly #runId: string;
  readonly #digest = new PlanDigest();
  readonly #leavers = new PlanDigest();
  #totals: { -readonly [Name in keyof RunTotals]: RunTotals[Name] } = { ...noTotals };
  #number = 0;
  #leaverCount = 0;

  constructor(db: Database, runId: string) {
    this.#db = db;
    this.#runId = runId;
  }

  unchanged(count: number): void {
    this.#totals.unchanged += count;
  }

  /** Gives them with their numbers. */
  async write(changes: readonly Change[]): Promise<NumberedChange[]> {
    for (const change of changes) {
      this.#digest.add(change);
      if (change.ofLeaver) this.#leavers.add(change);
      if (change.kind !== 'person') this.#totals.memberships += membersOf(change).length;
      if (change.kind !== 'person') continue;
      if (change.action === 'add') this.#totals.added += 1;
      else if (change.action === 'change') this.#totals.changed += 1;
      else {
        this.#totals.disabled += 1;
        this.#leaverCount += 1;
      }
    }
    const numbered = changes.map((change, index) => ({ ...change, number: this.#number + index }));
    for (let from = 0; from < changes.length; from += 1_000) {
      const rows = numbered
        .slice(from, from + 1_000)
        .map(({ personId, ofLeaver, ...change }) => ({ ...change, person_id: personId, of_leaver: ofLeaver }));
      await sql`
        INSERT INTO sync.change (run_id, number, kind, action, key, person_id, before, after, of_leaver)
        SELECT ${this.#runId}, * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
          number int, kind text, action text, key text, person_id uuid, before jsonb, after jsonb, of_leaver boolean)`.execute(
        this.#db,
      );
    }
    this.#number += changes.length;
    return numbered;
  }

  end(): Omit<WrittenPlan, 'inStep' | 'marks'> {
    return {
      totals: this.#totals,
      digest: this.#digest.end(),
      leaversDigest: this.#leavers.end(),
      leavers: this.#leaverCount,
    };
  }
}

/** One person on both sides. */
export interface Pair {
  /** Where they belong, the first of several places. */
  readonly schoolId: string;
  readonly wanted: ReleasedPerson;
  readonly held: Holding | undefined;
}

const isInStep = ({ person, join, leave }: Difference) => !person && join.length + leave.length === 0;

/**
 * Everybody whom the registry or the target has, in pages. Whom the target holds and the registry knows, but who has no
 * place below the organisation any longer, is a leaver: left, merged, or moved elsewhere. Entries that the registry never
 * made are left out.
 */
export async function* pairsOf(
  db: Database,
  connection: Connection,
  target: TargetRow,
  seen: Seen,
): AsyncGenerator<Pair[]> {
  const organisationId = target.organisation_id;
  const both = async (people: readonly DirectoryPerson[]): Promise<Pair[]> => {
    const held = await seen.take(people.map(({ educationId }) => educationId));
    return people.map((person) => pairOf(connection, target, person, held.get(connection.fold(person.educationId))));
  };
  for (let after: string | undefined; ; ) {
    const limit = after ? pageSize : firstPageSize;
    const people = await listDirectoryPeople(db, { organisationId, limit, ...(after ? { after } : {}) });
    yield both(people);
    after = people.at(-1)?.id;
    if (people.length < limit) break;
  }
  for (let after = ''; ; ) {
    const educationIds = await seen.rest(after, pageSize);
    if (educationIds.length === 0) return;
    yield both(await listDirectoryPeople(db, { organisationId, educationIds }));
    after = educationIds.at(-1) ?? '';
  }
}

export function pairOf(
  connection: Connection,
  target: TargetRow,
  person: DirectoryPerson,
  held: Holding | undefined,
): Pair {
  const schoolId = person.affiliations[0]?.organisation.id ?? target.organisation_id;
  return { schoolId, wanted: wantedAt(connection, target, person), held };
}

/** Does rows of a plan that nothing holds back, while the next ones are planned. */
export type SendPlanned = (changes: readonly NumberedChange[]) => Promise<void>;

/**
 * What separates the target from the registry, everybody and every group, written down under the run. Nothing is written
 * at the target, but by `send`: it gets people who are there already or come, never leavers. Memory is flat: both sides
 * pass in pages.
 */
export async function planEverything(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  connection: Connection,
  target: TargetRow,
  runId: string,
  send?: SendPlanned,
): Promise<WrittenPlan> {
  const seen = new Seen(db, target.id, connection.fold);
  const writer = new PlanWriter(db, runId);
  const inStep = new ProofWriter(connection.fold);
  const joining = new Joining((groups) => seen.missingGroups(groups));
  try {
    const marks = await seen.fill(connection);
    for await (const page of ahead(pairsOf(db, connection, target, seen))) {
      const differences: Difference[] = [];
      const there: ReleasedPerson[] = [];
      for (const { schoolId, wanted, held } of page) {
        const difference = compare(wanted, held, connection.fold);
        if (isInStep(difference)) {
          inStep.add(schoolId, wanted, held);
          if (held) there.push(wanted);
        } else differences.push(difference);
      }
      await keepDelivered(db, target, there, clock.now());
      await forgetDelivered(
        db,
        target.id,
        differences.map(({ personId }) => personId),
      );
      writer.unchanged(page.length - differences.filter(({ person }) => person).length);
      const written = await writer.write(changesOf(differences.map((difference) => joining.takenFrom(difference))));
      await send?.(written.filter(({ kind, ofLeaver }) => kind === 'person' && !ofLeaver));
      if (joining.isFull) await writer.write(await joining.changes());
    }
    await writer.write(await joining.changes());
    return { ...writer.end(), inStep, marks };
  } finally {
    await seen.clear();
  }
}

/** A person as this target should hold them: what its contract allows, of what it has a place for. */
export function wantedAt(
  { carries }: Pick<Connection, 'carries'>,
  { contract }: TargetRow,
  person: DirectoryPerson,
): ReleasedPerson {
  const released = release(person, contract);
  const fields = Object.entries(released.fields).filter(([field]) => carries.has(field));
  return { ...released, fields: Object.fromEntries(fields), groups: carries.has('groups') ? released.groups : [] };
}

/** What separates these people; no group is read whole, nothing is written down. */
export async function differencesOf(
  connection: Connection,
  target: TargetRow,
  people: readonly DirectoryPerson[],
): Promise<Difference[]> {
  if (people.length === 0) return [];
  const wanted = people.map((person) => wantedAt(connection, target, person));
  const held = await connection.lookUp(wanted.map(({ key }) => key));
  return wanted
    .map((person) => compare(person, held.get(person.key), connection.fold))
    .filter((difference) => !isInStep(difference));
}

/** The changes that bring some people in step, and the groups that they are or were in. */
export async function planPeople(
  db: Database,
  connection: Connection,
  target: TargetRow,
  personIds: readonly string[],
): Promise<Change[]> {
  const people = await listDirectoryPeople(db, { organisationId: target.organisation_id, personIds });
  return changesOf(await differencesOf(connection, target, people));
}
