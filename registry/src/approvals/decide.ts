import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, Forbidden, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { notify } from '../notices/notices.ts';
import { can, holdersOf, rolesOf } from '../permissions/permissions.ts';
import { registryOf } from '../tables.ts';
import { type Assertion, checkAssertion, evidenceOf, hashAssertion, passkeyRefused } from './assertion.ts';
import { type Act, challengeOf } from './envelope.ts';
import type { Applied, ApprovalKind, ApprovalPasskey, ApprovalPorts } from './kind.ts';
import { actedOnEachOther, credentialHours, mustNotBeRecovered } from './rules.ts';
import { approvalMoves } from './states.ts';
import {
  type ActRow,
  type ApprovalRow,
  actOf,
  altered,
  attestAct,
  attestDecision,
  contentOf,
  isAttestedAct,
  kindOf,
  lockApproval,
  nameOf,
  noApproval,
  openEnvelope,
} from './store.ts';

/** How long the options of a ceremony are good for (W2): an assertion is minutes old at most. */
const ceremonySeconds = 300;
const mostWrongCodes = 5;
/** Those who may approve and are notified that something waits. */
const mostNotified = 20;
const collectHours = 24;

/** An approval that was opened for one of its acts. */
interface Opened {
  readonly row: ApprovalRow;
  readonly kind: ApprovalKind;
  readonly content: unknown;
  readonly expiresAt: Date;
}

const ceremonyKey = (id: string, act: Act, { personId, sessionId }: PersonActor) =>
  `registry:approval:${id}:${act}:${personId}:${sessionId}`;

function open(ports: ApprovalPorts, row: ApprovalRow): Opened {
  const kind = kindOf(ports, row);
  const envelope = openEnvelope(row);
  return { row, kind, content: contentOf(kind, envelope), expiresAt: envelope.expiresAt };
}

/** The passkeys that the act may be made with. */
async function passkeysFor(
  ports: ApprovalPorts,
  db: Transaction | ServiceContext['db'],
  { kind, content }: Opened,
  act: Act,
  personId: string,
): Promise<{ readonly passkeys: readonly ApprovalPasskey[]; readonly isSignIn: boolean }> {
  const own = act === 'confirm' ? kind.makerPasskey?.(content) : undefined;
  if (own) return { passkeys: [own], isSignIn: false };
  return { passkeys: await ports.passkeysOf(db, personId), isSignIn: true };
}

/**
 * PublicKeyCredentialRequestOptionsJSON for the act that is the caller's: the maker confirms, somebody else approves. The
 * challenge is of the digest; the ceremony is remembered for five minutes, for this session.
 *
 * @throws NotFound; Conflict `approvals/no-passkey`, `approvals/not-now`; Forbidden as {@link approve}.
 */
export async function actOptions(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  actor: PersonActor,
): Promise<{ readonly act: Act; readonly options: object }> {
  const { db, store, config, clock } = context;
  const { act, digest, passkeys } = await db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    const act: Act = row.maker_id === actor.personId ? 'confirm' : 'approve';
    const opened = open(ports, row);
    if (act === 'approve') await mustReach(context, opened, actor);
    mustBeInTime(opened, clock.now());
    approvalMoves.mustMove(row.state, act === 'confirm' ? 'confirmed' : 'approved');
    if (act === 'confirm') await mustNotBeRecovered(transaction, actor.personId, clock.now());
    else await mustBeSecond(context, transaction, opened, actor);
    return { act, digest: row.digest, ...(await passkeysFor(ports, transaction, opened, act, actor.personId)) };
  });
  if (passkeys.length === 0) throw noPasskey();
  await store.put(ceremonyKey(id, act, actor), true, ceremonySeconds);
  return {
    act,
    options: {
      challenge: challengeOf(digest, act),
      rpId: config.url.hostname,
      timeout: ceremonySeconds * 1000,
      userVerification: 'required',
      allowCredentials: passkeys.map(({ credentialId, transports }) => ({
        id: credentialId,
        type: 'public-key',
        transports,
      })),
    },
  };
}

/** Why the caller, who may approve such things there, cannot approve this one; undefined when they can. */
export async function actOptionsRefusal(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  actor: PersonActor,
): Promise<EduTrustError['detail'] | undefined> {
  try {
    await context.db.transaction().execute(async (transaction) => {
      await mustBeSecond(context, transaction, open(ports, await lockApproval(transaction, id)), actor);
    });
    return undefined;
  } catch (error) {
    if (!isNever(error)) throw error;
    return error.detail;
  }
}

