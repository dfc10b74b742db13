import { createHash, createPublicKey } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Forbidden, NotFound, Unauthenticated } from '@edutrust/platform/errors';
import { can, rolesOf } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import type { Selectable } from 'kysely';
import { type SigningTables, signingOf } from '../tables.ts';
import { mustBeAgreed } from './approved.ts';
import { clockSkewSeconds, verifyProof } from './proof.ts';

export type MachineRow = Selectable<SigningTables['signing.sealing_machine']>;

/** A request of a machine: whose it is, and the proof that came with it. */
export interface MachineCall {
  readonly machine: MachineRow;
  /** The clerk who paired it, with the roles of now. */
  readonly actor: PersonActor;
  readonly proof: string;
}

export const tokenHash = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();

/** The machine's public key: SubjectPublicKeyInfo, DER. */
export const keyOf = (spki: Buffer) => createPublicKey({ key: spki, format: 'der', type: 'spki' });

/**
 * The machine that a request's token names, proved by its key for this very request, once.
 *
 * @throws Unauthenticated `sealing/not-paired`, `sealing/no-proof`, `sealing/proof-used`
 */
export async function provenMachine(
  { db, store, config, clock }: ServiceContext,
  { method, url, headers, body }: Pick<FastifyRequest, 'method' | 'url' | 'headers' | 'body'>,
): Promise<{ readonly machine: MachineRow; readonly proof: string }> {
  const token = /^DPoP ([\w-]{43})$/.exec(headers.authorization ?? '')?.[1];
  const machine = token
    ? await signingOf(db)
        .selectFrom('signing.sealing_machine')
        .selectAll()
        .where('token_sha256', '=', tokenHash(token))
        .executeTakeFirst()
    : undefined;
  if (!machine || !token) throw notPaired();
  const proof = String(headers.dpop ?? '');
  const target = config.url.origin + new URL(url, config.url.origin).pathname;
  const request = { method, url: target, token, body: body ?? undefined };
  const jti = await verifyProof(proof, keyOf(machine.public_key), request, clock.now());
  if (await store.putIfAbsent(`sealing:proof:${machine.id}:${jti}`, 1, 2 * clockSkewSeconds)) return { machine, proof };
  throw new Unauthenticated('sealing/proof-used', {
    vi: 'Yêu cầu này đã được gửi một lần.',
    en: 'This request has been sent once already.',
  });
}

/**
 * The same, of a machine that is paired, and whose clerk still keeps the seal.
 *
 * @throws what {@link provenMachine} and {@link mustBeAgreed} throw; Unauthenticated `sealing/not-paired`; Forbidden
 *   `sealing/role-ended`
 */
export async function pairedMachine(context: ServiceContext, request: FastifyRequest): Promise<MachineCall> {
  const { machine, proof } = await provenMachine(context, request);
  if (!isInUse(machine, context.clock.now())) throw notPaired();
  await mustBeAgreed(context, context.db, machine); // what somebody wrote into the table is no pairing
  const actor: PersonActor = {
    kind: 'person',
    personId: machine.person_id,
    sessionId: `sealing-machine:${machine.id}`,
    roles: await rolesOf(context, machine.person_id),
    acr: 'passkey', // the clerk confirmed the pairing with one
    authenticatedAt: machine.created_at,
  };
  if (!(await can(context.db)(actor, 'signing.seal', { organisationId: machine.organisation_id }))) {
    throw new Forbidden('sealing/role-ended', {
      vi: 'Người ghép máy này không còn giữ con dấu của trường.',
      en: 'Who paired this machine no longer keeps the school’s seal.',
    });
  }
  request.actor = actor; // what it reads is in the book as the clerk's reading
  return { machine, actor, proof };
}

/** Paired, and not past its end. */
export const isInUse = ({ state, expires_at }: Pick<MachineRow, 'state' | 'expires_at'>, now: Date): boolean =>
  state === 'paired' && expires_at !== null && now < expires_at;

/** @throws NotFound `sealing/no-machine` */
export async function lockMachine(transaction: Transaction, id: string): Promise<MachineRow> {
  const found = await signingOf(transaction)
    .selectFrom('signing.sealing_machine')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (found) return found;
  throw new NotFound('sealing/no-machine', { vi: 'Không có máy đóng dấu này.', en: 'There is no such machine.' });
}

function notPaired(): Unauthenticated {
  return new Unauthenticated(
    'sealing/not-paired',
    {
      vi: 'Máy này chưa được ghép, đã bị ngừng hoặc đã hết hạn ghép.',
      en: 'This machine is not paired, was revoked, or its pairing has expired.',
    },
    {
      remedy: {
        vi: 'Ghép máy ở mục «Máy đóng dấu», hoặc chạy lại lệnh với --pair để ghép lại.',
        en: 'Pair it under “Sealing machines”, or run the command with --pair to pair it anew.',
      },
    },
  );
}
