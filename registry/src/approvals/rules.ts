import type { PersonActor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { minuteText } from '@edutrust/platform/vietnam-time';
import { type RawBuilder, sql } from 'kysely';
import { breakGlassAcr } from '../permissions/permissions.ts';
import type { ApprovalPasskey, GivenCredential } from './kind.ts';

/** An approver who was given credentials by the maker, or the reverse, counts again after this time. */
export const credentialHours = 72;

/**
 * What was done to somebody's means of signing in. `code-made`: a code or reset was made for them; `code-used`: with it
 * they chose credentials for the first time; `recovered`: they did so although they had some already.
 */
export type CredentialActKind = 'code-made' | 'code-used' | 'recovered';

/** Keeps who acted on whose credentials; in the transaction of the act. `byId` null: the program itself. */
export async function recordCredentialAct(
  transaction: Transaction,
  act: {
    readonly personId: string;
    readonly byId: string | null;
    readonly kind: CredentialActKind;
    readonly at: Date;
  },
): Promise<void> {
  await sql`
    INSERT INTO registry.credential_act (id, person_id, by_id, kind, at)
    VALUES (${uuidv7()}, ${act.personId}, ${act.byId}, ${act.kind}, ${act.at})`.execute(transaction);
}

/** A code was used: everyone who made codes for the person that could still be used counts as having given these credentials; gives who and how. */
export async function recordCredentialsChosen(
  transaction: Transaction,
  {
    personId,
    hadSome,
    code,
    at,
  }: {
    readonly personId: string;
    readonly hadSome: boolean;
    /** As the code itself says, attested. */
    readonly code: { readonly madeAt: Date; readonly madeBy: readonly string[] };
    readonly at: Date;
  },
): Promise<GivenCredential> {
  const kind: CredentialActKind = hadSome ? 'recovered' : 'code-used';
  const { rows } = await sql<{ by_id: string | null }>`
    SELECT DISTINCT by_id FROM registry.credential_act
    WHERE person_id = ${personId} AND kind = 'code-made' AND at >= ${code.madeAt}`.execute(transaction);
  const by = [...new Set([...code.madeBy, ...rows.flatMap(({ by_id }) => by_id ?? [])])].sort();
  for (const byId of by.length > 0 ? by : [null]) await recordCredentialAct(transaction, { personId, byId, kind, at });
  return { kind, by, at };
}

/**
 * When one of the two last made, reset or was the origin of credentials of the other, within the last 72 hours: a subquery,
 * null for two who are two.
 */
const actOnEachOther = (one: string | RawBuilder<unknown>, other: string, now: Date) => sql<Date | null>`(
  SELECT max(at) FROM registry.credential_act WHERE at > ${sinceOf(now)}
    AND (person_id = ${one} AND by_id = ${other} OR person_id = ${other} AND by_id = ${one}))`;

/** Whether the person may not yet be the second of these two: {@link actOnEachOther}, or got back in by a code themselves. */
export const isNotYetSecond = (maker: RawBuilder<unknown>, personId: string, now: Date) => sql<boolean>`(
  ${actOnEachOther(maker, personId, now)} IS NOT NULL OR EXISTS (SELECT FROM registry.credential_act
    WHERE person_id = ${personId} AND kind = 'recovered' AND at > ${sinceOf(now)}))`;

/** {@link actOnEachOther}, asked by itself. */
export async function actedOnEachOther(
  transaction: Transaction,
  one: string,
  other: string,
  now: Date,
): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`SELECT ${actOnEachOther(one, other, now)} AS at`.execute(transaction);
  return rows[0]?.at ?? null;
}

/**
 * A person who got back into their account by a code waits before they count for an act that takes two: the person whose
 * account it is has been notified meanwhile.
 *
 * @throws Forbidden `approvals/recovered`
 */
export async function mustNotBeRecovered(transaction: Transaction, personId: string, now: Date): Promise<void> {
  const { rows } = await sql<{ at: Date }>`
    SELECT at FROM registry.credential_act WHERE person_id = ${personId} AND kind = 'recovered' AND at > ${sinceOf(now)}
    ORDER BY at DESC LIMIT 1`.execute(transaction);
  if (rows[0]) throw recovered(rows[0].at);
}

/**
 * The same rules by the passkeys themselves: each says, attested, whose code its holder chose it with, so that no deleted
 * row of `credential_act` makes a second person of somebody (Q1, Q3).
 *
 * @throws Forbidden `approvals/recovered`, `approvals/credentials`
 */
export function mustStandAlone(
  own: Pick<ApprovalPasskey, 'given'>,
  other: { readonly personId: string; readonly passkey: Pick<ApprovalPasskey, 'given'> } | undefined,
  personId: string,
  now: Date,
): void {
  const since = sinceOf(now);
  const recent = (given: GivenCredential | undefined) => (given && given.at > since ? given : undefined);
  const mine = recent(own.given);
  if (mine?.kind === 'recovered') throw recovered(mine.at);
  if (!other) return;
  const theirs = recent(other.passkey.given);
  const times = [mine?.by.includes(other.personId) && mine.at, theirs?.by.includes(personId) && theirs.at];
  const last = times.filter((at) => at instanceof Date).sort((one, another) => +another - +one)[0];
  if (last) throw notSecond(last);
}

const sinceOf = (now: Date) => new Date(now.getTime() - credentialHours * 3_600_000);
const untilOf = (at: Date) => minuteText(new Date(at.getTime() + credentialHours * 3_600_000));

function recovered(at: Date): Forbidden {
  return new Forbidden(
    'approvals/recovered',
    {
      vi: `Tài khoản của anh/chị vừa được cấp lại cách đăng nhập. Anh/chị xác nhận và duyệt được từ ${untilOf(at)}.`,
      en: `Your account was recovered recently. You can confirm and approve from ${untilOf(at)} on.`,
    },
    { remedy: { vi: 'Nhờ một cán bộ khác, hoặc chờ đến lúc đó.', en: 'Ask another officer, or wait until then.' } },
  );
}

/** One of the two gave the other their means of signing in, last at that time: together they are one person for now (Q1). */
export function notSecond(at: Date): Forbidden {
  return new Forbidden(
    'approvals/credentials',
    {
      vi: `Trong ${credentialHours} giờ qua, một trong hai người đã cấp hoặc đặt lại cách đăng nhập cho người kia, nên anh/chị chưa được tính là người thứ hai.`,
      en: `Within the last ${credentialHours} hours one of you made or reset the other's means of signing in, so you do not count as a second person yet.`,
    },
    {
      remedy: {
        vi: `Nhờ một cán bộ khác duyệt, nhờ một quản trị viên khác lập lại việc này, hoặc chờ đến ${untilOf(at)}.`,
        en: `Ask another officer to approve it, or another administrator to propose it, or wait until ${untilOf(at)}.`,
      },
    },
  );
}

/** One person at the server opened a role for this one: what takes two still takes two. @throws Forbidden `approvals/break-glass` */
export function mustNotBeByGlass({ acr }: PersonActor): void {
  if (acr !== breakGlassAcr) return;
  throw new Forbidden(
    'approvals/break-glass',
    {
      vi: 'Truy cập khẩn cấp không được tính là một trong hai người.',
      en: 'Who got in by broken glass is neither of the two people.',
    },
    {
      remedy: {
        vi: 'Hai cán bộ giữ vai trò quyết định việc này.',
        en: 'Two officers who hold their roles decide this.',
      },
    },
  );
}
