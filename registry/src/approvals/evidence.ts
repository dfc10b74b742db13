import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { registryOf } from '../tables.ts';
import { checkAssertion, hashAssertion } from './assertion.ts';
import { type Act, challengeOf, shortCode } from './envelope.ts';
import type { ApprovalKind } from './kind.ts';
import {
  type ApprovalRow,
  actOf,
  contentOf,
  isAttestedAct,
  isAttestedDecision,
  noApproval,
  openEnvelope,
} from './store.ts';

/** One thing that was checked about an approval of before, and how it came out. */
export interface EvidenceCheck {
  readonly check:
    | 'digest'
    | 'confirm-assertion'
    | 'approve-assertion'
    | 'two-people'
    | 'two-passkeys'
    | 'ledger'
    | 'attested';
  readonly isRight: boolean;
}

export interface EvidenceVerdict {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly digest: string;
  readonly code: string;
  readonly makerId: string;
  readonly approverId: string | null;
  /** Every check came out right: two people, with two passkeys, agreed to exactly this, and the ledger says so. */
  readonly isValid: boolean;
  readonly checks: readonly EvidenceCheck[];
}

/**
 * Whether two people agreed to exactly what is stored, from evidence and ledger alone (Q4): the digest anew, both
 * assertions anew by the public keys kept with them, and the entry of the audit log that names their hashes.
 *
 * @throws NotFound
 */
export async function verifyApproval(
  { db, config, secrets }: Pick<ServiceContext, 'db' | 'config' | 'secrets'>,
  id: string,
): Promise<EvidenceVerdict> {
  const row = isUuid(id)
    ? await registryOf(db).selectFrom('registry.approval').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined;
  if (!row) throw noApproval();
  const acts = { confirm: await actOf(db, id, 'confirm'), approve: await actOf(db, id, 'approve') };
  const isAssertionRight = async (act: Act): Promise<boolean> => {
    const kept = acts[act];
    if (!kept || !hashAssertion(kept.assertion).equals(kept.assertion_sha256)) return false;
    const passkey = { credentialId: kept.credential_id, publicKey: kept.public_key, transports: [] };
    return checkAssertion(config, kept.assertion, passkey, challengeOf(row.digest, act)).then(
      () => true,
      () => false,
    );
  };
  const { confirm, approve } = acts;
  const { rows: logged } = await sql<{ data: Record<string, unknown>; actor: { personId?: string } }>`
    SELECT e.data, e.actor FROM platform.ledger_entry AS e JOIN platform.ledger_leaf AS l ON l.entry_id = e.id
    WHERE e.log = 'audit' AND e.type = 'approval.approved' AND e.subject_id = ${id}`.execute(db);
  const [entry] = logged;
  const checks: EvidenceCheck[] = [
    {
      check: 'digest',
      isRight: row.erased_at ? await isErasedByUs(db, row) : isWhole(() => openEnvelope(row)),
    },
    { check: 'confirm-assertion', isRight: await isAssertionRight('confirm') },
    { check: 'approve-assertion', isRight: await isAssertionRight('approve') },
    {
      check: 'two-people',
      isRight:
        confirm?.person_id === row.maker_id &&
        approve !== undefined &&
        approve.person_id === row.approver_id &&
        approve.person_id !== confirm.person_id,
    },
    {
      check: 'two-passkeys',
      isRight:
        confirm !== undefined &&
        approve !== undefined &&
        confirm.credential_id !== approve.credential_id &&
        !confirm.public_key.equals(approve.public_key),
    },
    {
      check: 'ledger',
      isRight:
        logged.length === 1 &&
        entry?.data.digest === row.digest.toString('hex') &&
        entry.data.maker === row.maker_id &&
        entry.actor.personId === row.approver_id &&
        entry.data.confirmSha256 === confirm?.assertion_sha256.toString('hex') &&
        entry.data.approveSha256 === approve?.assertion_sha256.toString('hex'),
    },
    {
      check: 'attested',
      isRight:
        isAttestedDecision(secrets, row) &&
        confirm !== undefined &&
        isAttestedAct(secrets, confirm) &&
        approve !== undefined &&
        isAttestedAct(secrets, approve),
    },
  ];
  return {
    id,
    kind: row.kind,
    state: row.state,
    digest: row.digest.toString('hex'),
    code: shortCode(row.digest),
    makerId: row.maker_id,
    approverId: row.approver_id,
    isValid: checks.every(({ isRight }) => isRight),
    checks,
  };
}

/** Whether the log says that the text went with a person who was erased: an empty one is no proof of that. */
async function isErasedByUs(db: Database, { id, digest }: Pick<ApprovalRow, 'id' | 'digest'>): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM platform.ledger_entry AS e JOIN platform.ledger_leaf AS l ON l.entry_id = e.id
    WHERE e.log = 'audit' AND e.type = 'approval.erased' AND e.subject_id = ${id}
      AND e.data->>'digest' = ${digest.toString('hex')}`.execute(db);
  return rows.length > 0;
}

/** The approvals that were decided, oldest first: what {@link verifyApproval} has evidence of. */
export async function listDecided(db: Database): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.approval WHERE state IN ('approved', 'applied') ORDER BY id`.execute(db);
  return rows.map(({ id }) => id);
}

function isWhole(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/**
 * The content that two people agreed to, for those who act on it later (issuing, completing a signature). Only what this
 * program itself took both acts for is such an approval: a row that somebody wrote into the table is not.
 *
 * @throws Conflict `approvals/none`
 */
export async function mustBeApproved<Content>(
  db: Database | Transaction,
  secrets: ServiceContext['secrets'],
  kind: Pick<ApprovalKind<Content>, 'kind' | 'content'>,
  id: string | null,
): Promise<Content> {
  const row =
    id !== null && isUuid(id)
      ? await registryOf(db as Database)
          .selectFrom('registry.approval')
          .selectAll()
          .where('id', '=', id)
          .where('kind', '=', kind.kind)
          .where('state', 'in', ['approved', 'applied'])
          .executeTakeFirst()
      : undefined;
  if (!row || !isAttestedDecision(secrets, row)) throw notApproved();
  return contentOf(kind, openEnvelope(row)) as Content; // checked by the kind's schema
}

export function notApproved(): Conflict {
  return new Conflict(
    'approvals/none',
    {
      vi: 'Không có bằng chứng rằng hai người đã đồng ý đúng việc này.',
      en: 'There is no evidence that two people agreed to exactly this.',
    },
    { remedy: { vi: 'Báo cán bộ an toàn thông tin.', en: 'Tell the security officer.' } },
  );
}
