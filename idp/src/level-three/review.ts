import { createHash } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { recordedRolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { administration, reviewMonths } from './rules.ts';

/** Four kinds apart (TCVN 14423:2026 §5.6): who administers, who works with it, who builds apps, what no person is. */
export type AccountKind = 'administration' | 'operation' | 'technical' | 'service';

export interface ReviewedAccount {
  /** Of a person or of an app. */
  readonly id: string;
  readonly name: string;
  readonly kind: AccountKind;
  readonly roles: string[];
  readonly status: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export interface Review {
  readonly accounts: readonly ReviewedAccount[];
  /** SHA-256 of the list, hexadecimal: what confirming it names. */
  readonly digest: string;
  readonly lastReviewedAt: Date | null;
  /** Null: at once. */
  readonly dueAt: Date | null;
}

/** The accounts of people at home in the organisation who are not pupils, and of its apps; with when they were reviewed last. */
export async function reviewOf(db: Database, organisationId: string): Promise<Review> {
  const { rows: people } = await sql<Omit<ReviewedAccount, 'kind' | 'roles'>>`
    SELECT p.id, p.full_name AS name, a.status, a.created_at AS "createdAt", a.last_sign_in_at AS "lastUsedAt"
    FROM registry.person AS p JOIN idp.account AS a ON a.person_id = p.id
    WHERE p.home_organisation_id = ${organisationId} AND p.status = 'active' AND EXISTS (
      SELECT FROM registry.affiliation AS f
      WHERE f.person_id = p.id AND f.valid_until IS NULL AND f.role IN ('teacher', 'staff'))
    ORDER BY p.id LIMIT 2000`.execute(db);
  const accounts: ReviewedAccount[] = [];
  for (const person of people) {
    const roles = (await recordedRolesOf(db, person.id)).map(({ role }) => role);
    accounts.push({ ...person, roles, kind: kindOf(roles) });
  }
  const { rows: apps } = await sql<Omit<ReviewedAccount, 'kind' | 'roles'>>`
    SELECT client_id AS id, name, 'active' AS status, created_at AS "createdAt", NULL AS "lastUsedAt" FROM idp.app
    WHERE organisation_id = ${organisationId} AND ended_at IS NULL ORDER BY client_id`.execute(db);
  accounts.push(...apps.map((app): ReviewedAccount => ({ ...app, roles: [], kind: 'service' })));
  const { rows: last } = await sql<{ at: Date; due: Date }>`
    SELECT reviewed_at AS at, reviewed_at + make_interval(months => ${reviewMonths}) AS due FROM idp.account_review
    WHERE organisation_id = ${organisationId} ORDER BY id DESC LIMIT 1`.execute(db);
  // What a reviewer judges by, and not when each was last used: that goes on while they read.
  const seen = accounts.map(({ id, kind, roles, status }) => [id, kind, [...roles].sort(), status]);
  return {
    accounts,
    digest: createHash('sha256').update(JSON.stringify(seen)).digest('hex'),
    lastReviewedAt: last[0]?.at ?? null,
    dueAt: last[0]?.due ?? null,
  };
}

function kindOf(roles: readonly string[]): AccountKind {
  if (roles.some((role) => administration.has(role))) return 'administration';
  return roles.includes('app-owner') ? 'technical' : 'operation';
}

/**
 * Keeps that somebody went through exactly this list: the evidence is its digest, in the table and in the log.
 *
 * @throws Conflict `accounts/review-changed` when the list is another one by now
 */
export async function confirmReview(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  organisationId: string,
  { digest, note }: { readonly digest: string; readonly note: string },
  actor: PersonActor,
): Promise<void> {
  const { digest: now, accounts } = await reviewOf(db, organisationId);
  if (digest !== now)
    throw new Conflict(
      'accounts/review-changed',
      {
        vi: 'Danh sách tài khoản vừa thay đổi.',
        en: 'The list of accounts has just changed.',
      },
      { remedy: { vi: 'Xem lại rồi xác nhận.', en: 'Look at it again and confirm.' } },
    );
  await db.transaction().execute(async (transaction) => {
    await sql`
      INSERT INTO idp.account_review (id, organisation_id, reviewed_at, reviewed_by, accounts, digest, note)
      VALUES (${uuidv7()}, ${organisationId}, ${clock.now()}, ${actor.personId}, ${accounts.length},
        ${Buffer.from(digest, 'hex')}, ${note.trim()})`.execute(transaction);
    await record(transaction, {
      type: 'accounts.reviewed',
      actor,
      subject: { kind: 'organisation', id: organisationId },
      organisationId,
      data: { accounts: accounts.length, digest },
    });
  });
}
