import { createHmac, randomBytes } from 'node:crypto';
import type { Actor, RoleAssignment } from '@edutrust/platform/actor';
import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { minuteText } from '@edutrust/platform/vietnam-time';
import { notify } from '@edutrust/registry/notices';
import { getPerson } from '@edutrust/registry/people';
import { breakGlassAcr, holdersOf, mustBeEligible } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { findAccount } from '../accounts/account.ts';
import { record } from '../events.ts';
import { endSessions } from '../sessions/end.ts';

/** The roles that can be given in an emergency: those that let others in again and stop what goes wrong. */
export const glassRoles = ['department-administrator', 'security-officer'] as const;
export type GlassRole = (typeof glassRoles)[number];

/** Hours for which the role works, at most; unless the operator says fewer, half of them. */
export const mostHours = 8;
/** Minutes in which a link is opened. */
const linkMinutes = 15;
const mostTold = 200;

export interface GlassRow {
  readonly id: string;
  readonly person_id: string;
  readonly role: GlassRole;
  readonly organisation_id: string;
  readonly reason: string;
  readonly opened_by: string;
  readonly opened_at: Date;
  readonly ends_at: Date;
  readonly used_at: Date | null;
  readonly closed_at: Date | null;
  readonly attestation: Buffer;
}

type Tools = Pick<ServiceContext, 'secrets' | 'clock'>;

const purpose = 'idp.break_glass';
type Facts = Pick<GlassRow, 'id' | 'person_id' | 'role' | 'organisation_id' | 'opened_at' | 'ends_at'>;
const factsOf = (row: Facts): AttestedFacts => ({
  id: row.id,
  person: row.person_id,
  role: row.role,
  organisation: row.organisation_id,
  opened: row.opened_at.toISOString(),
  ends: row.ends_at.toISOString(),
});

/** Whether this program opened it, to this person, with this role and until then: what SQL alone wrote or prolonged is nothing. */
export const isTrueGlass = (secrets: ServiceContext['secrets'], row: Facts & Pick<GlassRow, 'attestation'>) =>
  isAttested(secrets, purpose, factsOf(row), row.attestation);

const hashLink = ({ secrets }: Pick<ServiceContext, 'secrets'>, token: string): Buffer =>
  createHmac('sha256', secrets.derive('idp/break-glass/v1')).update(token).digest();

/** When it stopped working, or will. */
export const endOf = ({ closed_at: closedAt, ends_at: endsAt }: Pick<GlassRow, 'closed_at' | 'ends_at'>): Date =>
  closedAt && closedAt < endsAt ? closedAt : endsAt;

export interface OpenedGlass {
  readonly id: string;
  readonly link: string;
  readonly linkEndsAt: Date;
  readonly endsAt: Date;
}

/**
 * Breaks the glass: one person of the staff with an account gets one of the two roles for hours, by a link that opens once
 * within a quarter of an hour. Everybody who reads the security of the department is told in the same transaction, and the
 * person. Only for the command at the server: there is no route to it.
 *
 * @throws Conflict `break-glass/open` while another is, `break-glass/unreviewed` to the same person again before two have
 *   reviewed the last, `break-glass/no-account`, `roles/separate-duties`, `roles/not-staff`; InvalidInput `break-glass/hours`.
 */
export async function openGlass(
  transaction: Transaction,
  context: Tools & Pick<ServiceContext, 'config' | 'jobs'>,
  input: { readonly personId: string; readonly role: GlassRole; readonly reason: string; readonly hours: number },
  actor: Extract<Actor, { kind: 'system' }>,
): Promise<OpenedGlass> {
  const { personId, role, hours } = input;
  const reason = input.reason.normalize('NFC').trim();
  if (!(Number.isInteger(hours) && hours >= 1 && hours <= mostHours) || reason.length < 10) throw notAsAsked();
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.break-glass', 0))`.execute(transaction);
  const now = context.clock.now();
  await sql`UPDATE idp.break_glass SET closed_at = ends_at WHERE closed_at IS NULL AND ends_at <= ${now}`.execute(
    transaction,
  );
  const organisationId = await departmentOf(transaction);
  if (await findOpen(transaction)) throw alreadyOpen();
  const { rows: earlier } = await sql`
    SELECT FROM idp.break_glass AS g WHERE g.person_id = ${personId} AND (
      SELECT count(*) FROM idp.break_glass_review AS r WHERE r.glass_id = g.id) < 2`.execute(transaction);
  if (earlier.length > 0) throw unreviewed();
  if ((await findAccount(transaction, personId))?.status !== 'active') throw noAccount();
  await mustBeEligible(transaction, { personId, role, organisationId });
  const facts = {
    id: uuidv7(),
    person_id: personId,
    role,
    organisation_id: organisationId,
    opened_at: now,
    ends_at: new Date(now.getTime() + hours * 3_600_000),
  };
  await sql`
    INSERT INTO idp.break_glass (id, person_id, role, organisation_id, reason, opened_by, opened_at, ends_at, attestation)
    VALUES (${facts.id}, ${personId}, ${role}, ${organisationId}, ${reason}, ${actor.name}, ${now}, ${facts.ends_at},
      ${attest(context.secrets, purpose, factsOf(facts))})`.execute(transaction);
  await record(transaction, {
    type: 'break-glass.opened',
    actor,
    subject: { kind: 'person', id: personId },
    organisationId,
    data: { glass: facts.id, role, endsAt: facts.ends_at.toISOString() },
  });
  const { fullName: name } = await getPerson(transaction, personId);
  const data = { name, role, until: minuteText(facts.ends_at) };
  const told = new Set([personId, ...(await holdersOf(transaction, 'security.read', organisationId, mostTold))]);
  await notify(transaction, ...[...told].map((id) => ({ personId: id, kind: 'break-glass.opened' as const, data })));
  return { id: facts.id, endsAt: facts.ends_at, ...(await linkOf(transaction, context, facts.id, actor)) };
}

