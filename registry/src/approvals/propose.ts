import { randomBytes } from 'node:crypto';
import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { Time } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { record } from '../events.ts';
import { registryOf } from '../tables.ts';
import { canonicalText, digestOf, type Envelope, shortCode } from './envelope.ts';
import type { ApprovalKind } from './kind.ts';
import { approvalMoves } from './states.ts';
import { lockApproval } from './store.ts';

const defaultLifeHours = 7 * 24;

/** What the route of a kind answers with, 202: the maker confirms it next. */
export const ProposedApproval = Type.Object({
  approval: Type.Object({
    id: Type.String(),
    kind: Type.String(),
    digest: Type.String({ description: 'SHA-256, hexadecimal: what both passkeys are put to' }),
    code: Type.String({ description: 'The end of the digest, to read to each other' }),
    expiresAt: Time,
  }),
});
export type ProposedApproval = Type.Static<typeof ProposedApproval>;

/**
 * Writes down an act that takes two people: nothing happens before its maker has confirmed it and a second person has
 * approved it. Idempotent by kind, content and maker while it is open: the same one is given again.
 *
 * `organisationId` is where it belongs: those who may be the second person there are asked.
 */
export async function propose<Content>(
  transaction: Transaction,
  { clock }: Pick<ServiceContext, 'clock'>,
  kind: ApprovalKind<Content>,
  { content, organisationId }: { readonly content: Content; readonly organisationId: string },
  actor: PersonActor,
): Promise<ProposedApproval> {
  if (!Value.Check(kind.content, content)) throw new TypeError(`not the content of ${kind.kind}`); // a bug of its owner
  const contentSha256 = digestOf(canonicalText(content));
  const now = clock.now();
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`approval/${actor.personId}/${kind.kind}`}, 0))`.execute(
    transaction,
  );
  const open = await registryOf(transaction)
    .selectFrom('registry.approval')
    .select(['id', 'kind', 'digest', 'expires_at'])
    .where('kind', '=', kind.kind)
    .where('maker_id', '=', actor.personId)
    .where('content_sha256', '=', contentSha256)
    .where('state', 'in', ['proposed', 'confirmed'])
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (open) return answer(open);
  const id = uuidv7();
  const expiresAt = new Date(now.getTime() + (kind.lifeHours ?? defaultLifeHours) * 3_600_000);
  const envelope: Envelope = {
    v: 1,
    approval: id,
    kind: kind.kind,
    content,
    maker: actor.personId,
    organisation: organisationId,
    created: now.toISOString(),
    expires: expiresAt.toISOString(),
    nonce: randomBytes(16).toString('base64url'),
  };
  const text = canonicalText(envelope);
  const digest = digestOf(text);
  const row = {
    id,
    kind: kind.kind,
    envelope: text,
    digest,
    content_sha256: contentSha256,
    organisation_id: organisationId,
    approve_action: kind.approve,
    concerns_id: kind.concerns(content) ?? null,
    maker_id: actor.personId,
    state: 'proposed' as const,
    created_at: now,
    expires_at: expiresAt,
  };
  await registryOf(transaction).insertInto('registry.approval').values(row).execute();
  await record(transaction, {
    type: 'approval.proposed',
    actor,
    subject: { kind: 'approval', id },
    organisationId,
    data: { kind: kind.kind, digest: digest.toString('hex') },
  });
  return answer(row);
}

function answer(row: { id: string; kind: string; digest: Buffer; expires_at: Date }): ProposedApproval {
  return {
    approval: {
      id: row.id,
      kind: row.kind,
      digest: row.digest.toString('hex'),
      code: shortCode(row.digest),
      expiresAt: row.expires_at.toISOString(),
    },
  };
}

/** What was proposed is no longer wanted, or no longer possible, as its owner says: nothing comes of the approval. */
export async function withdrawProposal(
  transaction: Transaction,
  { clock }: Pick<ServiceContext, 'clock'>,
  id: string,
  actor: Actor,
): Promise<void> {
  const row = await lockApproval(transaction, id);
  if (row.state !== 'proposed' && row.state !== 'confirmed') return;
  approvalMoves.mustMove(row.state, 'withdrawn');
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ state: 'withdrawn', closed_at: clock.now() })
    .where('id', '=', id)
    .execute();
  await record(transaction, {
    type: 'approval.withdrawn',
    actor,
    subject: { kind: 'approval', id },
    organisationId: row.organisation_id,
    data: { kind: row.kind, digest: row.digest.toString('hex') },
  });
}
