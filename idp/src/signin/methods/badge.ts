import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { getPerson, hasLeft, personClaims } from '@edutrust/registry/people';
import { sql } from 'kysely';
import Type from 'typebox';
import { ensureAccount, findAccount } from '../../accounts/account.ts';
import { findBadge } from '../../badges/badges.ts';
import { pictures, pinOfPerson, provePin } from '../../badges/pins.ts';
import { isInRoom, type RoomPlace } from '../../badges/rooms.ts';
import { record } from '../../events.ts';
import type { BadgeOptions } from '../../pages.ts';
import { originOf } from '../../throttling/origin.ts';
import type { IdpTools } from '../../tools.ts';
import { isPupil, type Proof, proofOf, suspendedAccount, wrongCredential } from '../proof.ts';
import { obstacleOf } from '../standing.ts';
import type { Attempt, SignInMethod } from './method.ts';

/** From the shown badge to the right PIN. */
const ticketSeconds = 300;

const BadgeAsk = Type.Object({
  scanned: Type.Optional(Type.String({ maxLength: 300 })),
  code: Type.Optional(Type.String({ maxLength: 40 })),
  room: Type.Optional(Type.Object({ id: Type.String({ maxLength: 64 }), signature: Type.String({ maxLength: 120 }) })),
});
const BadgeAnswer = Type.Object({ ticket: Type.String({ maxLength: 64 }), pin: Type.String({ maxLength: 100 }) });

/** Whose badge was shown in which sign-in. */
interface Shown {
  readonly badgeId: string;
  readonly personId: string;
  readonly uid: string;
  readonly room: RoomPlace;
}

const keyOf = (ticket: string) => `idp:badge:${createHash('sha256').update(ticket).digest('hex')}`;

/**
 * A child's badge and PIN, on the computers of their own school: something held, something known, somewhere real. It
 * proves less than a password (`acr` `badge`), so that no app of adults takes it.
 */
export const badgeMethod: SignInMethod<typeof BadgeAnswer, typeof BadgeAsk> = {
  name: 'badge',
  acr: 'badge',
  by: 'script',
  answer: BadgeAnswer,
  offer: async (_tools, { uid }, action) => ({
    badge: { uid, lookPath: `${action}/badge/options`, verifyPath: `${action}/badge` },
  }),
  begin: { asks: BadgeAsk, options: lookAt },
  prove: async (tools, attempt, { ticket, pin }) => {
    const { context, hasher } = tools;
    const shown = await context.store.get<Shown>(keyOf(ticket));
    if (shown?.uid !== attempt.uid) throw shownAgain();
    if (attempt.personId !== undefined && attempt.personId !== shown.personId) throw wrongCredential();
    await provePin({ ...context, hasher }, shown.personId, pin);
    await context.store.take(keyOf(ticket));
    return proofOfBadge(context, shown);
  },
};

/**
 * Whose badge it is, when it counts here.
 *
 * @throws InvalidInput `badges/unknown`, `badges/elsewhere`, `badges/no-pin`; TooManyRequests `activation/slow-down`
 */
async function lookAt(
  { context, throttle, cookies }: IdpTools,
  { request, uid }: Attempt,
  { scanned, code, room }: Type.Static<typeof BadgeAsk>,
): Promise<BadgeOptions> {
  const { db, store } = context;
  const origin = originOf(request, cookies.device);
  await throttle.beginCode(origin);
  const badge = await findBadge(db, context, scanned === undefined ? { code: code ?? '' } : { scanned });
  if (!badge) {
    await throttle.codeFailed(origin);
    throw unknownBadge();
  }
  const address = origin.isBehindUndeclaredProxy ? undefined : origin.ip;
  const place = await isInRoom(db, badge.personId, { address, room, uid });
  if (!place) throw elsewhere();
  const pin = await pinOfPerson(db, badge.personId);
  const { given_name: givenName } = await personClaims(db, badge.personId);
  const ticket = randomBytes(24).toString('base64url');
  await store.put(
    keyOf(ticket),
    { badgeId: badge.id, personId: badge.personId, uid, room: place } satisfies Shown,
    ticketSeconds,
  );
  return {
    ticket,
    givenName,
    kind: pin.kind,
    length: pin.length,
    pictures: pin.kind === 'pictures' ? shuffled(pictures) : [],
  };
}

/** The badge still works, and nothing stands against its owner; the first sign-in with it activates the account. */
async function proofOfBadge(context: ServiceContext, { badgeId, personId, room }: Shown): Promise<Proof> {
  if (!(await isPupil(context.db, personId))) throw wrongCredential(); // a pupil who also teaches signs in as a teacher
  const now = context.clock.now();
  const account = await context.db.transaction().execute(async (transaction) => {
    const held = await ensureAccount(transaction, personId, now); // and locks it
    const { numAffectedRows } = await sql`
      UPDATE idp.badge SET last_used_at = ${now}
      WHERE id = ${badgeId} AND ended_at IS NULL AND expires_at > ${now}`.execute(transaction);
    if (numAffectedRows === 0n) throw unknownBadge();
    if (held.status !== 'invited') return held;
    await sql`UPDATE idp.account SET status = 'active', activated_at = ${now} WHERE person_id = ${personId}`.execute(
      transaction,
    );
    await record(transaction, {
      type: 'account.activated',
      actor: { kind: 'system', name: 'activation' },
      subject: { kind: 'person', id: personId },
    });
    return findAccount(transaction, personId);
  });
  const person = await getPerson(context.db, personId);
  const obstacle = obstacleOf(person, account);
  if (obstacle === 'suspended') throw await suspendedAccount(context.db, personId);
  if (obstacle || !account || hasLeft(person)) throw wrongCredential(); // the badge is the school's
  return { ...(await proofOf(context.db, account, { acr: 'badge', amr: ['badge', 'pin'] })), room };
}

function shuffled(names: readonly string[]): string[] {
  const left = [...names];
  return names.map(() => left.splice(randomInt(left.length), 1)[0] ?? '');
}

function unknownBadge(): InvalidInput {
  return new InvalidInput(
    'badges/unknown',
    { vi: 'Thẻ này không dùng được nữa.', en: 'This badge no longer works.' },
    { remedy: { vi: 'Em hãy gọi cô giáo để nhận thẻ mới.', en: 'Ask your teacher for a new badge.' } },
  );
}

function elsewhere(): InvalidInput {
  return new InvalidInput(
    'badges/elsewhere',
    { vi: 'Thẻ chỉ dùng được ở máy của trường em.', en: "A badge works on your own school's computers only." },
    {
      remedy: {
        vi: 'Ở nhà, em đăng nhập bằng mã giáo dục và mật khẩu.',
        en: 'At home, sign in with your education ID and password.',
      },
    },
  );
}

function shownAgain(): InvalidInput {
  return new InvalidInput(
    'badges/show-again',
    { vi: 'Đã quá năm phút.', en: 'Five minutes have passed.' },
    { remedy: { vi: 'Em đưa thẻ lên lại nhé.', en: 'Show your badge again.' } },
  );
}