function noPasskey(): Conflict {
  return new Conflict(
    'approvals/no-passkey',
    {
      vi: 'Việc này phải xác nhận bằng passkey, mà tài khoản của bạn chưa có passkey nào.',
      en: 'This has to be confirmed with a passkey, and your account has none.',
    },
    {
      remedy: {
        vi: 'Vào «Tài khoản», thêm một passkey rồi quay lại đây.',
        en: 'Open your account, add a passkey, then come back.',
      },
    },
  );
}

async function takeCeremony({ store }: ServiceContext, id: string, act: Act, actor: PersonActor): Promise<void> {
  if (await store.take(ceremonyKey(id, act, actor))) return;
  throw passkeyRefused(new Error('no ceremony of this session is under way'));
}

/** Checks the act's assertion and keeps it as evidence. */
async function takeAct(
  context: ServiceContext,
  ports: ApprovalPorts,
  transaction: Transaction,
  opened: Opened,
  { act, actor, assertion }: { readonly act: Act; readonly actor: PersonActor; readonly assertion: Assertion },
): Promise<Buffer> {
  const { row } = opened;
  const { passkeys, isSignIn } = await passkeysFor(ports, transaction, opened, act, actor.personId);
  const passkey = passkeys.find(({ credentialId }) => credentialId === assertion.id);
  if (!passkey) throw passkeyRefused(new Error("not one of this person's passkeys"));
  const { counter } = await checkAssertion(context.config, assertion, passkey, challengeOf(row.digest, act));
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

/**
 * The maker's act. Idempotent: the same assertion again changes nothing.
 *
 * @throws NotFound; Forbidden `approvals/not-yours`, `approvals/recovered`; Conflict; InvalidInput `approvals/passkey-refused`.
 */
export async function confirm(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  assertion: Assertion,
  actor: PersonActor,
): Promise<void> {
  const { db, clock } = context;
  if (await isTaken(context, id, 'confirm', assertion, actor)) return;
  await takeCeremony(context, id, 'confirm', actor);
  await db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    if (row.maker_id !== actor.personId) throw noApproval();
    const opened = open(ports, row);
    mustBeInTime(opened, clock.now());
    approvalMoves.mustMove(row.state, 'confirmed');
    await mustNotBeRecovered(transaction, actor.personId, clock.now());
    const assertionSha256 = await takeAct(context, ports, transaction, opened, { act: 'confirm', actor, assertion });
    await registryOf(transaction)
      .updateTable('registry.approval')
      .set({ state: 'confirmed', confirmed_at: clock.now() })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'approval.confirmed',
      actor,
      subject: { kind: 'approval', id },
      organisationId: row.organisation_id,
      data: { kind: row.kind, digest: row.digest.toString('hex'), assertionSha256: assertionSha256.toString('hex') },
    });
    await tellOfProposal(transaction, opened, actor);
  });
}

async function tellOfProposal(transaction: Transaction, { row, kind, content }: Opened, maker: PersonActor) {
  const { title } = kind.describe(content);
  const by = await nameOf(transaction, maker.personId);
  const data = { what: title.vi, whatEn: title.en, by };
  const approvers = (await holdersOf(transaction, kind.approve, row.organisation_id, mostNotified)).filter(
    (personId) => personId !== row.maker_id && personId !== row.concerns_id,
  );
  await notify(
    transaction,
    { personId: row.maker_id, kind: 'approval.proposed', data },
    ...approvers.map((personId) => ({ personId, kind: 'approval.waiting' as const, data })),
    ...(row.concerns_id && row.concerns_id !== row.maker_id
      ? [{ personId: row.concerns_id, kind: 'approval.concerns-you' as const, data }]
      : []),
  );
}

/**
 * The second person's act, and with it the effect: exactly what the digest covers, or nothing. Both assertions are kept,
 * and their hashes are in the ledger, in the transaction of the effect.
 *
 * Idempotent: the same assertion of the same person again changes nothing.
 *
 * @throws NotFound; Forbidden `approvals/own`, `approvals/concerns-you`, `approvals/credentials`, `approvals/recovered`;
 *   InvalidInput `approvals/passkey-refused`, `approvals/wrong-code`; Conflict `approvals/not-now`, `approvals/altered`, or
 *   what made the effect impossible.
 */
