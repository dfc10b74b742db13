import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import type { SecretBox } from '@edutrust/platform/secrets';
import { type Selectable, sql } from 'kysely';
import { Value } from 'typebox/value';
import { type RegistryTables, registryOf } from '../tables.ts';
import { type Act, digestOf, type Envelope } from './envelope.ts';
import type { ApprovalKind, ApprovalPorts } from './kind.ts';

export type ApprovalRow = Selectable<RegistryTables['registry.approval']>;
export type ActRow = Selectable<RegistryTables['registry.approval_act']>;

export const noApproval = () =>
  new NotFound('approvals/not-found', { vi: 'Không có việc này.', en: 'There is no such thing to approve.' });

/** @throws NotFound `approvals/not-found` */
export async function lockApproval(transaction: Transaction, id: string): Promise<ApprovalRow> {
  const found = isUuid(id)
    ? await registryOf(transaction)
        .selectFrom('registry.approval')
        .selectAll()
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst()
    : undefined;
  if (!found) throw noApproval();
  return found;
}

export async function actOf(db: Database | Transaction, id: string, act: Act): Promise<ActRow | undefined> {
  return registryOf(db as Database)
    .selectFrom('registry.approval_act')
    .selectAll()
    .where('approval_id', '=', id)
    .where('act', '=', act)
    .executeTakeFirst();
}

/** The kind of an approval; one of a newer version, or of a service that is gone, is none of ours to do. */
export function kindOf(ports: Pick<ApprovalPorts, 'kinds'>, row: Pick<ApprovalRow, 'kind'>): ApprovalKind {
  const found = ports.kinds.find(({ kind }) => kind === row.kind);
  if (found) return found;
  throw new Conflict('approvals/unknown-kind', {
    vi: 'Phiên bản này không biết loại việc đó.',
    en: 'This version does not know that kind of act.',
  });
}

/**
 * What the digest covers, from the very bytes that it is of.
 *
 * @throws Conflict `approvals/erased` when it went with a person whom it named; `approvals/altered` when the row says something else than its digest, or the content is none of its kind.
 */
export function openEnvelope(
  row: Pick<ApprovalRow, 'id' | 'kind' | 'envelope' | 'digest' | 'maker_id' | 'organisation_id' | 'erased_at'>,
) {
  if (row.erased_at) throw erased();
  const envelope = JSON.parse(row.envelope) as Envelope; // written by propose alone, or refused just below
  const isWhole =
    digestOf(row.envelope).equals(row.digest) &&
    envelope.approval === row.id &&
    envelope.kind === row.kind &&
    envelope.maker === row.maker_id &&
    envelope.organisation === row.organisation_id;
  if (!isWhole) throw altered();
  return { ...envelope, expiresAt: new Date(envelope.expires) };
}

/** The content as its kind has it. @throws Conflict `approvals/altered` */
export function contentOf(kind: Pick<ApprovalKind, 'content'>, envelope: Pick<Envelope, 'content'>): unknown {
  if (!Value.Check(kind.content, envelope.content)) throw altered();
  return envelope.content;
}

function erased(): Conflict {
  return new Conflict('approvals/erased', {
    vi: 'Lời của việc này đã xoá cùng dữ liệu của người trong đó; hai chữ ký passkey vẫn còn.',
    en: 'The text went with the data of a person whom it named; both passkey acts are still here.',
  });
}

export function altered(): Conflict {
  return new Conflict(
    'approvals/altered',
    {
      vi: 'Nội dung đã lưu không khớp với dấu vân tay mà người lập đã xác nhận.',
      en: 'What is stored does not match the digest that its maker confirmed.',
    },
    {
      remedy: {
        vi: 'Không duyệt. Báo cán bộ an toàn thông tin và lập lại việc này từ đầu.',
        en: 'Do not approve it. Tell the security officer, and propose it again.',
      },
    },
  );
}

const actPurpose = 'registry.approval_act';
const decisionPurpose = 'registry.approval';

type ActFacts = Pick<
  ActRow,
  'approval_id' | 'act' | 'person_id' | 'credential_id' | 'public_key' | 'assertion_sha256' | 'at'
>;

function factsOfAct(row: ActFacts): AttestedFacts {
  return {
    approval: row.approval_id,
    act: row.act,
    person: row.person_id,
    credential: row.credential_id,
    publicKey: row.public_key.toString('hex'),
    assertion: row.assertion_sha256.toString('hex'),
    at: row.at.toISOString(),
  };
}

export const attestAct = (secrets: SecretBox, row: ActFacts) => attest(secrets, actPurpose, factsOfAct(row));
export const isAttestedAct = (secrets: SecretBox, row: ActRow) =>
  isAttested(secrets, actPurpose, factsOfAct(row), row.attestation);

type Decision = Pick<ApprovalRow, 'id' | 'kind' | 'digest' | 'maker_id' | 'approver_id'>;

function factsOfDecision(row: Decision): AttestedFacts {
  return {
    approval: row.id,
    kind: row.kind,
    digest: row.digest.toString('hex'),
    maker: row.maker_id,
    approver: row.approver_id,
  };
}

export const attestDecision = (secrets: SecretBox, row: Decision) =>
  attest(secrets, decisionPurpose, factsOfDecision(row));

/** Whether this program itself took both acts: what somebody with the database alone writes into a row is not. */
export const isAttestedDecision = (secrets: SecretBox, row: ApprovalRow) =>
  isAttested(secrets, decisionPurpose, factsOfDecision(row), row.attestation);

/** Names for notices and views. */
export async function nameOf(db: Database | Transaction, personId: string): Promise<string> {
  const { rows } = await sql<{
    full_name: string;
  }>`SELECT full_name FROM registry.person WHERE id = ${personId}`.execute(db);
  return rows[0]?.full_name ?? '';
}
