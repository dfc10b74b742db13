import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { readTypable, typable, uuidv7 } from '@edutrust/platform/ids';
import type { SecretBox } from '@edutrust/platform/secrets';
import { type GivenCredential, recordCredentialAct, recordCredentialsChosen } from '@edutrust/registry/approvals';
import { notify } from '@edutrust/registry/notices';
import { getPerson, hasLeft } from '@edutrust/registry/people';
import { credentialsTakeTwo, type Role, recordedRolesOf } from '@edutrust/registry/permissions';
import { type Selectable, sql } from 'kysely';
import { ensureAccount, findAccount, mustBelong } from '../accounts/account.ts';
import { record } from '../events.ts';
import { endSessions } from '../sessions/end.ts';
import { type ActivationTable, idpOf } from '../tables.ts';

/** Neither 0/O, 1/I/L nor U, so that a printed code is read one way: 30 signs, 58.9 bits in twelve. */
const codeLength = 12;
/** A code of two people is read in two halves, each too long to guess. */
const codeLengthForTwo = 16;
const codeDays = 30;
const linkHours = 24;
/** Seconds in which the steps after the code are done. */
const ticketSeconds = 900;

type Tools = Pick<ServiceContext, 'secrets' | 'clock'>;

/** Codes are few bits for a hash: keyed, so that a copy of the table alone cannot be searched. */
function hashCode({ secrets }: Pick<ServiceContext, 'secrets'>, code: string): Buffer {
  return createHmac('sha256', secrets.derive('idp/activation-code/v1')).update(code).digest();
}

/** How a code is made beside by whom. */
export interface CodeOptions {
  /** By two people, of whom the actor is one: half of it is for each. */
  readonly isForTwo?: boolean;
  /** The other of the two. */
  readonly alsoBy?: string;
}

/**
 * A one-time code for a printed sheet, `7KQ4-M2XA-9TBC`; an earlier unused one stops working. With it the person chooses
 * new credentials, so it also serves those who forgot theirs. Of somebody who answers for others it opens nothing unless
 * two people made it, or the program itself (the command line, the first start).
 *
 * @throws NotFound; Conflict `accounts/person-left`.
 */
export async function createActivationCode(
  transaction: Transaction,
  tools: Tools,
  personId: string,
  actor: Actor,
  { isForTwo = false, alsoBy }: CodeOptions = {},
): Promise<{ code: string; halves: readonly [string, string]; expiresAt: Date }> {
  if (!isForTwo) await mustBelong(transaction, personId);
  const length = isForTwo ? codeLengthForTwo : codeLength;
  const code = typable(length);
  const now = tools.clock.now();
  const expiresAt = new Date(now.getTime() + codeDays * 86_400_000);
  const madeBy = [...(actor.kind === 'person' ? [actor.personId] : []), ...(alsoBy ? [alsoBy] : [])];
  await insertActivation(transaction, tools, {
    personId,
    kind: 'code',
    secretHash: hashCode(tools, code),
    expiresAt,
    isForEverybody: isForTwo || actor.kind === 'system',
    madeBy,
  });
  for (const byId of madeBy.length > 0 ? madeBy : [null])
    await recordCredentialAct(transaction, { personId, byId, kind: 'code-made', at: now });
  await record(transaction, {
    type: 'activation-code.created',
    actor,
    subject: { kind: 'person', id: personId },
    data: { expiresAt: expiresAt.toISOString(), ...(alsoBy ? { alsoBy } : {}) },
  });
  await tellOwner(transaction, personId, actor);
  const shown = code.replace(/(.{4})(?=.)/g, '$1-');
  const middle = Math.ceil(shown.length / 2);
  return { code: shown, halves: [shown.slice(0, middle - 1), shown.slice(middle)], expiresAt };
}

/** Who has used the account already learns that somebody could now choose its credentials, and who that is (W7). */
async function tellOwner(transaction: Transaction, personId: string, actor: Actor): Promise<void> {
  const account = await findAccount(transaction, personId);
  if (!account?.activated_at) return;
  const by = actor.kind === 'person' ? (await getPerson(transaction, actor.personId)).fullName : '';
  await notify(transaction, { personId, kind: 'activation-code.created', data: by ? { by } : {} });
}

/**
 * A link that lets one of the first two people choose credentials once, within a day; undefined when that person has
 * already. An earlier unused link stops working.
 */
