import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, type EduTrustError } from '@edutrust/platform/errors';
import { ceremonyKey, ceremonySeconds } from './act.ts';
import { type Act, challengeOf } from './envelope.ts';
import type { ApprovalPorts } from './kind.ts';
import { isNever } from './never.ts';
import { mustBeInTime, mustReach, open, passkeysFor } from './opened.ts';
import { mustNotBeByGlass, mustNotBeRecovered } from './rules.ts';
import { mustBeSecond } from './second-person.ts';
import { approvalMoves } from './states.ts';
import { lockApproval } from './store.ts';

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
    mustNotBeByGlass(actor);
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

/** Why the caller, who may approve such things there, cannot approve this one, and what helps; undefined when they can. */
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
    const { detail, remedy } = error;
    return remedy ? { vi: `${detail.vi} ${remedy.vi}`, en: `${detail.en} ${remedy.en}` } : detail;
  }
}

function noPasskey(): Conflict {
  return new Conflict(
    'approvals/no-passkey',
    {
      vi: 'Việc này phải xác nhận bằng passkey, mà tài khoản của anh/chị chưa có passkey nào.',
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
