import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { notify } from '@edutrust/registry/notices';
import { findSigners, type Signer, type SignerTools } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { nameOf } from '../requests/registry.ts';
import { signingOf } from '../tables.ts';
import type { DocumentKind } from '../templates/template.ts';
import { type DelegationForm, isDeputy, isHead } from './offices.ts';
import { isPast, noPaper, notADeputy, notASigner, notTheHead, overlaps, wrongTime } from './refusals.ts';

/** Documents whose signer can be another than the office's head. */
export const delegableKinds = [
  'transcript',
  'school-report',
  'study-confirmation',
  'graduation-certificate',
  'decision',
  'diploma',
  'upload',
] as const satisfies readonly DocumentKind[];
export type DelegableKind = (typeof delegableKinds)[number];

export interface DelegationOrder {
  /** Made by who asks: the same id again is the same delegation. */
  readonly id: string;
  readonly organisationId: string;
  readonly delegateId: string;
  readonly form: DelegationForm;
  readonly kinds: readonly DelegableKind[];
  readonly paper?: string | undefined;
  readonly from: Date;
  readonly until: Date;
}

const longestMs = 366 * 24 * 3_600_000;

/**
 * The head lets somebody sign in their place, from then on and until then: what is made in that time names the delegate, with both titles. What
 * waits already stays with whom it was asked of. Idempotent by the order's id.
 *
 * @throws Conflict `delegations/not-the-head`, `delegations/not-a-signer`, `delegations/not-a-deputy`, `delegations/overlaps`; InvalidInput
 *   `delegations/wrong-time`, `delegations/past`, `delegations/no-paper`
 */