/**
 * Another link to what is open, for a proof anew: the last one stops working, and its end stays where it was.
 *
 * @throws NotFound `break-glass/none`
 */
export async function linkToOpen(
  transaction: Transaction,
  context: Tools & Pick<ServiceContext, 'config'>,
  actor: Extract<Actor, { kind: 'system' }>,
): Promise<OpenedGlass> {
  const open = await mustBeOpen(transaction, context);
  return { id: open.id, endsAt: open.ends_at, ...(await linkOf(transaction, context, open.id, actor)) };
}

async function linkOf(
  transaction: Transaction,
  context: Tools & Pick<ServiceContext, 'config'>,
  id: string,
  actor: Actor,
): Promise<Pick<OpenedGlass, 'link' | 'linkEndsAt'>> {
  const token = randomBytes(32).toString('base64url');
  const linkEndsAt = new Date(context.clock.now().getTime() + linkMinutes * 60_000);
  const { rows } = await sql<{ person_id: string; organisation_id: string }>`
    UPDATE idp.break_glass SET link_hash = ${hashLink(context, token)}, link_ends_at = ${linkEndsAt} WHERE id = ${id}
    RETURNING person_id, organisation_id`.execute(transaction);
  for (const { person_id: personId, organisation_id: organisationId } of rows)
    await record(transaction, {
      type: 'break-glass.link-made',
      actor,
      subject: { kind: 'person', id: personId },
      organisationId,
      data: { glass: id },
    });
  return { link: `${context.config.url.origin}/break-glass?token=${token}`, linkEndsAt };
}

/** Ends it at once with its session. @throws NotFound `break-glass/none` */
export async function closeGlass(
  transaction: Transaction,
  context: Tools & Pick<ServiceContext, 'jobs'>,
  actor: Actor,
): Promise<GlassRow> {
  const open = await mustBeOpen(transaction, context);
  await sql`UPDATE idp.break_glass SET closed_at = ${context.clock.now()}, link_hash = NULL WHERE id = ${open.id}`.execute(
    transaction,
  );
  await endSessions(transaction, context.jobs, { personId: open.person_id }, { actor, reason: 'break-glass-closed' });
  await record(transaction, {
    type: 'break-glass.closed',
    actor,
    subject: { kind: 'person', id: open.person_id },
    organisationId: open.organisation_id,
    data: { glass: open.id },
  });
  return open;
}

/** What a link leads to, before it is used: opening it with a browser changes nothing. */
export async function readLink(
  db: Database | Transaction,
  context: Tools,
  token: string,
): Promise<GlassRow | undefined> {
  const now = context.clock.now();
  const { rows } = await sql<GlassRow>`
    SELECT g.* FROM idp.break_glass AS g JOIN idp.account AS a ON a.person_id = g.person_id AND a.status = 'active'
    WHERE g.link_hash = ${hashLink(context, token)} AND g.link_ends_at > ${now}
      AND g.closed_at IS NULL AND g.ends_at > ${now} FOR UPDATE OF g`.execute(db);
  return rows.find((row) => isTrueGlass(context.secrets, row));
}

/** Uses the link up: of two at once one wins. @throws InvalidInput `break-glass/link` */
export async function useLink(transaction: Transaction, context: Tools, token: string): Promise<GlassRow> {
  const glass = await readLink(transaction, context, token);
  if (!glass) throw wrongLink();
  const now = context.clock.now();
  await sql`
    UPDATE idp.break_glass SET link_hash = NULL, used_at = coalesce(used_at, ${now}) WHERE id = ${glass.id}`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'break-glass.used',
    actor: { kind: 'system', name: 'break-glass' },
    subject: { kind: 'person', id: glass.person_id },
    organisationId: glass.organisation_id,
    data: { glass: glass.id },
  });
  return glass;
}

