import type { ServiceContext } from '@edutrust/platform/context';
import { uuidv7 } from '@edutrust/platform/ids';
import { listDirectoryPeople } from '@edutrust/registry/people';
import { sql } from 'kysely';
import type { Connection, Held } from '../src/connectors/connector.ts';
import { noTotals, planEverything } from '../src/engine/plan.ts';
import { contractFields, release } from '../src/model/contract.ts';
import type { RunTotals } from '../src/tables.ts';
import { addTarget, findTarget, type TargetRow } from '../src/targets/store.ts';

const pageSize = 2_000;
const actor = { kind: 'system', name: 'mirror' } as const;

/**
 * A target that holds just what it should, people and groups as an LDAP server keeps them, and answers as fast as the
 * registry itself is read: what a night's comparison costs without a server at the other end. `forgets` says whom it lost.
 */
function mirrorOf({ db }: ServiceContext, target: TargetRow, forgets: (key: string) => boolean): Connection {
  return {
    inFlight: 8,
    carries: new Set(['isActive', 'educationId', 'fullName', 'familyName', 'givenName', ...contractFields, 'groups']),
    fold: (key) => key,
    prepare: async () => undefined,
    async *inventory(): AsyncGenerator<Held> {
      const groups = new Set<string>();
      for (let after: string | undefined; ; ) {
        const organisationId = target.organisation_id;
        const people = await listDirectoryPeople(db, { organisationId, limit: pageSize, ...(after ? { after } : {}) });
        const members = new Map<string, string[]>();
        for (const { key, fields, groups: of } of people.map((person) => release(person, target.contract))) {
          if (forgets(key)) continue;
          yield { kind: 'person', key, fields };
          for (const group of of) members.set(group, [...(members.get(group) ?? []), key]);
        }
        for (const [group, keys] of members) {
          if (!groups.has(group)) yield { kind: 'group', key: group };
          groups.add(group);
          yield { kind: 'membership', group, people: keys };
        }
        after = people.at(-1)?.id;
        if (people.length < pageSize) return;
      }
    },
    lookUp: async () => new Map(),
    apply: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Compares everybody below an organisation with such a target, and gives what would be done. */
export async function compareWithMirror(
  context: ServiceContext,
  organisationId: string,
  forgets: (key: string) => boolean,
): Promise<RunTotals> {
  const { db, clock } = context;
  const settings = { url: 'http://127.0.0.1:1', profile: 'rfc' };
  const id = await db
    .transaction()
    .execute((tx) =>
      addTarget(context, tx, { name: uuidv7(), kind: 'scim', settings, secret: 'none', organisationId }, actor),
    );
  const target = await findTarget(db, id);
  const runId = uuidv7();
  await sql`
    INSERT INTO sync.run (id, target_id, mode, state, totals, started_at)
    VALUES (${runId}, ${id}, 'plan', 'running', ${JSON.stringify(noTotals)}::jsonb, ${clock.now()})`.execute(db);
  const { totals } = await planEverything(context, mirrorOf(context, target, forgets), target, runId);
  await sql`DELETE FROM sync.target WHERE id = ${id}`.execute(db);
  return totals;
}
