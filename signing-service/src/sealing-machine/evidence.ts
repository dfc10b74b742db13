import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Selectable } from 'kysely';
import type { NamingList } from '../activation/list.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { mustBeAgreed } from './approved.ts';
import { keyOf } from './machine.ts';
import { verifyProof } from './proof.ts';
import type { SealBody } from './schemas.ts';

/** What is kept of a machine's act: the proof of its request by the machine's key, and what was in the request. */
export interface SealEvidence {
  readonly proof: string;
  readonly body: SealBody;
}

/** Where a machine sends the signatures of a batch: the proof names it. */
export const signaturesPath = (batchId: string): string => `/api/v1/sealing/batches/${batchId}/signatures`;

interface Sealed {
  readonly digest: Buffer;
  readonly request_id: string;
}

/**
 * Whether a machine that two people agreed to sealed these documents, with the certificate that they agreed to, from the
 * evidence that was kept. Rows of a session or a machine that somebody wrote into the table authorise nothing. `certificate` is
 * DER.
 *
 * @throws Error with what is missing; Conflict, Unauthenticated
 */
export async function mustBeMachines(
  context: Pick<ServiceContext, 'db' | 'config' | 'secrets'>,
  session: Selectable<SigningTables['signing.session']>,
  certificate: Buffer,
  files: readonly Sealed[],
): Promise<void> {
  const { db, config } = context;
  const machine = await signingOf(db)
    .selectFrom('signing.sealing_machine')
    .selectAll()
    .where('id', '=', session.machine_id)
    .executeTakeFirstOrThrow();
  await mustBeAgreed(context, db, machine);
  if (session.purpose !== 'seal' || session.person_id !== machine.person_id) throw new Error('another person');
  if (!certificate.equals(machine.certificate)) throw new Error('another certificate');
  const { proof, body } = session.assertion as SealEvidence; // written by takeSignatures alone
  if (!session.assertion_sha256?.equals(proofHash(proof))) throw new Error('another proof');
  const url = config.url.origin + signaturesPath(session.id);
  await verifyProof(proof, keyOf(machine.public_key), { method: 'POST', url, token: undefined, body }, undefined);
  const challenge = createHash('sha256').update(session.list, 'utf8').digest('hex');
  if (body.challenge !== challenge) throw new Error('another list');
  const { documents, session: named, certificate: listed } = JSON.parse(session.list) as NamingList; // its hash was signed
  const listedFiles = new Set(documents.map(({ request, digest }) => `${request} ${digest}`));
  const isListed = files.every(({ request_id, digest }) => listedFiles.has(`${request_id} ${digest.toString('hex')}`));
  const isOfSession = named === session.id && listed === createHash('sha256').update(certificate).digest('hex');
  if (!isListed || !isOfSession) throw new Error('a document that is not in the list');
}

export const proofHash = (proof: string): Buffer => createHash('sha256').update(proof, 'utf8').digest();