export async function approve(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  { assertion, code }: { readonly assertion: Assertion; readonly code?: string },
  actor: PersonActor,
): Promise<void> {
  const { db, clock, secrets, log } = context;
  if (await isTaken(context, id, 'approve', assertion, actor)) return;
  await takeCeremony(context, id, 'approve', actor);
  const outcome = await db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    const opened = open(ports, row);
    mustBeInTime(opened, clock.now());
    approvalMoves.mustMove(row.state, 'approved');
    await mustBeSecond(context, transaction, opened, actor);
    const wrong = await wrongCode(context, transaction, opened, code, actor);
    if (wrong) return { error: wrong };
    const confirmed = await mustBeConfirmed(context, transaction, row);
    const assertionSha256 = await takeAct(context, ports, transaction, opened, { act: 'approve', actor, assertion });
    if (confirmed.credential_id === assertion.id) throw passkeyRefused(new Error('one passkey for both acts'));
    const decided = { ...row, approver_id: actor.personId };
    await registryOf(transaction)
      .updateTable('registry.approval')
      .set({
        state: 'approved',
        approver_id: actor.personId,
        closed_at: clock.now(),
        attestation: attestDecision(secrets, decided),
      })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: 'approval.approved',
      actor,
      subject: { kind: 'approval', id },
      organisationId: row.organisation_id,
      data: {
        kind: row.kind,
        digest: row.digest.toString('hex'),
        maker: row.maker_id,
        confirmSha256: confirmed.assertion_sha256.toString('hex'),
        approveSha256: assertionSha256.toString('hex'),
      },
    });
    const applying = {
      context,
      approvalId: id,
      approver: actor,
      maker: await makerOf(transaction, row),
    };
    await sql`SAVEPOINT effect`.execute(transaction);
    let applied: Applied | undefined;
    try {
      applied = await opened.kind.apply(transaction, opened.content, applying);
    } catch (error) {
      if (!isNever(error)) throw error;
      await sql`ROLLBACK TO SAVEPOINT effect`.execute(transaction);
      await fail(context, transaction, opened, error, actor);
      return { error };
    }
    if (!applied?.goesOn) await markApplied(transaction, id);
    await keepToCollect(context, transaction, id, applied?.collect ?? []);
    await tellOfDecision(transaction, opened, actor);
    return { follow: () => opened.kind.follow?.(opened.content, applying) };
  });
  if (outcome.error) throw outcome.error;
  await outcome.follow?.()?.catch((error: unknown) => log.error({ err: error, approval: id }, 'following an approval'));
}

/** The effect of an approval is complete. Twice changes nothing. */
export async function markApplied(transaction: Transaction, id: string): Promise<void> {
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ state: 'applied' })
    .where('id', '=', id)
    .where('state', '=', 'approved')
    .execute();
}

async function tellOfDecision(transaction: Transaction, { row, kind, content }: Opened, approver: PersonActor) {
  const { title } = kind.describe(content);
  const by = await nameOf(transaction, approver.personId);
  const data = { what: title.vi, whatEn: title.en, by };
  await notify(
    transaction,
    { personId: row.maker_id, kind: 'approval.approved', data },
    { personId: approver.personId, kind: 'approval.given', data },
    ...(row.concerns_id && row.concerns_id !== row.maker_id
      ? [{ personId: row.concerns_id, kind: 'approval.approved' as const, data }]
      : []),
  );
}

async function keepToCollect(
  { secrets, clock }: ServiceContext,
  transaction: Transaction,
  id: string,
  parts: NonNullable<Applied['collect']>,
): Promise<void> {
  for (const { personId, text } of parts) {
    await registryOf(transaction)
      .insertInto('registry.approval_collect')
      .values({
        approval_id: id,
        person_id: personId,
        sealed: secrets.seal(Buffer.from(text, 'utf8'), `approval/${id}/${personId}`),
        until: new Date(clock.now().getTime() + collectHours * 3_600_000),
      })
      .execute();
  }
}

/** What the approval holds for the caller alone: half of a code. @throws NotFound `approvals/nothing-to-collect` */
export async function collect(
  { db, secrets, clock }: ServiceContext,
  id: string,
  actor: PersonActor,
): Promise<{ readonly text: string; readonly until: Date }> {
  const found = await registryOf(db)
    .selectFrom('registry.approval_collect')
    .selectAll()
    .where('approval_id', '=', id)
    .where('person_id', '=', actor.personId)
    .where('until', '>', clock.now())
    .executeTakeFirst();
  if (found) {
    return {
      text: secrets.open(found.sealed, `approval/${id}/${actor.personId}`).toString('utf8'),
      until: found.until,
    };
  }
  throw new NotFound('approvals/nothing-to-collect', {
    vi: 'Ở đây không có gì cho bạn, hoặc đã quá 24 giờ.',
    en: 'There is nothing here for you, or 24 hours have passed.',
  });
}

