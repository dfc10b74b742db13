import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Forbidden, InvalidInput } from '@edutrust/platform/errors';
import { type ClassLearner, listLearners } from '@edutrust/registry/classes';
import { sql } from 'kysely';
import { createActivationCode } from '../activation/activation.ts';
import { invitingTakesTwo } from './inviting.ts';

export interface LearnerAccount {
  readonly personId: string;
  readonly status: 'none' | 'invited' | 'active' | 'suspended';
  /** Whether a code was made that still works. */
  readonly hasOpenCode: boolean;
  readonly lastSignInAt: Date | null;
}

/** How each learner of a class stands with signing in, in the order of the class list. */
export async function listLearnerAccounts(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  classId: string,
): Promise<LearnerAccount[]> {
  return accountsOf(db, await listLearners(db, classId), clock.now());
}

async function accountsOf(
  db: Database | Transaction,
  learners: readonly ClassLearner[],
  now: Date,
): Promise<LearnerAccount[]> {
  const { rows } = await sql<LearnerAccount>`
    SELECT a.person_id AS "personId", a.status, a.last_sign_in_at AS "lastSignInAt",
      EXISTS (SELECT FROM idp.activation AS c WHERE c.person_id = a.person_id AND c.kind = 'code' AND c.used_at IS NULL
        AND c.revoked_at IS NULL AND c.expires_at > ${now}) AS "hasOpenCode"
    FROM idp.account AS a WHERE a.person_id = ANY(${learners.map(({ id }) => id)}::uuid[])`.execute(db);
  const found = new Map(rows.map((row) => [row.personId, row]));
  return learners.map(
    ({ id }) => found.get(id) ?? { personId: id, status: 'none', hasOpenCode: false, lastSignInAt: null },
  );
}

export interface ClassCodes {
  readonly made: readonly { readonly learner: ClassLearner; readonly code: string; readonly expiresAt: Date }[];
  /** Those who got none: `active` uses the account already, `not-yours` is not the caller's to invite. */
  readonly skipped: readonly { readonly personId: string; readonly reason: 'active' | 'suspended' | 'not-yours' }[];
}

/**
 * Codes for learners of one class, all in the caller's transaction: a sheet is made whole or not at all. A code for an
 * account in use would let its holder take it over, so those get one only when `resetsActive` says that it is meant.
 *
 * @throws InvalidInput `accounts/not-in-class` when somebody named is not in the class.
 */
export async function createClassCodes(
  transaction: Transaction,
  tools: Pick<ServiceContext, 'secrets' | 'clock'>,
  input: { readonly classId: string; readonly personIds: readonly string[]; readonly resetsActive: boolean },
  actor: PersonActor,
): Promise<ClassCodes> {
  const learners = await listLearners(transaction, input.classId);
  const chosen = learners.filter(({ id }) => input.personIds.includes(id));
  if (chosen.length < new Set(input.personIds).size) throw notInClass();
  const accounts = await accountsOf(transaction, chosen, tools.clock.now());
  const made: ClassCodes['made'][number][] = [];
  const skipped: ClassCodes['skipped'][number][] = [];
  for (const [index, learner] of chosen.entries()) {
    const status = accounts[index]?.status;
    if (status === 'suspended' || (status === 'active' && !input.resetsActive)) {
      skipped.push({ personId: learner.id, reason: status });
    } else if (await mayNotInvite(transaction, actor, learner.id)) {
      skipped.push({ personId: learner.id, reason: 'not-yours' });
    } else {
      made.push({ learner, ...(await createActivationCode(transaction, tools, learner.id, actor)) });
    }
  }
  return { made, skipped };
}

async function mayNotInvite(transaction: Transaction, actor: PersonActor, personId: string): Promise<boolean> {
  try {
    return await invitingTakesTwo(transaction, actor, personId);
  } catch (error) {
    if (error instanceof Forbidden) return true;
    throw error;
  }
}

function notInClass(): InvalidInput {
  return new InvalidInput(
    'accounts/not-in-class',
    { vi: 'Có em không còn học lớp này.', en: 'Somebody is no longer in this class.' },
    { remedy: { vi: 'Tải lại trang của lớp rồi chọn lại.', en: 'Reload the class and choose again.' } },
  );
}
