import type { Transaction } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';

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

/** A code was used: whoever made codes for the person that could still be used has given them these credentials. */
export async function recordCredentialsChosen(
  transaction: Transaction,
  {
    personId,
    hadSome,
    codeMadeAt,
    at,
  }: { readonly personId: string; readonly hadSome: boolean; readonly codeMadeAt: Date; readonly at: Date },
): Promise<void> {
  const kind: CredentialActKind = hadSome ? 'recovered' : 'code-used';
  const { rows } = await sql<{ by_id: string | null }>`
    SELECT DISTINCT by_id FROM registry.credential_act
    WHERE person_id = ${personId} AND kind = 'code-made' AND at >= ${codeMadeAt}`.execute(transaction);
  const makers = rows.length > 0 ? rows.map(({ by_id }) => by_id) : [null];
  for (const byId of makers) await recordCredentialAct(transaction, { personId, byId, kind, at });
}

/** Whether one of the two made, reset or was the origin of credentials of the other within the last 72 hours. */
export async function actedOnEachOther(
  transaction: Transaction,
  one: string,
  other: string,
  now: Date,
): Promise<boolean> {
  const since = new Date(now.getTime() - credentialHours * 3_600_000);
  const { rows } = await sql`
    SELECT 1 FROM registry.credential_act WHERE at > ${since}
      AND (person_id = ${one} AND by_id = ${other} OR person_id = ${other} AND by_id = ${one}) LIMIT 1`.execute(
    transaction,
  );
  return rows.length > 0;
}

/**
 * Whoever got back into their account by a code waits before they count for an act that takes two: the person whose
 * account it is has been notified meanwhile.
 *
 * @throws Forbidden `approvals/recovered`
 */
export async function mustNotBeRecovered(transaction: Transaction, personId: string, now: Date): Promise<void> {
  const since = new Date(now.getTime() - credentialHours * 3_600_000);
  const { rows } = await sql<{ at: Date }>`
    SELECT at FROM registry.credential_act WHERE person_id = ${personId} AND kind = 'recovered' AND at > ${since}
    ORDER BY at DESC LIMIT 1`.execute(transaction);
  if (!rows[0]) return;
  const until = new Date(rows[0].at.getTime() + credentialHours * 3_600_000);
  throw new Forbidden(
    'approvals/recovered',
    {
      vi: `Tài khoản của bạn vừa được cấp lại cách đăng nhập. Bạn xác nhận và duyệt được từ ${inVietnam(until)}.`,
      en: `Your account was recovered recently. You can confirm and approve from ${inVietnam(until)} on.`,
    },
    { remedy: { vi: 'Nhờ một cán bộ khác, hoặc chờ đến lúc đó.', en: 'Ask another officer, or wait until then.' } },
  );
}

const vietnamTime = new Intl.DateTimeFormat('vi', {
  timeZone: 'Asia/Ho_Chi_Minh',
  dateStyle: 'short',
  timeStyle: 'short',
});
const inVietnam = (time: Date) => vietnamTime.format(time);
