import type { Database } from '@edutrust/platform/database';
import { type DirectoryPerson, listDirectoryPeople } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import { type Change, membersOf, PlanDigest } from '../model/change.ts';
import { type ReleasedPerson, release } from '../model/contract.ts';
import type { RunTotals } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import { changesOf, compare, type Difference } from './compare.ts';
import { Seen } from './seen.ts';

const pageSize = 2_000;

export const noTotals: RunTotals = { added: 0, changed: 0, disabled: 0, memberships: 0, unchanged: 0, failed: 0 };

/** A plan that is written down, row for row, under its run. */
export interface WrittenPlan {
  readonly totals: RunTotals;
  /** Over every row in its order. */
  readonly digest: Buffer;
  /** Over those of people who left. */
  readonly leaversDigest: Buffer;
  readonly leavers: number;
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

  async write(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      this.#digest.add(change);
      if (change.ofLeaver) this.#leavers.add(change);
      if (change.kind === 'membership') this.#totals.memberships += membersOf(change).length;
      if (change.kind !== 'person') continue;
      if (change.action === 'add') this.#totals.added += 1;
      else if (change.action === 'change') this.#totals.changed += 1;
      else {
        this.#totals.disabled += 1;
        this.#leaverCount += 1;
      }
    }
    for (let from = 0; from < changes.length; from += 1_000) {
      const rows = changes.slice(from, from + 1_000).map(({ personId, ofLeaver, ...change }, index) => ({
        ...change,
        number: this.#number + from + index,
        person_id: personId,
        of_leaver: ofLeaver,
      }));
      await sql`
        INSERT INTO sync.change (run_id, number, kind, action, key, person_id, before, after, of_leaver)
        SELECT ${this.#runId}, * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
          number int, kind text, action text, key text, person_id uuid, before jsonb, after jsonb, of_leaver boolean)`.execute(
        this.#db,
      );
    }
    this.#number += changes.length;
  }

  end(): WrittenPlan {
    return {
      totals: this.#totals,
      digest: this.#digest.end(),
      leaversDigest: this.#leavers.end(),
      leavers: this.#leaverCount,
    };
  }
}

/**
 * What separates the target from the registry, everybody and every group, written down under the run. Nothing is written
 * at the target. Memory is flat: both sides pass in pages.
 *
 * Whom the target holds and the registry knows, but who has no place below the organisation any longer, is a leaver:
 * left, merged, or moved elsewhere. Entries that the registry never made are left alone.
 */
export async function planEverything(
  db: Database,
  connection: Connection,
  target: TargetRow,
  runId: string,
): Promise<WrittenPlan> {
  const seen = new Seen(db, target.id, connection.fold);
  const writer = new PlanWriter(db, runId);
  const organisationId = target.organisation_id;
  try {
    await seen.fill(connection);
    const groups = new Set<string>();
    const comparePage = async (people: Awaited<ReturnType<typeof listDirectoryPeople>>) => {
      const wanted = people.map((person) => wantedAt(connection, target, person));
      const held = await seen.take(wanted.map(({ key }) => key));
      const differences: Difference[] = [];
      for (const person of wanted) {
        for (const group of person.groups) groups.add(group);
        const difference = compare(person, held.get(connection.fold(person.key)), connection.fold);
        if (difference.person || difference.join.length + difference.leave.length > 0) differences.push(difference);
      }
      writer.unchanged(wanted.length - differences.filter(({ person }) => person).length);
      await writer.write(changesOf(differences));
    };
    for (let after: string | undefined; ; ) {
      const people = await listDirectoryPeople(db, { organisationId, limit: pageSize, ...(after ? { after } : {}) });
      await comparePage(people);
      after = people.at(-1)?.id;
      if (people.length < pageSize) break;
    }
    for (let after = ''; ; ) {
      const educationIds = await seen.rest(after, pageSize);
      if (educationIds.length === 0) break;
      await comparePage(await listDirectoryPeople(db, { organisationId, educationIds }));
      after = educationIds.at(-1) ?? '';
    }
    const missing = await seen.missingGroups([...groups].sort());
    await writer.write(missing.map(newGroup));
    return writer.end();
  } finally {
    await seen.clear();
  }
}

/** A person as this target should hold them: what its contract allows, of what it has a place for. */
export function wantedAt({ carries }: Connection, { contract }: TargetRow, person: DirectoryPerson): ReleasedPerson {
  const released = release(person, contract);
  const fields = Object.entries(released.fields).filter(([field]) => carries.has(field));
  return { ...released, fields: Object.fromEntries(fields) };
}

function newGroup(key: string): Change {
  return { kind: 'group', action: 'add', key, before: {}, after: {}, personId: null, ofLeaver: false };
}

/** The same for some people and the groups that they are or were in; nothing is written down, no group is read whole. */
export async function planPeople(
  db: Database,
  connection: Connection,
  target: TargetRow,
  personIds: readonly string[],
): Promise<Change[]> {
  const people = await listDirectoryPeople(db, { organisationId: target.organisation_id, personIds });
  if (people.length === 0) return [];
  const wanted = people.map((person) => wantedAt(connection, target, person));
  const held = await connection.lookUp(wanted.map(({ key }) => key));
  return changesOf(wanted.map((person) => compare(person, held.get(person.key), connection.fold)));
}
