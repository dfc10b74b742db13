import { createHash, randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type Type from 'typebox';
import { dueDocuments, preparedParts } from '../activation/documents.ts';
import { challengeOf, type NamingList } from '../activation/list.ts';
import type { SigningParty } from '../activation/party.ts';
import { expireOpenSessions, keepParts, keepSession } from '../activation/session.ts';
import { record } from '../events.ts';
import { formatVerificationCode } from '../requests/code.ts';
import { noRequest } from '../requests/requests.ts';
import { mustBeSealable } from '../sealing/seal.ts';
import { signingOf } from '../tables.ts';
import { mustBeTrusted } from './certificate.ts';
import type { MachineCall } from './machine.ts';
import type { OpenBatchBody, SealingBatch, WaitingSeals } from './schemas.ts';

/** A clerk reads a hundred titles and types a PIN, and a token makes a hundred signatures: some need a second each. */
const batchSeconds = 900;
const mostAtOnce = 100;

/** What waits for the school's seal and the clerk may put it on: most urgent first. */
export async function listWaitingSeals(
  { db }: Pick<ServiceContext, 'db'>,
  { machine }: Pick<MachineCall, 'machine'>,
): Promise<Type.Static<typeof WaitingSeals>> {
  const { rows } = await sql<{ requestId: string; title: string; code: string; count: number }>`
    SELECT r.id AS "requestId", r.title, r.code, (count(*) OVER ())::int AS count
    FROM signing.request AS r
    JOIN signing.step AS s ON s.request_id = r.id AND s.role = 'school-seal' AND s.state = 'due' AND s.session_id IS NULL
    WHERE r.state = 'signed' AND r.organisation_id = ${machine.organisation_id}
      AND NOT EXISTS (SELECT FROM signing.step AS t
        WHERE t.request_id = r.id AND t.state = 'done' AND t.signer_id = ${machine.person_id})
    ORDER BY r.due_at NULLS LAST, r.id LIMIT ${mostAtOnce}`.execute(db);
  return {
    count: rows[0]?.count ?? 0,
    items: rows.map(({ requestId, title, code }) => ({ requestId, title, code: formatVerificationCode(code) })),
  };
}

/**
 * Prepares documents for the seal on the school's token: the file of each with room for the signature, and the list that
 * the machine's proof will stand for. Replaces the machine's earlier batch.
 *
 * @throws NotFound for documents of others; Conflict `signing/not-signed-yet`, `signing/not-waiting`,
 *   `sealing/status-unknown`; Forbidden `signing/own-signature`; InvalidInput `sealing/not-trusted`
 */
export async function openBatch(
  context: ServiceContext,
  { machine, actor }: MachineCall,
  { requestIds, crls, ocspResponses }: Type.Static<typeof OpenBatchBody>,
): Promise<Type.Static<typeof SealingBatch>> {
  const organisation = await mustBeSealable(context, requestIds, actor);
  if (organisation.id !== machine.organisation_id) throw noRequest();
  const status = { crls: crls.map(fromBase64Url), ocspResponses: ocspResponses.map(fromBase64Url) };
  if (!(await mustBeTrusted(context, { ...machine, ...status }))) throw statusUnknown();
  const now = context.clock.now();
  const expiresAt = new Date(Math.floor(now.getTime() / 1000 + batchSeconds) * 1000); // whole seconds, as in the list
  const { certificate, issuers } = machine;
  const { name } = organisation;
  const party: SigningParty = {
    kind: 'seal',
    name,
    organisation: name,
    certificate,
    issuers,
    serial: null,
    keyId: null,
  };
  const documents = await dueDocuments(context, requestIds, 'seal', actor);
  const codes = new Map(documents.map(({ id, code }) => [id, formatVerificationCode(code)]));
  const kinds = new Set(documents.map(({ kind }) => kind));
  const [kind] = kinds;
  const id = uuidv7();
  return context.db.transaction().execute(async (transaction) => {
    const parts = preparedParts(context, documents, { party, personId: actor.personId, now });
    const items = await keepParts(transaction, { id, parts, mustOpen: () => false }); // the clerk reads a list of titles
    const list = challengeOf({
      documents: items.map(({ requestId, digest }) => ({ request: requestId, digest: digest.toString('hex') })),
      template: kind && kinds.size === 1 ? kind : 'several',
      purpose: 'seal',
      certificate: createHash('sha256').update(certificate).digest('hex'),
      session: id,
      expires: expiresAt.toISOString(),
      nonce: randomBytes(32).toString('base64url'),
      origin: context.config.url.origin,
    } satisfies NamingList);
    await expireOpenSessions(transaction, { machineId: machine.id });
    const by = { enrolmentId: null, machineId: machine.id };
    await keepSession(transaction, { id, purpose: 'seal', by, party, list, createdAt: now, expiresAt }, actor);
    await signingOf(transaction)
      .updateTable('signing.sealing_machine')
      .set({ crls: status.crls, ocsp_responses: status.ocspResponses, last_used_at: now })
      .where('id', '=', machine.id)
      .execute();
    await record(transaction, {
      type: 'signing-session.opened',
      actor,
      subject: { kind: 'signing-session', id },
      organisationId: machine.organisation_id,
      data: { listSha256: list.challenge.toString('hex'), documents: items.length, purpose: 'seal' },
    });
    return {
      id,
      code4: list.code4,
      expiresAt: expiresAt.toISOString(),
      at: now.toISOString(),
      list: list.text,
      items: items.map(({ requestId, artefact, title, digest }) => ({
        requestId,
        title,
        code: codes.get(requestId) ?? '',
        artefact,
        digestHex: digest.toString('hex'),
      })),
    };
  });
}

const fromBase64Url = (text: string) => Buffer.from(text, 'base64url');

/** Fails closed: a document whose seal nobody can check later is not issued. */
function statusUnknown(): Conflict {
  return new Conflict(
    'sealing/status-unknown',
    {
      vi: 'Không biết chứng thư của trường còn hiệu lực hay đã bị thu hồi. Chưa có văn bản nào được đóng dấu.',
      en: 'Whether the school’s certificate was revoked is not known. Nothing was sealed.',
    },
    {
      remedy: {
        vi: 'Xem máy tính có vào mạng được không: máy hỏi nơi cấp chứng thư (OCSP hoặc CRL). Rồi chạy lại.',
        en: 'Check that the computer is online: it asks the certificate’s own authority (OCSP or CRL). Then try again.',
      },
    },
  );
}
