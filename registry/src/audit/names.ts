import type { Database } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import type { AuditEntry } from '@edutrust/platform/ledger';
import { sql } from 'kysely';

/** A thing that another workspace keeps, by its name; of a document also whom it is about. */
export interface NamedThing {
  readonly id: string;
  readonly name: string;
  readonly about?: string | null;
}

/** Names of things by their ids, as far as somebody who reads the log of those organisations may know them. */
type NamesOf = (db: Database, ids: readonly string[], within: readonly string[]) => Promise<readonly NamedThing[]>;

/** By the kind of subject: each workspace knows the names of what it keeps. */
export type SubjectNames = Readonly<Record<string, NamesOf>>;

export interface Named {
  readonly id: string;
  readonly name: string;
  readonly isSeen: boolean;
  readonly homeId: string | null;
  readonly homeName: string | null;
  /** A person whom the name tells of, other than the thing itself. */
  readonly about?: string | null;
}

/** Names of people, classes and organisations of the entries, and whether the reader reaches them. */
async function registryNames(db: Database, entries: readonly AuditEntry[], scope: readonly string[]): Promise<Named[]> {
  const ids = entries
    .flatMap(({ actor, subject }) => [actor.kind === 'person' ? actor.personId : '', subject.id])
    .filter(isUuid);
  const { rows } = await sql<Named>`
      SELECT p.id, p.full_name AS name, home.id AS "homeId", home.name AS "homeName",
        coalesce(home.path && ${[...scope]}::uuid[], false) OR EXISTS (
          SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
          WHERE f.person_id = p.id AND f.valid_until IS NULL AND o.path && ${[...scope]}::uuid[])
        OR EXISTS (SELECT FROM registry.organisation AS root WHERE root.parent_id IS NULL AND root.id = ANY(${[...scope]}::uuid[])) AS "isSeen"
      FROM registry.person AS p LEFT JOIN registry.organisation AS home ON home.id = p.home_organisation_id
      WHERE p.id = ANY(${ids}::uuid[])
      UNION ALL SELECT id, name, NULL, NULL, true FROM registry.organisation WHERE id = ANY(${ids}::uuid[])
      UNION ALL SELECT c.id, c.code || ' · ' || o.name, NULL, NULL, o.path && ${[...scope]}::uuid[]
      FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE c.id = ANY(${ids}::uuid[])`.execute(
    db,
  );
  return rows;
}

/** Names of everything that the entries name and the reader may know. */
export async function namesOf(
  db: Database,
  entries: readonly AuditEntry[],
  scope: readonly string[],
  others: SubjectNames,
): Promise<Map<string, Named>> {
  const found = await Promise.all([
    registryNames(db, entries, scope),
    ...Object.entries(others).map(async ([kind, ask]) => {
      const ids = entries.flatMap(({ actor, subject }) => [
        ...(subject.kind === kind ? [subject.id] : []),
        ...(kind === 'app' && actor.kind === 'app' ? [actor.clientId] : []),
      ]);
      if (ids.length === 0) return [];
      const things = await ask(db, [...new Set(ids)], scope);
      return things.map((thing) => ({ ...thing, isSeen: true, homeId: null, homeName: null }));
    }),
  ]);
  return new Map(found.flat().map((row) => [row.id, row]));
}
