import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { EduTrustError } from '@edutrust/platform/errors';
import type { Locale } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import type Type from 'typebox';
import { actions, can, scopeOf } from '../permissions/permissions.ts';
import { registryOf } from '../tables.ts';
import { challengeOf, shortCode } from './envelope.ts';
import { verifyApproval } from './evidence.ts';
import type { ApprovalPorts } from './kind.ts';
import { actOptionsRefusal } from './options.ts';
import { actedOnEachOther, isNotYetSecond } from './rules.ts';
import type { ApprovalSummary, ApprovalView, Evidence } from './schemas.ts';
import { type ApprovalRow, contentOf, kindOf, noApproval, openEnvelope } from './store.ts';

type Summary = Type.Static<typeof ApprovalSummary>;
type View = Type.Static<typeof ApprovalView>;

interface Row extends ApprovalRow {
  readonly organisation: Summary['organisation'];
  readonly maker: Summary['maker'];
  readonly approver: Summary['approver'];
  readonly concerned: Summary['concerns'];
  readonly is_barred: boolean;
}

export type ApprovalFilter = 'waiting' | 'mine' | 'closed';

/** The actions that the actor has somewhere, and where: for one comparison in SQL. */
function reachOf(actor: PersonActor) {
  const reach = actions.flatMap((action) =>
    scopeOf(actor, action).map((organisationId) => ({ action, organisationId })),
  );
  return sql`EXISTS (SELECT FROM jsonb_to_recordset(${JSON.stringify(reach)}::jsonb) AS r (action text, "organisationId" uuid)
    WHERE r.action = a.approve_action AND o.path @> ARRAY[r."organisationId"])`;
}

function readsAudit(actor: PersonActor) {
  return sql`o.path && ${scopeOf(actor, 'audit.read')}::uuid[]`;
}

