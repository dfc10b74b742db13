import type { ServiceContext } from '@edutrust/platform/context';
import { schoolsOf } from '@edutrust/registry/people';
import { groupsDn } from '../ldap/entry.ts';
import { type LdapServer, normalDn } from '../ldap/server.ts';
import { syncOf } from '../tables.ts';
import type { TargetRow } from '../targets/store.ts';
import { leaversOf } from './guard.ts';
import type { PlannedChange } from './plan.ts';

/** Changes that are on their way to one server at once. */
const inFlight = 8;

/**
 * Does the changes, people before groups; one that fails does not stop the others. Every one sets a state, so that a run
 * that was killed is simply run again. Gives why each that failed did, by its place in the list.
 */
export async function apply(server: LdapServer, changes: readonly PlannedChange[]): Promise<Map<number, string>> {
  const errors = new Map<number, string>();
  const groups = normalDn(groupsDn(server.baseDn));
  const numbered = [...changes.entries()];
  const isOfGroup = ([, { dn }]: (typeof numbered)[number]) => normalDn(dn).endsWith(groups);
  for (const part of [numbered.filter((change) => !isOfGroup(change)), numbered.filter(isOfGroup)]) {
    const rest = part.values();
    const work = async () => {
      for (const [number, change] of rest) {
        await applyOne(server, change).catch((error: unknown) => {
          errors.set(number, error instanceof Error ? error.message.slice(0, 300) : String(error));
        });
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }
  return errors;
}

async function applyOne(server: LdapServer, change: PlannedChange): Promise<void> {
  if (change.action === 'add') return server.add(change);
  if (Object.keys(change.attributes).length > 0) await server.replace(change.dn, change.attributes);
  if (change.members) await server.changeMembers(change.dn, change.members);
}

/** Remembers who was disabled: the guard looks at a whole day. What a second person approved counts no longer. */
export async function rememberDisabled(
  { db, clock }: ServiceContext,
  target: TargetRow,
  changes: readonly PlannedChange[],
  { approved }: { readonly approved: boolean },
): Promise<void> {
  const leavers = leaversOf(changes);
  if (leavers.length === 0) return;
  const schools = await schoolsOf(db, leavers);
  const at = clock.now();
  for (let from = 0; from < leavers.length; from += 1_000) {
    await syncOf(db)
      .insertInto('sync.disabled')
      .values(
        leavers.slice(from, from + 1_000).map((person_id) => ({
          target_id: target.id,
          person_id,
          organisation_ids: schools.get(person_id) ?? [],
          at,
          approved,
        })),
      )
      .execute();
  }
  await syncOf(db)
    .deleteFrom('sync.disabled')
    .where('target_id', '=', target.id)
    .where('at', '<', new Date(at.getTime() - 7 * 86_400_000))
    .execute();
}