/** What never succeeds as it stands; everything else is tried again. */
function isNever(error: unknown): error is EduTrustError {
  return (
    error instanceof Conflict ||
    error instanceof NotFound ||
    error instanceof Forbidden ||
    error instanceof InvalidInput
  );
}

async function fail(
  context: ServiceContext,
  transaction: Transaction,
  opened: Opened,
  error: EduTrustError,
  actor: PersonActor,
): Promise<void> {
  await close(context, transaction, opened, {
    state: 'failed',
    reason: `${error.detail.vi} (${error.detail.en})`,
    actor,
    from: 'approved',
    data: { code: error.code },
  });
}

async function makerOf(transaction: Transaction, row: ApprovalRow): Promise<PersonActor> {
  return {
    kind: 'person',
    personId: row.maker_id,
    sessionId: `approval:${row.id}`,
    roles: await rolesOf(transaction, row.maker_id),
    acr: 'passkey',
    authenticatedAt: row.confirmed_at ?? row.created_at,
  };
}

/** Somebody who may be the second person does not want it. @throws Forbidden as {@link approve}; Conflict; NotFound. */
export async function refuse(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  reason: string,
  actor: PersonActor,
): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    const opened = open(ports, row);
    approvalMoves.mustMove(row.state, 'refused');
    await mustReach(context, opened, actor);
    if (row.maker_id === actor.personId) throw own();
    await close(context, transaction, opened, { state: 'refused', reason: reason.normalize('NFC').trim(), actor });
    const { title } = opened.kind.describe(opened.content);
    const data = { what: title.vi, whatEn: title.en, by: await nameOf(transaction, actor.personId), reason };
    await notify(
      transaction,
      ...[...new Set([row.maker_id, ...(row.concerns_id ? [row.concerns_id] : [])])].map((personId) => ({
        personId,
        kind: 'approval.refused' as const,
        data,
      })),
    );
  });
}

/** Its maker no longer wants it. @throws Conflict when it is decided already; NotFound. */
export async function withdraw(
  context: ServiceContext,
  ports: ApprovalPorts,
  id: string,
  actor: PersonActor,
): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const row = await lockApproval(transaction, id);
    if (row.maker_id !== actor.personId) throw noApproval();
    approvalMoves.mustMove(row.state, 'withdrawn');
    await close(context, transaction, open(ports, row), { state: 'withdrawn', reason: null, actor });
  });
}

export const expireTask = 'registry.expire-approvals';

