import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { Sha256Hex, strict, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { type ApprovalKind, type Fact, type ProposedApproval, propose } from '../approvals/approvals.ts';
import { decide } from '../permissions/permissions.ts';
import { applyPlan } from './apply.ts';
import type { PopulationId } from './population.ts';
import { populationOf } from './populations.ts';
import { placesOfPlan } from './view.ts';

const Both = Type.Object({ vi: Type.String(), en: Type.String() }, strict);
const Counts = { added: Type.Integer(), changed: Type.Integer(), left: Type.Integer(), referred: Type.Integer() };

/** What the two people see and agree to; the digest is of every single change. */
const Content = Type.Object(
  {
    plan: Uuid,
    kind: Type.String(),
    fileName: Type.String(),
    digest: Sha256Hex,
    ...Counts,
    reason: Both,
    places: Type.Array(Type.Object({ name: Type.String(), ...Counts }, strict)),
  },
  strict,
);
type Content = Type.Static<typeof Content>;

const same = (text: string) => ({ vi: text, en: text });
const counted = ({ added, changed, left, referred }: Pick<Content, keyof typeof Counts>) => ({
  vi: `thêm ${added}, sửa ${changed}, rời ${left}, chuyển đến ${referred}`,
  en: `${added} added, ${changed} changed, ${left} leave, ${referred} moved here`,
});

/** Applying a held roster: who proposes it never approves it (D3), and exactly what was seen is done (D16, Q2). */
export const applyRosterKind: ApprovalKind<Content> = {
  kind: 'roster.apply',
  content: Content,
  approve: 'approvals.approve',
  concerns: () => undefined,
  concernsToo: async (transaction, { plan }, personId) => {
    const { rows } = await sql`
      SELECT FROM registry.roster_change WHERE plan_id = ${plan} AND person_id = ${personId} LIMIT 1`.execute(
      transaction,
    );
    return rows.length > 0;
  },
  page: ({ plan }) => `/admin/import?plan=${plan}`,
  describe: (content) => ({
    title: {
      vi: `Áp dụng danh sách «${content.fileName}»: ${counted(content).vi}`,
      en: `Apply the roster “${content.fileName}”: ${counted(content).en}`,
    },
    facts: [
      { label: { vi: 'Tệp', en: 'File' }, value: same(content.fileName) },
      { label: { vi: 'Vì sao bị giữ lại', en: 'Why it is held' }, value: content.reason },
      ...content.places.map((place): Fact => ({ label: same(place.name), value: counted(place) })),
      { label: { vi: 'Mã băm của mọi thay đổi', en: 'Digest of every change' }, value: same(content.digest) },
    ],
  }),
  apply: async (transaction, { plan, kind, digest }, { context, maker }) => {
    const held = await lockHeld(transaction, plan);
    await mustImport(transaction, maker, kind, held.organisationIds); // still within the maker's reach
    await applyPlan(context, transaction, plan, { actor: maker, digest, isApproved: true });
    return undefined;
  },
};

interface Held extends Pick<Content, keyof typeof Counts | 'fileName' | 'digest' | 'reason' | 'places'> {
  readonly kind: PopulationId;
  readonly status: string;
  readonly organisationIds: string[];
  readonly originIds: string[];
}

/** @throws NotFound; Conflict `roster/not-held` */
async function lockHeld(transaction: Transaction, planId: string): Promise<Held> {
  const { rows } = await sql<Held>`
    SELECT rp.kind, status, file_name AS "fileName", encode(digest, 'hex') AS digest, held_reason AS reason,
      organisation_ids AS "organisationIds", origin_ids AS "originIds", (totals->>'added')::int AS added,
      (totals->>'changed')::int AS changed, (totals->>'left')::int AS left,
      coalesce((totals->>'referred')::int, 0) AS referred, ${placesOfPlan} AS places
    FROM registry.roster_plan AS rp WHERE rp.id = ${planId} FOR UPDATE OF rp`.execute(transaction);
  const [plan] = rows;
  if (!plan) throw new NotFound('roster/no-plan', { vi: 'Không có kế hoạch nhập này.', en: 'There is no such plan.' });
  if (plan.status === 'held') return plan;
  throw new Conflict('roster/not-held', {
    vi: 'Kế hoạch này không chờ người thứ hai.',
    en: 'This plan does not wait for a second person.',
  });
}

async function mustImport(
  transaction: Transaction,
  actor: PersonActor,
  kind: string,
  organisationIds: readonly string[],
): Promise<void> {
  const { action } = populationOf(kind);
  const verdicts = await Promise.all(
    organisationIds.map((organisationId) => decide(transaction, actor, action, { organisationId })),
  );
  if (verdicts.length > 0 && verdicts.every((verdict) => verdict === 'alone')) return;
  throw new Forbidden('roster/beyond-reach', {
    vi: 'Người lập không còn quyền nhập danh sách cho mọi đơn vị của kế hoạch này.',
    en: 'Its maker may not import for every organisation of this plan.',
  });
}

/**
 * Asks for a second person: proposes that what the plan holds be done. It belongs to the lowest organisation that is above
 * everything it touches, also where people would come from.
 *
 * @throws NotFound; Conflict `roster/not-held`; Forbidden `roster/beyond-reach`.
 */
export async function proposePlan(
  context: ServiceContext,
  planId: string,
  actor: PersonActor,
): Promise<ProposedApproval> {
  return context.db.transaction().execute(async (transaction) => {
    const { status: _held, kind, organisationIds, originIds, ...seen } = await lockHeld(transaction, planId);
    await mustImport(transaction, actor, kind, organisationIds);
    const proposed = await propose(
      transaction,
      context,
      applyRosterKind,
      {
        content: { plan: planId, kind, ...seen },
        organisationId: await lowestAbove(transaction, [...organisationIds, ...originIds]),
      },
      actor,
    );
    await sql`UPDATE registry.roster_plan SET approval_id = ${proposed.approval.id} WHERE id = ${planId}`.execute(
      transaction,
    );
    return proposed;
  });
}

async function lowestAbove(transaction: Transaction, organisationIds: readonly string[]): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    SELECT o.id FROM registry.organisation AS o WHERE NOT EXISTS (
      SELECT FROM registry.organisation AS t WHERE t.id = ANY(${[...organisationIds]}::uuid[]) AND NOT o.id = ANY(t.path))
    ORDER BY cardinality(o.path) DESC LIMIT 1`.execute(transaction);
  if (rows[0]) return rows[0].id;
  throw new TypeError('there is an organisation above all'); // the department; plans are made below one
}