async function select(
  db: Database,
  { personId, now }: { readonly personId: string; readonly now: Date },
  where: ReturnType<typeof sql>,
  limit: number,
): Promise<Row[]> {
  const named = (table: string) =>
    sql`CASE WHEN ${sql.ref(`${table}.id`)} IS NULL THEN NULL
      ELSE jsonb_build_object('id', ${sql.ref(`${table}.id`)}, 'fullName', ${sql.ref(`${table}.full_name`)}) END`;
  const { rows } = await sql<Row>`
    SELECT a.*, jsonb_build_object('id', o.id, 'name', o.name) AS organisation,
      ${named('m')} AS maker, ${named('s')} AS approver, ${named('c')} AS concerned,
      a.state = 'confirmed' AND ${isNotYetSecond(sql`a.maker_id`, personId, now)} AS is_barred
    FROM registry.approval AS a JOIN registry.organisation AS o ON o.id = a.organisation_id
    JOIN registry.person AS m ON m.id = a.maker_id
    LEFT JOIN registry.person AS s ON s.id = a.approver_id
    LEFT JOIN registry.person AS c ON c.id = a.concerns_id
    WHERE ${where} ORDER BY a.id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** What waits for the caller, what the caller made, or what is over and the caller may read; newest first. */
export async function listApprovals(
  { db, clock }: ServiceContext,
  ports: ApprovalPorts,
  filter: { readonly which: ApprovalFilter; readonly limit: number; readonly cursor?: string },
  actor: PersonActor,
  locale: Locale,
): Promise<Summary[]> {
  const me = actor.personId;
  const reader = { personId: me, now: clock.now() };
  const before = filter.cursor ? sql`AND a.id < ${filter.cursor}::uuid` : sql``;
  const which = {
    waiting: sql`a.state = 'confirmed' AND a.expires_at > ${clock.now()} AND a.maker_id <> ${me}
      AND a.concerns_id IS DISTINCT FROM ${me}::uuid AND ${reachOf(actor)}`,
    mine: sql`a.maker_id = ${me} AND a.state IN ('proposed', 'confirmed') AND a.expires_at > ${clock.now()}`,
    closed: sql`a.state NOT IN ('proposed', 'confirmed')
      AND (a.maker_id = ${me} OR a.concerns_id = ${me} OR a.approver_id = ${me} OR ${reachOf(actor)} OR ${readsAudit(actor)})`,
  }[filter.which];
  const rows =
    filter.which === 'waiting'
      ? await waitingFor(db, ports, reader, which, filter)
      : await select(db, reader, sql`${which} ${before}`, filter.limit);
  return rows.map((row) => summaryOf(ports, row, locale));
}

/**
 * Without those that wait for one named person who is somebody else: a list of what waits for the reader offers nothing
 * that only another may do. The name is in the content that the digest covers, so they are read past, not selected.
 */
async function waitingFor(
  db: Database,
  ports: ApprovalPorts,
  reader: { readonly personId: string; readonly now: Date },
  where: ReturnType<typeof sql>,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Row[]> {
  const found: Row[] = [];
  let before = cursor;
  for (;;) {
    const rows = await select(db, reader, sql`${where} ${before ? sql`AND a.id < ${before}::uuid` : sql``}`, limit);
    found.push(...rows.filter((row) => (namedFor(ports, row) ?? reader.personId) === reader.personId));
    before = rows.at(-1)?.id;
    if (rows.length < limit || found.length >= limit) return found.slice(0, limit);
  }
}

/** The only person who may be the second; what cannot be read names nobody. */
const namedFor = (ports: ApprovalPorts, row: Row): string | undefined => described(ports, row).named;

function summaryOf(ports: ApprovalPorts, row: Row, locale: Locale): Summary {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    title: described(ports, row).title[locale],
    organisation: row.organisation,
    maker: row.maker,
    approver: row.approver,
    concerns: row.concerned,
    createdAt: row.created_at.toISOString(),
    confirmedAt: row.confirmed_at?.toISOString() ?? null,
    closedAt: row.closed_at?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
    isBarred: row.is_barred,
  };
}

/** In words, from the bytes that the digest is of; what was altered is said to be. */
function described(ports: ApprovalPorts, row: ApprovalRow) {
  try {
    const kind = kindOf(ports, row);
    const content = contentOf(kind, openEnvelope(row));
    return {
      ...kind.describe(content),
      asksForCode: kind.readOut !== undefined,
      page: kind.page?.(content) ?? null,
      named: kind.approver?.(content),
    };
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    return { title: error.detail, facts: [], asksForCode: false, page: null, named: undefined };
  }
}

/** One approval with all that it covers. @throws NotFound for anyone who may not see it. */
export async function findApproval(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  actor: PersonActor,
  locale: Locale,
): Promise<View> {
  const { db, clock } = context;
  const me = actor.personId;
  const [row] = await select(
    db,
    { personId: me, now: clock.now() },
    sql`a.id = ${id} AND (a.maker_id = ${me} OR a.concerns_id = ${me} OR ${reachOf(actor)} OR ${readsAudit(actor)})`,
    1,
  );
  if (!row) throw noApproval();
  const { facts, asksForCode, page, named } = described(ports, row);
  const isMaker = row.maker_id === me;
  const isOpen = (row.state === 'proposed' || row.state === 'confirmed') && row.expires_at > clock.now();
  const mayDecide =
    !isMaker &&
    (named ?? me) === me &&
    row.state === 'confirmed' &&
    isOpen &&
    (await can(db)(actor, row.approve_action, { organisationId: row.organisation_id }));
  const barred = mayDecide ? await actOptionsRefusal(context, ports, id, actor) : undefined;
  const holds = await registryOf(db)
    .selectFrom('registry.approval_collect')
    .select('until')
    .where('approval_id', '=', id)
    .where('person_id', '=', me)
    .where('until', '>', clock.now())
    .executeTakeFirst();
  const may: View['may'] = [
    ...(isMaker && row.state === 'proposed' && isOpen ? (['confirm'] as const) : []),
    ...(mayDecide && !barred ? (['approve'] as const) : []),
    ...(mayDecide ? (['refuse'] as const) : []),
    ...(isMaker && isOpen ? (['withdraw'] as const) : []),
    ...(holds ? (['collect'] as const) : []),
  ];
  return {
    ...summaryOf(ports, row, locale),
    facts: facts.map(({ label, value }) => ({ label: label[locale], value: value[locale] })),
    digest: row.digest.toString('hex'),
    code: shortCode(row.digest),
    covered: row.envelope,
    reason: row.reason,
    asksForCode,
    page,
    warnings: isOpen ? await warningsOf(context, row, locale) : [],
    may,
    barred: barred?.[locale] ?? null,
  };
}

/** What the second person should know before deciding. */
async function warningsOf({ db, clock }: ServiceContext, row: Row, locale: Locale): Promise<string[]> {
  const concerned = row.concerns_id;
  if (!concerned || concerned === row.maker_id) return [];
  const isRecent = await db
    .transaction()
    .execute((transaction) => actedOnEachOther(transaction, row.maker_id, concerned, clock.now()));
  if (!isRecent) return [];
  return [
    {
      vi: `Trong 72 giờ qua, ${row.maker.fullName} đã cấp mã đăng nhập cho chính người này. Hãy gọi cho người đó trước khi duyệt.`,
      en: `Within the last 72 hours ${row.maker.fullName} made a sign-in code for this very person. Call that person before you approve.`,
    }[locale],
  ];
}

/** Both acts as they were kept, and what checking them anew says. @throws NotFound for anyone who may not see it. */
export async function findEvidence(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  actor: PersonActor,
  locale: Locale,
): Promise<Type.Static<typeof Evidence>> {
  await findApproval(context, ports, id, actor, locale);
  const { isValid, checks, digest } = await verifyApproval(context, id);
  const acts = await registryOf(context.db)
    .selectFrom('registry.approval_act')
    .selectAll()
    .where('approval_id', '=', id)
    .orderBy('at')
    .execute();
  return {
    isValid,
    checks: [...checks],
    acts: acts.map((act) => ({
      act: act.act,
      personId: act.person_id,
      at: act.at.toISOString(),
      credentialId: act.credential_id,
      publicKey: act.public_key.toString('base64url'),
      challenge: challengeOf(Buffer.from(digest, 'hex'), act.act),
      assertion: { ...act.assertion },
      assertionSha256: act.assertion_sha256.toString('hex'),
    })),
  };
}