/** Closes what nobody decided in time, and lets go of what nobody collected. */
export async function expireApprovals(context: ServiceContext, ports: ApprovalPorts): Promise<void> {
  const { db, clock, log } = context;
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.approval WHERE state IN ('proposed', 'confirmed') AND expires_at <= ${clock.now()}`.execute(
    db,
  );
  for (const { id } of rows) {
    await db
      .transaction()
      .execute(async (transaction) => {
        const row = await lockApproval(transaction, id);
        if (row.state !== 'proposed' && row.state !== 'confirmed') return;
        await close(context, transaction, open(ports, row), { state: 'expired', reason: null, actor: program });
      })
      .catch((error: unknown) => log.error({ err: error, approval: id }, 'closing an expired approval'));
  }
  await sql`DELETE FROM registry.approval_collect WHERE until <= ${clock.now()}`.execute(db);
}

const program: Actor = { kind: 'system', name: 'registry' };

async function close(
  context: ServiceContext,
  transaction: Transaction,
  { row, kind, content }: Opened,
  {
    state,
    reason,
    actor,
    from = row.state,
    data = {},
  }: {
    readonly state: 'refused' | 'withdrawn' | 'expired' | 'failed';
    readonly reason: string | null;
    readonly actor: Actor;
    readonly from?: ApprovalRow['state'];
    readonly data?: { [key: string]: string };
  },
): Promise<void> {
  approvalMoves.mustMove(from, state);
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ state, reason, closed_at: context.clock.now(), attestation: null })
    .where('id', '=', row.id)
    .execute();
  const common = {
    actor,
    subject: { kind: 'approval' as const, id: row.id },
    organisationId: row.organisation_id,
    data: { kind: row.kind, digest: row.digest.toString('hex'), ...data },
  };
  if (state === 'refused') await record(transaction, { type: 'approval.refused', ...common });
  else if (state === 'withdrawn') await record(transaction, { type: 'approval.withdrawn', ...common });
  else if (state === 'expired') await record(transaction, { type: 'approval.expired', ...common });
  else await record(transaction, { type: 'approval.failed', ...common });
  await kind.closed?.(transaction, content, { state, reason }, { context, actor });
}

/** The very act was taken before: a repeated request. */
async function isTaken(
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
async function mustBeConfirmed(
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

function mustBeInTime({ expiresAt }: Opened, now: Date): void {
  if (now < expiresAt) return;
  throw new Conflict(
    'approvals/expired',
    { vi: 'Việc này đã quá hạn chờ.', en: 'This has waited too long.' },
    { remedy: { vi: 'Người lập hãy lập lại.', en: 'Its maker proposes it anew.' } },
  );
}

async function mustReach({ db }: ServiceContext, { row, kind }: Opened, actor: PersonActor): Promise<void> {
  if (await can(db)(actor, kind.approve, { organisationId: row.organisation_id })) return;
  throw noApproval(); // to others it is not there
}

/** Who can be the second person (Q1). */
async function mustBeSecond(
  context: ServiceContext,
  transaction: Transaction,
  opened: Opened,
  actor: PersonActor,
): Promise<void> {
  const { row } = opened;
  await mustReach(context, opened, actor);
  if (row.maker_id === actor.personId) throw own();
  if (row.concerns_id === actor.personId || opened.kind.concerns(opened.content) === actor.personId) {
    throw new Forbidden('approvals/concerns-you', {
      vi: 'Việc này liên quan đến chính bạn nên cần một người khác duyệt.',
      en: 'This concerns yourself, so somebody else has to approve it.',
    });
  }
  const now = context.clock.now();
  await mustNotBeRecovered(transaction, actor.personId, now);
  if (await actedOnEachOther(transaction, row.maker_id, actor.personId, now)) {
    throw new Forbidden(
      'approvals/credentials',
      {
        vi: `Trong ${credentialHours} giờ qua, một trong hai người đã cấp hoặc đặt lại cách đăng nhập cho người kia, nên bạn chưa được tính là người thứ hai.`,
        en: `Within the last ${credentialHours} hours one of you made or reset the other's means of signing in, so you do not count as a second person yet.`,
      },
      { remedy: { vi: 'Nhờ một cán bộ khác duyệt.', en: 'Ask another officer to approve it.' } },
    );
  }
}

function own(): Forbidden {
  return new Forbidden('approvals/own', {
    vi: 'Bạn không thể tự duyệt hay từ chối việc do chính mình lập. Cần một người khác.',
    en: 'You cannot decide on what you proposed yourself. Somebody else must.',
  });
}

/** A wrong code is counted also when nothing else happens; after five the approval is refused. */
async function wrongCode(
  context: ServiceContext,
  transaction: Transaction,
  opened: Opened,
  typed: string | undefined,
  actor: PersonActor,
): Promise<EduTrustError | undefined> {
  const right = opened.kind.readOut?.(opened.content);
  if (right === undefined || right === (typed ?? '').replaceAll(/\s/g, '')) return undefined;
  const { row } = opened;
  const tries = row.wrong_codes + 1;
  await registryOf(transaction)
    .updateTable('registry.approval')
    .set({ wrong_codes: tries })
    .where('id', '=', row.id)
    .execute();
  await record(transaction, {
    type: 'approval.wrong-code',
    actor,
    subject: { kind: 'approval', id: row.id },
    organisationId: row.organisation_id,
    data: { tries },
  });
  const detail = { vi: 'Mã này không khớp với mã trên điện thoại.', en: 'This code is not the one on the phone.' };
  if (tries < mostWrongCodes) {
    return new InvalidInput('approvals/wrong-code', detail, {
      fields: [{ pointer: '/code', detail }],
      remedy: {
        vi: `Gọi lại cho người đó và nghe họ đọc sáu chữ số. Còn ${mostWrongCodes - tries} lần.`,
        en: `Call the person again and have them read the six digits out. ${mostWrongCodes - tries} tries are left.`,
      },
    });
  }
  await close(context, transaction, opened, {
    state: 'refused',
    reason: 'Sai mã đọc qua điện thoại quá 5 lần (the code was wrong five times)',
    actor,
  });
  return new Conflict('approvals/too-many-codes', {
    vi: 'Mã sai quá nhiều lần nên việc này đã bị từ chối.',
    en: 'The code was wrong too often, so this was refused.',
  });
}
