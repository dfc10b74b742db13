import { verify, X509Certificate } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import canonicalize from 'canonicalize';
import type { Selectable } from 'kysely';
import { closeSession, itemsOf } from '../activation/authorise.ts';
import { authoriseFiles, type ItemSignature } from '../activation/authorise-item.ts';
import { completeAfterMs, completeTask } from '../activation/complete.ts';
import { fileKey, type Item } from '../activation/session-items.ts';
import { sessionMoves } from '../activation/states.ts';
import { record } from '../events.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { proofHash, type SealEvidence } from './evidence.ts';
import { isInUse, lockMachine, type MachineCall } from './machine.ts';
import type { SealBody } from './schemas.ts';

type SessionRow = Selectable<SigningTables['signing.session']>;

/**
 * Takes the token's signatures of a batch. Each is checked with the certificate that two people agreed to; what has no
 * signature, because the token was pulled out, waits on. The batch is used up whatever comes of it, the request's proof is
 * kept as evidence, and a job sees to it that what was sealed is completed.
 *
 * Idempotent by batch and body: the same again changes nothing.
 *
 * @throws NotFound; Conflict `sealing/batch-over`; InvalidInput `sealing/other-list`
 */
export async function takeSignatures(
  context: ServiceContext,
  call: MachineCall,
  batchId: string,
  body: SealBody,
): Promise<void> {
  const refusal = await context.db.transaction().execute(async (transaction) => {
    const machine = await lockMachine(transaction, call.machine.id); // first, as revoking does
    const session = await lockBatch(transaction, batchId, call);
    if (session.state !== 'open') return isSame(session, body) ? undefined : batchOver();
    const close = async (state: 'refused' | 'expired', error: EduTrustError) => {
      await closeSession(transaction, session, state, call.actor, error.code);
      return error;
    };
    const now = context.clock.now();
    if (now >= session.expires_at) return close('expired', batchOver());
    if (!isInUse(machine, now)) return close('refused', batchOver());
    if (body.challenge !== session.challenge.toString('hex')) return close('refused', otherList());
    await authoriseBatch(transaction, session, { proof: call.proof, body }, now);
    const signatureOf = tokenSignatures(machine.certificate, body);
    const items = await itemsOf(transaction, session.id);
    await authoriseFiles(
      transaction,
      items.map((item) => ({ item, ...signatureOf(item) })),
    );
    const options = { key: `${completeTask}:${session.id}`, runAt: new Date(now.getTime() + completeAfterMs) };
    await context.jobs.enqueue(transaction, completeTask, { sessionId: session.id }, options);
    await record(transaction, {
      type: 'signing-session.sealed-by-token',
      actor: call.actor,
      subject: { kind: 'signing-session', id: session.id },
      organisationId: machine.organisation_id,
      data: {
        machineId: machine.id,
        listSha256: body.challenge,
        proofSha256: proofHash(call.proof).toString('hex'),
        signatures: body.signatures.length,
      },
    });
    return undefined;
  });
  if (refusal) throw refusal;
}

async function lockBatch(transaction: Transaction, id: string, { machine }: MachineCall): Promise<SessionRow> {
  const found = await signingOf(transaction)
    .selectFrom('signing.session')
    .selectAll()
    .where('id', '=', id)
    .where('machine_id', '=', machine.id)
    .forUpdate()
    .executeTakeFirst();
  if (found) return found;
  throw new NotFound('signing/no-session', { vi: 'Không có phiên ký này.', en: 'There is no such signing session.' });
}

const isSame = ({ assertion }: SessionRow, body: SealBody): boolean =>
  assertion !== null && canonicalize((assertion as SealEvidence).body) === canonicalize(body);

async function authoriseBatch(
  transaction: Transaction,
  session: SessionRow,
  evidence: SealEvidence,
  now: Date,
): Promise<void> {
  sessionMoves.mustMove(session.state, 'authorised');
  await signingOf(transaction)
    .updateTable('signing.session')
    .set({
      state: 'authorised',
      assertion: JSON.stringify(evidence),
      assertion_sha256: proofHash(evidence.proof),
      authorised_at: now,
    })
    .where('id', '=', session.id)
    .execute();
}

/** The token's signature of each file, verified with its certificate (DER), or what is wrong with it. */
function tokenSignatures(certificate: Buffer, { signatures }: SealBody): (item: Item) => ItemSignature {
  const signatureOf = new Map(
    signatures.map(({ requestId, artefact, signature }) => [fileKey(requestId, artefact), signature]),
  );
  const key = new X509Certificate(certificate).publicKey;
  return ({ request_id, artefact, signed_attributes }) => {
    const given = signatureOf.get(fileKey(request_id, artefact));
    if (given === undefined) return { signature: null, error: notSigned };
    const signature = Buffer.from(given, 'base64url');
    return verify('sha256', signed_attributes, key, signature)
      ? { signature }
      : { signature: null, error: wrongSignature };
  };
}

const notSigned = {
  code: 'sealing/not-sealed',
  detail: {
    vi: 'Thiết bị chưa ký văn bản này. Văn bản vẫn chờ đóng dấu.',
    en: 'The token did not sign this document. It still waits for the seal.',
  },
};

const wrongSignature = {
  code: 'signing/wrong-signature',
  detail: {
    vi: 'Chữ ký của thiết bị không khớp với văn bản này. Văn bản vẫn chờ đóng dấu.',
    en: 'The token’s signature does not match this document. It still waits for the seal.',
  },
};

function batchOver(): Conflict {
  return new Conflict('sealing/batch-over', {
    vi: 'Lượt đóng dấu này đã hết hạn hoặc đã dùng rồi. Chạy lại để lấy danh sách mới.',
    en: 'This batch has expired or was used already. Start again for a new list.',
  });
}

function otherList(): InvalidInput {
  return new InvalidInput('sealing/other-list', {
    vi: 'Chữ ký gửi lên là của danh sách khác. Chưa có văn bản nào được đóng dấu.',
    en: 'The signatures are for another list. Nothing was sealed.',
  });
}
