import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { registryOf } from '../tables.ts';
import { type Assertion, checkAssertion, evidenceOf, hashAssertion, passkeyRefused } from './assertion.ts';
import { type Act, challengeOf } from './envelope.ts';
import type { ApprovalPorts } from './kind.ts';
import { type Opened, passkeysFor } from './opened.ts';
import { mustStandAlone } from './rules.ts';
import { type ActRow, type ApprovalRow, actOf, altered, attestAct, isAttestedAct } from './store.ts';

/** How long the options of a ceremony are good for (W2): an assertion is minutes old at most. */
export const ceremonySeconds = 300;

export const ceremonyKey = (id: string, act: Act, { personId, sessionId }: PersonActor) =>
  `registry:approval:${id}:${act}:${personId}:${sessionId}`;

export async function takeCeremony({ store }: ServiceContext, id: string, act: Act, actor: PersonActor): Promise<void> {
  if (await store.take(ceremonyKey(id, act, actor))) return;
  throw passkeyRefused(new Error('no ceremony of this session is under way'));
}

/**
 * Checks the act's assertion and keeps it as evidence.
 *
 * @throws InvalidInput `approvals/passkey-refused`; Forbidden `approvals/recovered`, `approvals/credentials`; Conflict
 *   `approvals/passkey-gone`.
 */
export async function takeAct(
  context: ServiceContext,
  ports: ApprovalPorts,
  transaction: Transaction,
  opened: Opened,
  {
    act,
    actor,
    assertion,
    confirmed,
  }: {
    readonly act: Act;
    readonly actor: PersonActor;
    readonly assertion: Assertion;
    /** The maker's act, when this is the second person's. */
    readonly confirmed?: ActRow;
  },
): Promise<Buffer> {
  const { row } = opened;
  const { passkeys, isSignIn } = await passkeysFor(ports, transaction, opened, act, actor.personId);
  const passkey = passkeys.find(({ credentialId }) => credentialId === assertion.id);
  if (!passkey) throw passkeyRefused(new Error("not one of this person's passkeys"));
  const { counter } = await checkAssertion(context.config, assertion, passkey, challengeOf(row.digest, act));
  const maker = confirmed && (await makersPasskey(ports, transaction, opened, confirmed));
  mustStandAlone(passkey, maker, actor.personId, context.clock.now());
  if (isSignIn) await ports.passkeyUsed(transaction, passkey.credentialId, counter);
  const kept = {
    approval_id: row.id,
    act,
    person_id: actor.personId,
    at: context.clock.now(),
    credential_id: passkey.credentialId,
    public_key: passkey.publicKey,
    assertion_sha256: hashAssertion(assertion),
  };
  await registryOf(transaction)
    .insertInto('registry.approval_act')
    .values({
      ...kept,
      assertion: JSON.stringify(evidenceOf(assertion)),
      attestation: attestAct(context.secrets, kept),
    })
    .execute();
  return kept.assertion_sha256;
}

/** The passkey that the maker confirmed with, as its owner knows it now. @throws Conflict `approvals/passkey-gone` */
async function makersPasskey(ports: ApprovalPorts, transaction: Transaction, opened: Opened, confirmed: ActRow) {
  const { maker_id: personId } = opened.row;
  const { passkeys } = await passkeysFor(ports, transaction, opened, 'confirm', personId);
  const passkey = passkeys.find(({ credentialId }) => credentialId === confirmed.credential_id);
  if (passkey) return { personId, passkey };
  throw new Conflict(
    'approvals/passkey-gone',
    {
      vi: 'Passkey mà người lập đã dùng để xác nhận không còn là của họ.',
      en: 'The passkey with which the maker confirmed this is no longer theirs.',
    },
    { remedy: { vi: 'Người lập hãy lập lại việc này.', en: 'Ask its maker to propose it again.' } },
  );
}

/** The very act was taken before: a repeated request. */
export async function isTaken(
  { db }: ServiceContext,
  id: string,
  act: Act,
  assertion: Assertion,
  actor: PersonActor,
): Promise<boolean> {
  const taken = await actOf(db, id, act);
  return taken?.person_id === actor.personId && taken.assertion_sha256.equals(hashAssertion(assertion));
}

/**
 * The maker's act once more, from its evidence: what is applied was confirmed, and not by what somebody wrote into a
 * table since.
 */
export async function mustBeConfirmed(
  { config, secrets }: ServiceContext,
  transaction: Transaction,
  row: ApprovalRow,
): Promise<ActRow> {
  const act = await actOf(transaction, row.id, 'confirm');
  if (!act || act.person_id !== row.maker_id || !isAttestedAct(secrets, act)) throw altered();
  const { rows } = await sql`
    SELECT 1 FROM platform.ledger_entry WHERE log = 'audit' AND subject_id = ${row.id} AND type = 'approval.approved'
    LIMIT 1`.execute(transaction);
  if (rows.length > 0) throw altered(); // it was decided before: somebody turned its row back
  const passkey = { credentialId: act.credential_id, publicKey: act.public_key, transports: [] };
  await checkAssertion(config, act.assertion, passkey, challengeOf(row.digest, 'confirm')).catch((error: unknown) => {
    if (error instanceof InvalidInput) throw altered();
    throw error;
  });
  return act;
}