/**
 * The one role of a session that a link began, instead of the person's own; undefined when its time is over. A session of an
 * earlier one does not live again with the next.
 */
export async function roleOfGlass(
  { db, secrets, clock }: Pick<ServiceContext, 'db' | 'secrets'> & { readonly clock: ServiceContext['clock'] },
  personId: string,
  signedInAt: Date,
): Promise<RoleAssignment | undefined> {
  const { rows } = await sql<GlassRow>`
    SELECT * FROM idp.break_glass
    WHERE person_id = ${personId} AND closed_at IS NULL AND ends_at > ${clock.now()} AND used_at IS NOT NULL`.execute(
    db,
  );
  const open = rows.find((row) => isTrueGlass(secrets, row));
  // A session keeps whole seconds.
  if (!open || signedInAt.getTime() < Math.floor(open.opened_at.getTime() / 1000) * 1000) return undefined;
  return { role: open.role, organisationId: open.organisation_id };
}

async function findOpen(db: Database | Transaction): Promise<GlassRow | undefined> {
  const { rows } = await sql<GlassRow>`SELECT * FROM idp.break_glass WHERE closed_at IS NULL`.execute(db);
  return rows[0];
}

async function mustBeOpen(transaction: Transaction, { clock, secrets }: Tools): Promise<GlassRow> {
  const open = await findOpen(transaction);
  if (!open || open.ends_at <= clock.now() || !isTrueGlass(secrets, open)) throw none();
  return open;
}

async function departmentOf(transaction: Transaction): Promise<string> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM registry.organisation WHERE parent_id IS NULL`.execute(
    transaction,
  );
  if (!rows[0])
    throw new NotFound('break-glass/no-department', {
      vi: 'Ở đây chưa có Sở nào. Chạy edutrust setup trước.',
      en: 'There is no department yet. Run edutrust setup first.',
    });
  return rows[0].id;
}

/** Whether somebody is in by broken glass. */
export const isByGlass = (actor: Actor | null | undefined): boolean =>
  actor?.kind === 'person' && actor.acr === breakGlassAcr;

function notAsAsked(): InvalidInput {
  return new InvalidInput('break-glass/hours', {
    vi: `Cần lý do từ 10 ký tự và số giờ từ 1 đến ${mostHours}.`,
    en: `A reason of 10 characters or more is needed, and whole hours from 1 to ${mostHours}.`,
  });
}

function alreadyOpen(): Conflict {
  return new Conflict(
    'break-glass/open',
    { vi: 'Đang có một truy cập khẩn cấp.', en: 'The glass is broken already.' },
    {
      remedy: {
        vi: 'Đường dẫn mới cho chính người đó: edutrust break-glass link. Dừng: edutrust break-glass close.',
        en: 'A new link for that very person: edutrust break-glass link. To end it: edutrust break-glass close.',
      },
    },
  );
}

function unreviewed(): Conflict {
  return new Conflict(
    'break-glass/unreviewed',
    {
      vi: 'Lần truy cập khẩn cấp trước của người này chưa được hai người rà soát.',
      en: 'Two people have not reviewed the last time that this person got in this way.',
    },
    {
      remedy: {
        vi: 'Hai cán bộ rà soát ở «An ninh hệ thống», hoặc mở cho một người khác.',
        en: 'Two officers review it at “Security”, or it is opened to another person.',
      },
    },
  );
}

function noAccount(): Conflict {
  return new Conflict(
    'break-glass/no-account',
    { vi: 'Người này chưa kích hoạt tài khoản, hoặc tài khoản đang khoá.', en: 'This person has no active account.' },
    {
      remedy: {
        vi: 'Cấp mã trước: edutrust people invite MÃ',
        en: 'Give them a code first: edutrust people invite ID',
      },
    },
  );
}

function none(): NotFound {
  return new NotFound('break-glass/none', {
    vi: 'Không có truy cập khẩn cấp nào đang mở.',
    en: 'No glass is broken now.',
  });
}

export function wrongLink(): InvalidInput {
  return new InvalidInput(
    'break-glass/link',
    {
      vi: 'Đường dẫn này đã dùng rồi, đã quá 15 phút hoặc không đủ.',
      en: 'This link was used, is older than 15 minutes, or is not complete.',
    },
    { remedy: { vi: 'Ở máy chủ: edutrust break-glass link', en: 'At the server: edutrust break-glass link' } },
  );
}
