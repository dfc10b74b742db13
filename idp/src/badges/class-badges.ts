import type { PersonActor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { Forbidden, InvalidInput } from '@edutrust/platform/errors';
import { type ClassLearner, findClass, listLearners } from '@edutrust/registry/classes';
import { invitingTakesTwo } from '../accounts/inviting.ts';
import { isPupil } from '../signin/proof.ts';
import type { IdpTools } from '../tools.ts';
import { type BadgeView, issueBadge, listBadges, type MadeBadge } from './badges.ts';
import { givePin, listPins, type PinKind, type PinView } from './pins.ts';

/** Why somebody of the class got nothing. */
export type SkippedReason = 'has-one' | 'not-yours' | 'not-a-pupil';

export interface Skipped {
  readonly personId: string;
  readonly reason: SkippedReason;
}

/** What a class sheet is made for. `replaces`: also for those who have one that works, which then ends. */
export interface SheetInput {
  readonly classId: string;
  readonly personIds: readonly string[];
  readonly replaces: boolean;
}

/** How the learners of a class stand with badges, in the order of the class list. */
export async function listClassBadges(
  { context: { db, clock } }: Pick<IdpTools, 'context'>,
  classId: string,
): Promise<{ learner: ClassLearner; badge: BadgeView | undefined; pin: PinView | undefined }[]> {
  const learners = await listLearners(db, classId);
  const ids = learners.map(({ id }) => id);
  const [badges, pins] = [await listBadges(db, ids, clock.now()), await listPins(db, ids)];
  return learners.map((learner) => ({
    learner,
    badge: badges.find(({ personId, isStandIn }) => personId === learner.id && !isStandIn),
    pin: pins.find(({ personId }) => personId === learner.id),
  }));
}

/**
 * Badges for a sheet, all in the caller's transaction: printed whole or not at all. Their PINs are another sheet, so that
 * no paper opens an account by itself.
 *
 * @throws InvalidInput `accounts/not-in-class`
 */
export async function makeClassBadges(
  transaction: Transaction,
  { context }: IdpTools,
  input: SheetInput,
  actor: PersonActor,
): Promise<{ made: { learner: ClassLearner; badge: MadeBadge }[]; skipped: Skipped[] }> {
  const chosen = await chosenOf(transaction, input);
  const held = await listBadges(
    transaction,
    chosen.map(({ id }) => id),
    context.clock.now(),
  );
  const has = new Set(held.filter(({ isStandIn }) => !isStandIn).map(({ personId }) => personId));
  const { mine, skipped } = await sorted(transaction, actor, chosen, has, input.replaces);
  const made = [];
  for (const learner of mine) {
    made.push({ learner, badge: await issueBadge(transaction, context, { personId: learner.id }, actor) });
  }
  return { made, skipped };
}

/** As {@link makeClassBadges}: the pictures or digits, for a sheet of their own. */
export async function makeClassPins(
  transaction: Transaction,
  { context, hasher }: IdpTools,
  input: SheetInput,
  actor: PersonActor,
): Promise<{ made: { learner: ClassLearner; kind: PinKind; pin: string }[]; skipped: Skipped[] }> {
  const chosen = await chosenOf(transaction, input);
  const { grade } = await findClass(transaction, input.classId);
  const held = await listPins(
    transaction,
    chosen.map(({ id }) => id),
  );
  const has = new Set(held.filter(({ isLocked }) => !isLocked).map(({ personId }) => personId));
  const { mine, skipped } = await sorted(transaction, actor, chosen, has, input.replaces);
  const made = [];
  for (const learner of mine) {
    const given = await givePin(transaction, { ...context, hasher }, { personId: learner.id, grade }, actor);
    made.push({ learner, ...given });
  }
  return { made, skipped };
}

async function chosenOf(transaction: Transaction, { classId, personIds }: SheetInput): Promise<ClassLearner[]> {
  const chosen = (await listLearners(transaction, classId)).filter(({ id }) => personIds.includes(id));
  if (chosen.length === new Set(personIds).size) return chosen;
  throw new InvalidInput(
    'accounts/not-in-class',
    { vi: 'Có em không còn học lớp này.', en: 'Somebody is no longer in this class.' },
    { remedy: { vi: 'Tải lại trang của lớp rồi chọn lại.', en: 'Reload the class and choose again.' } },
  );
}

async function sorted(
  transaction: Transaction,
  actor: PersonActor,
  chosen: readonly ClassLearner[],
  has: ReadonlySet<string>,
  replaces: boolean,
): Promise<{ mine: ClassLearner[]; skipped: Skipped[] }> {
  const mine: ClassLearner[] = [];
  const skipped: Skipped[] = [];
  for (const learner of chosen) {
    const reason = await whyNot(transaction, actor, learner.id, !replaces && has.has(learner.id));
    if (reason) skipped.push({ personId: learner.id, reason });
    else mine.push(learner);
  }
  return { mine, skipped };
}

/** A badge is a credential: given by those who may give its holder an activation code alone, and to pupils only. */
export async function whyNot(
  transaction: Transaction,
  actor: PersonActor,
  personId: string,
  hasOne: boolean,
): Promise<SkippedReason | undefined> {
  if (hasOne) return 'has-one';
  try {
    if (await invitingTakesTwo(transaction, actor, personId)) return 'not-yours';
  } catch (error) {
    if (error instanceof Forbidden) return 'not-yours';
    throw error;
  }
  return (await isPupil(transaction, personId)) ? undefined : 'not-a-pupil';
}