export async function createFirstLink(
  transaction: Transaction,
  context: Tools & Pick<ServiceContext, 'config'>,
  personId: string,
): Promise<string | undefined> {
  await mustBelong(transaction, personId);
  const account = await ensureAccount(transaction, personId, context.clock.now());
  if (account.activated_at !== null) return undefined;
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(context.clock.now().getTime() + linkHours * 3_600_000);
  await insertActivation(transaction, context, {
    personId,
    kind: 'link',
    secretHash: hashCode(context, token),
    expiresAt,
    isForEverybody: true,
    madeBy: [],
  });
  await recordCredentialAct(transaction, { personId, byId: null, kind: 'code-made', at: context.clock.now() });
  await record(transaction, {
    type: 'activation-link.created',
    actor: { kind: 'system', name: 'setup' },
    subject: { kind: 'person', id: personId },
  });
  return `${context.config.url.origin}/activate/first?token=${token}`;
}

async function insertActivation(
  transaction: Transaction,
  { clock, secrets }: Tools,
  input: {
    readonly personId: string;
    readonly kind: 'code' | 'link';
    readonly secretHash: Buffer;
    readonly expiresAt: Date;
    /** Also for somebody who answers for others. */
    readonly isForEverybody: boolean;
    /** The people who made it; none when the program did. */
    readonly madeBy: readonly string[];
  },
): Promise<void> {
  const now = clock.now();
  await ensureAccount(transaction, input.personId, now); // locks the account: two codes at once come one after the other
  await idpOf(transaction)
    .updateTable('idp.activation')
    .set({ revoked_at: now })
    .where('person_id', '=', input.personId)
    .where('kind', '=', input.kind)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute();
  const row = {
    id: uuidv7(),
    person_id: input.personId,
    kind: input.kind,
    secret_hash: input.secretHash,
    created_at: now,
    expires_at: input.expiresAt,
    used_at: null,
    revoked_at: null,
    made_by: [...input.madeBy],
  };
  await idpOf(transaction)
    .insertInto('idp.activation')
    .values({ ...row, attestation: attestCode(secrets, row, input.isForEverybody) })
    .execute();
}

const codePurpose = 'idp.activation';

type CodeRow = Pick<
  Selectable<ActivationTable>,
  'id' | 'person_id' | 'kind' | 'secret_hash' | 'expires_at' | 'made_by'
>;

function factsOfCode(row: CodeRow, isForEverybody: boolean): AttestedFacts {
  return {
    ...(row.made_by ? { madeBy: row.made_by.join(' ') } : {}),
    ...(isForEverybody ? {} : { opens: 'who answers for nobody' }),
    id: row.id,
    person: row.person_id,
    kind: row.kind,
    secret: row.secret_hash.toString('hex'),
    expires: row.expires_at.toISOString(),
  };
}

/** Says of a code that this program made it for this person, and whom it may open. */
export const attestCode = (secrets: SecretBox, row: CodeRow, isForEverybody: boolean) =>
  attest(secrets, codePurpose, factsOfCode(row, isForEverybody));

/**
 * Whether the code opens the account of the person as they are now: one that somebody wrote into the table opens nobody's,
 * and one that a single person made, also before the role was granted, nobody's who answers for others, and nobody's who
 * has left since: a slip that was forgotten in a drawer is not the way into a graduate's account.
 */
async function mayOpen(
  db: Database | Transaction,
  secrets: ServiceContext['secrets'],
  row: CodeRow & Pick<Selectable<ActivationTable>, 'attestation'>,
): Promise<boolean> {
  const isOf = (isForEverybody: boolean) =>
    isAttested(secrets, codePurpose, factsOfCode(row, isForEverybody), row.attestation);
  if (isOf(true)) return true;
  if (hasLeft(await getPerson(db, row.person_id))) return false;
  const held = await recordedRolesOf(db, row.person_id);
  return !held.some(({ role }) => credentialsTakeTwo.has(role as Role)) && isOf(false);
}

/** What a ticket stands for: a code that was right, whose holder has not chosen credentials yet. */
export interface Ticket {
  readonly activationId: string;
  readonly personId: string;
}

const ticketKey = (ticket: string) => `idp:activation:${createHash('sha256').update(ticket).digest('hex')}`;

/**
 * Trades a code or the token of a link for a ticket of a quarter of an hour. The code itself is used up only when
 * credentials are chosen, so that a person who is interrupted can start again.
 *
 * @throws InvalidInput `activation/wrong-code`
 */
