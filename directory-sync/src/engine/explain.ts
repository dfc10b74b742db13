import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { listDirectoryPeople } from '@edutrust/registry/people';
import type { Change } from '../model/change.ts';
import { type FieldPreview, preview } from '../model/contract.ts';
import { syncOf } from '../tables.ts';
import { findTarget, openTarget } from '../targets/store.ts';
import { changesOf, compare } from './compare.ts';
import { leaversOf, unusual } from './hold.ts';
import { wantedAt } from './plan.ts';

/** Why one person is, or is not, at a target as they should be; nothing is written there. */
export interface Explanation {
  /** Whose people the target gets, and in which roles: whether this is one of them now. */
  readonly scope: 'in' | 'left' | 'role' | 'elsewhere';
  /** What its contract lets it know of them, and why not the rest. */
  readonly fields: readonly FieldPreview[];
  /** How long connecting took; null where it cannot be reached, for the reason in `failure`. */
  readonly connectMs: number | null;
  readonly failure: Text | null;
  /** Whether the target has an entry of theirs; null where nobody could look. */
  readonly isThere: boolean | null;
  /** What a run would do about them now, people first. */
  readonly changes: readonly Change[];
  /** It would wait for a second person. */
  readonly isHeld: boolean;
  /** Since when a change of theirs waits to be brought. */
  readonly pendingSince: Date | null;
  /** What the target answered when the last run tried. */
  readonly refusal: string | null;
  readonly isPaused: boolean;
}

/** @throws NotFound when there is no such target. */
export async function explainPerson(context: ServiceContext, targetId: string, personId: string): Promise<Explanation> {
  const { db } = context;
  const target = await findTarget(db, targetId);
  const [person] = await listDirectoryPeople(db, { organisationId: target.organisation_id, personIds: [personId] });
  const known = {
    pendingSince: await pendingSince(context, targetId, personId),
    refusal: await lastRefusal(context, targetId, personId),
    isPaused: target.state === 'paused',
  };
  const nothing = { connectMs: null, failure: null, isThere: null, changes: [], isHeld: false } as const;
  if (!person) return { scope: 'elsewhere', fields: [], ...nothing, ...known };
  const fields = preview(person, target.contract);
  const isOfRole = person.affiliations.some(({ role }) => target.contract.roles.includes(role));
  const scope =
    person.status !== 'active' || person.affiliations.length === 0 ? 'left' : isOfRole ? 'in' : ('role' as const);
  const base = { scope, fields, ...known } as const;
  try {
    const started = performance.now();
    await using connection = await openTarget(context, target);
    const connectMs = Math.round(performance.now() - started);
    const wanted = wantedAt(connection, target, person);
    const held = (await connection.lookUp([wanted.key])).get(wanted.key);
    const changes = changesOf([compare(wanted, held, connection.fold)]);
    const leavers = leaversOf(changes);
    const isHeld = leavers.length > 0 && (await unusual(context, target, [leavers])) !== undefined;
    return { ...base, connectMs, failure: null, isThere: held !== undefined, changes, isHeld };
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    return { ...base, ...nothing, failure: error.detail };
  }
}

async function pendingSince({ db }: ServiceContext, targetId: string, personId: string): Promise<Date | null> {
  const row = await syncOf(db)
    .selectFrom('sync.pending')
    .select('added_at')
    .where('target_id', '=', targetId)
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return row?.added_at ?? null;
}

async function lastRefusal({ db }: ServiceContext, targetId: string, personId: string): Promise<string | null> {
  const row = await syncOf(db)
    .selectFrom('sync.change')
    .select('error')
    .where('run_id', '=', (run) =>
      run
        .selectFrom('sync.run')
        .select('id')
        .where('target_id', '=', targetId)
        .where('mode', '=', 'apply')
        .orderBy('id', 'desc')
        .limit(1),
    )
    .where('state', '=', 'failed')
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return row?.error ?? null;
}
