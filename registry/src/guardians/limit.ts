import type { Actor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { notify } from '../notices/notices.ts';
import { organisationOf } from '../people/people.ts';
import { findGuardianship, noGuardianship } from './guardians.ts';

/**
 * What a guardian may see and decide: all of it; the child's documents alone; nothing, where a court said so (Law on
 * Marriage and Family 2014, articles 85 to 87).
 */
export const guardianScopes = ['full', 'documents', 'none'] as const;
export type GuardianScope = (typeof guardianScopes)[number];

export interface Limit {
  readonly scope: GuardianScope;
  /** The decision that says so: court, number, day. */
  readonly reason: string;
  /** `YYYY-MM-DD`: from that day all of it again; null: until somebody lifts it. */
  readonly until: string | null;
}

/** Limits a guardian, or lifts the limit, at once: it is asked at every request. @throws NotFound */
export async function limitGuardianship(
  transaction: Transaction,
  id: string,
  { scope, reason, until }: Limit,
  actor: Actor,
): Promise<void> {
  const found = await findGuardianship(transaction, id);
  if (!found || found.validUntil !== null) throw noGuardianship();
  const { childId, guardianId } = found;
  await sql`
    UPDATE registry.guardianship SET scope = ${scope}, scope_reason = ${scope === 'full' ? null : reason.trim()},
      scope_until = ${scope === 'full' ? null : until}::date WHERE id = ${id}`.execute(transaction);
  await record(transaction, {
    type: 'guardianship.limited',
    actor,
    subject: { kind: 'person', id: childId },
    ...(await organisationOf(transaction, childId)),
    data: { guardianshipId: id, guardianId, scope },
  });
  await notify(transaction, {
    personId: guardianId,
    kind: scope === 'full' ? 'guardianship.lifted' : 'guardianship.limited',
  });
}