export async function openActivation(
  context: ServiceContext,
  secret: string,
  kind: 'code' | 'link',
): Promise<{ ticket: string } & Ticket> {
  const { db, store, clock } = context;
  const found = await idpOf(db)
    .selectFrom('idp.activation as c')
    .innerJoin('idp.account as a', 'a.person_id', 'c.person_id')
    .select(['c.id', 'c.person_id', 'c.kind', 'c.secret_hash', 'c.expires_at', 'c.made_by', 'c.attestation'])
    .where('c.secret_hash', '=', hashCode(context, kind === 'code' ? readTypable(secret) : secret))
    .where('c.kind', '=', kind)
    .where('c.used_at', 'is', null)
    .where('c.revoked_at', 'is', null)
    .where('c.expires_at', '>', clock.now())
    .where('a.status', '!=', 'suspended')
    .executeTakeFirst();
  if (!found || !(await mayOpen(db, context.secrets, found))) throw wrongCode();
  const ticket = randomBytes(32).toString('base64url');
  const value: Ticket = { activationId: found.id, personId: found.person_id };
  await store.put(ticketKey(ticket), value, ticketSeconds);
  return { ticket, ...value };
}

/** What the ticket stands for. @throws InvalidInput `activation/expired` */
export async function readTicket({ store }: Pick<ServiceContext, 'store'>, ticket: string): Promise<Ticket> {
  const value = await store.get<Ticket>(ticketKey(ticket));
  if (!value) throw expired();
  return value;
}

/**
 * Uses up the code in the transaction that sets the credentials: of two at once one wins. A person who chooses credentials
 * anew may be answering a theft: every other code of theirs stops working, and every session and token ends. Gives whose
 * code it was.
 *
 * @throws InvalidInput `activation/expired`
 */
export async function useActivation(
  transaction: Transaction,
  { clock, secrets, jobs }: Tools & Pick<ServiceContext, 'jobs'>,
  ticket: Ticket,
): Promise<GivenCredential> {
  const now = clock.now();
  const { rows } = await sql<Selectable<ActivationTable>>`
    UPDATE idp.activation SET used_at = ${now}
    WHERE id = ${ticket.activationId} AND person_id = ${ticket.personId} AND used_at IS NULL AND revoked_at IS NULL
      AND expires_at > ${now} RETURNING *`.execute(transaction);
  const [code] = rows;
  if (!code || !(await mayOpen(transaction, secrets, code))) throw expired();
  const account = await ensureAccount(transaction, ticket.personId, now);
  const given = await recordCredentialsChosen(transaction, {
    personId: ticket.personId,
    hadSome: account.activated_at !== null,
    code: { madeAt: code.created_at, madeBy: code.made_by ?? [] },
    at: now,
  });
  await revokeCodes(transaction, ticket.personId, now);
  await idpOf(transaction)
    .updateTable('idp.account')
    .set({ status: 'active', activated_at: now })
    .where('person_id', '=', ticket.personId)
    .where('status', '!=', 'suspended')
    .execute();
  await record(transaction, {
    type: 'account.activated',
    actor: { kind: 'system', name: 'activation' },
    subject: { kind: 'person', id: ticket.personId },
  });
  const actor = { kind: 'system', name: 'activation' } as const;
  await endSessions(transaction, jobs, { personId: ticket.personId }, { actor, reason: 'credentials-changed' });
  return given;
}

/** No code and no link that the person was given opens anything from now on. */
export async function revokeCodes(transaction: Transaction, personId: string, now: Date): Promise<void> {
  await sql`
    UPDATE idp.activation SET revoked_at = ${now}
    WHERE person_id = ${personId} AND used_at IS NULL AND revoked_at IS NULL`.execute(transaction);
}

function wrongCode(): InvalidInput {
  const detail = { vi: 'Mã này không đúng, đã dùng rồi hoặc hết hạn.', en: 'This code is wrong, used or expired.' };
  return new InvalidInput('activation/wrong-code', detail, {
    fields: [{ pointer: '/code', detail }],
    remedy: {
      vi: 'Xem lại từng ký tự trên phiếu; mã không có số 0, số 1, chữ O, I, L, U. Nếu vẫn không được, xin mã mới ở giáo viên hoặc quản trị viên của trường.',
      en: 'Look at each character on the sheet; there is no 0, 1, O, I, L or U. Otherwise ask your teacher or administrator for a new code.',
    },
  });
}

function expired(): InvalidInput {
  return new InvalidInput(
    'activation/expired',
    {
      vi: 'Lượt kích hoạt này đã quá 15 phút hoặc mã đã được dùng.',
      en: 'These 15 minutes are over, or the code was used.',
    },
    { remedy: { vi: 'Nhập lại mã trên phiếu từ đầu.', en: 'Enter the code on the sheet again.' } },
  );
}