export async function delegate(context: ServiceContext, order: DelegationOrder, actor: PersonActor): Promise<void> {
  const now = context.clock.now();
  const { organisationId, delegateId, form, kinds, from, until } = order;
  if (until <= from || until.getTime() - from.getTime() > longestMs) throw wrongTime();
  if (until <= now) throw isPast();
  const paper = order.paper?.normalize('NFC').trim() || null;
  if (form === 'TUQ' && !paper) throw noPaper();
  const [head] = await findSigners(context, { organisationId, personId: actor.personId });
  if (!head || !isHead(head.title)) throw notTheHead();
  const [standIn] = await findSigners(context, { organisationId, personId: delegateId });
  if (!standIn || delegateId === actor.personId) throw notASigner();
  if (form === 'KT' && !isDeputy(standIn.title)) throw notADeputy();
  await context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`signing.delegation/${actor.personId}`}, 0))`.execute(
      transaction,
    );
    if (await isMade(transaction, order.id, actor.personId)) return;
    await mustNotOverlap(transaction, order, actor.personId);
    await signingOf(transaction)
      .insertInto('signing.delegation')
      .values({
        id: order.id,
        organisation_id: organisationId,
        signer_id: actor.personId,
        delegate_id: delegateId,
        form,
        kinds: [...kinds],
        paper,
        valid_from: from,
        valid_until: until,
        made_at: now,
        ended_at: null,
      })
      .execute();
    await record(transaction, {
      type: 'signing-delegation.made',
      actor,
      subject: { kind: 'signing-delegation', id: order.id },
      organisationId,
      data: { delegateId, form, kinds: [...kinds], from: from.toISOString(), until: until.toISOString() },
    });
    const by = await nameOf(transaction, actor.personId);
    await notify(transaction, { personId: delegateId, kind: 'delegation.made', data: { by, form } });
  });
}

async function isMade(transaction: Transaction, id: string, signerId: string): Promise<boolean> {
  const found = await signingOf(transaction)
    .selectFrom('signing.delegation')
    .select('signer_id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (found && found.signer_id !== signerId) throw noDelegation();
  return found !== undefined;
}

/** Who signs a kind at a moment is one person. @throws Conflict `delegations/overlaps` */
async function mustNotOverlap(
  transaction: Transaction,
  { organisationId, kinds, from, until }: DelegationOrder,
  signerId: string,
): Promise<void> {
  const { rows } = await sql`
    SELECT FROM signing.delegation WHERE signer_id = ${signerId} AND organisation_id = ${organisationId}
      AND ended_at IS NULL AND kinds && ${[...kinds]}::text[] AND valid_from < ${until} AND valid_until > ${from}`.execute(
    transaction,
  );
  if (rows.length > 0) throw overlaps();
}

/** Ends it now; once, also twice. @throws NotFound `delegations/not-found` for one of somebody else */
export async function endDelegation(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  id: string,
  actor: PersonActor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const found = await signingOf(transaction)
      .selectFrom('signing.delegation')
      .select(['organisation_id', 'ended_at'])
      .where('id', '=', id)
      .where('signer_id', '=', actor.personId)
      .forUpdate()
      .executeTakeFirst();
    if (!found) throw noDelegation();
    if (found.ended_at) return;
    await signingOf(transaction)
      .updateTable('signing.delegation')
      .set({ ended_at: clock.now() })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'signing-delegation.ended',
      actor,
      subject: { kind: 'signing-delegation', id },
      organisationId: found.organisation_id,
    });
  });
}

function noDelegation(): NotFound {
  return new NotFound('delegations/not-found', {
    vi: 'Không có việc giao ký này.',
    en: 'There is no such delegation.',
  });
}

/** Who signs, as what, and in whose place when it is not for themselves. */
export interface Signatory extends Signer {
  readonly onBehalfOf?: string;
}

/**
 * Who signs a document of this kind that is made now: the signer, or by their rule another, whose title is then as the decree writes it: «KT. Hiệu
 * trưởng – Phó hiệu trưởng». Nobody stands in for a stand-in, nor who is no signer of the organisation any longer.
 */
export async function signatoryFor(
  tools: SignerTools,
  signer: Signer,
  { organisationId, kind, now }: { readonly organisationId: string; readonly kind: DocumentKind; readonly now: Date },
): Promise<Signatory> {
  const rule = await signingOf(tools.db)
    .selectFrom('signing.delegation')
    .select(['delegate_id', 'form'])
    .where('signer_id', '=', signer.personId)
    .where('organisation_id', '=', organisationId)
    .where('ended_at', 'is', null)
    .where('valid_from', '<=', now)
    .where('valid_until', '>', now)
    .where(sql<boolean>`${kind} = ANY(kinds)`)
    .executeTakeFirst();
  if (!rule) return signer;
  const [standIn] = await findSigners(tools, { organisationId, personId: rule.delegate_id });
  if (!standIn || (rule.form === 'KT' && !isDeputy(standIn.title))) return signer;
  return { ...standIn, title: `${rule.form}. ${signer.title} – ${standIn.title}`, onBehalfOf: signer.personId };
}

/** Those that a person gave or was given, newest first. */
export async function listDelegations(db: Database, personId: string) {
  const { rows } = await sql<{
    id: string;
    form: DelegationForm;
    kinds: DelegableKind[];
    paper: string | null;
    signer: { id: string; fullName: string };
    delegate: { id: string; fullName: string };
    organisation: { id: string; name: string };
    from: Date;
    until: Date;
    isGiven: boolean;
  }>`
    SELECT d.id, d.form, d.kinds, d.paper, d.valid_from AS "from", least(d.valid_until, d.ended_at) AS "until",
      jsonb_build_object('id', s.id, 'fullName', s.full_name) AS signer,
      jsonb_build_object('id', t.id, 'fullName', t.full_name) AS delegate,
      jsonb_build_object('id', o.id, 'name', o.name) AS organisation,
      d.signer_id = ${personId} AS "isGiven"
    FROM signing.delegation AS d JOIN registry.person AS s ON s.id = d.signer_id
    JOIN registry.person AS t ON t.id = d.delegate_id JOIN registry.organisation AS o ON o.id = d.organisation_id
    WHERE ${personId} IN (d.signer_id, d.delegate_id) ORDER BY d.made_at DESC, d.id LIMIT 200`.execute(db);
  return rows.map(({ from, until, ...row }) => ({ ...row, from: from.toISOString(), until: until.toISOString() }));
}
