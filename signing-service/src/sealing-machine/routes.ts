import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { disclose, localeOf, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, strict, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { proposes, requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { completeAndTell } from '../activation/confirm.ts';
import { preparedDocument } from '../activation/prepared.ts';
import { SessionResult } from '../activation/schemas.ts';
import { nameOfOrganisation, subjectsOf } from '../requests/registry.ts';
import { Artefact } from '../requests/schemas.ts';
import { signingOf } from '../tables.ts';
import { listWaitingSeals, openBatch } from './batch.ts';
import { readTokenCertificate } from './certificate.ts';
import { pairedMachine, provenMachine } from './machine.ts';
import { askToPair, claimPairing, lookAtPairing } from './pair.ts';
import { revokeMachine } from './revoke.ts';
import {
  CodeBody,
  MachineView,
  OpenBatchBody,
  OwnMachine,
  PairingAsked,
  PairingBody,
  SealBody,
  SealingBatch,
  TokenView,
  WaitingSeals,
} from './schemas.ts';
import { takeSignatures } from './take.ts';
import { listMachines } from './views.ts';

const tags = ['sealing'];
/** A bearer token and a proof of the machine's key for each request (RFC 9449). */
const access = { kind: 'self-authenticating', scheme: 'sealing machine' } as const;
const OfOrganisation = Type.Object({ organisationId: refersTo('organisation') });
const batchBytes = 6 * 2 ** 20; // four lists of a megabyte, base64url

const ask = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sealing/machines',
    access,
    schema: {
      tags,
      summary: 'A school’s computer with its token asks to be paired; shows the code',
      body: PairingBody,
      response: { 201: PairingAsked },
    },
    handle: async ({ body }, reply) => reply.code(201).send(await askToPair(context, body)),
  });

const readOwn = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sealing/machine',
    access,
    schema: { tags, summary: 'The state of the machine that asks', response: { 200: OwnMachine } },
    handle: async (request) => {
      const { machine } = await provenMachine(context, request);
      return {
        state: machine.state,
        origin: context.config.url.origin,
        organisation: await nameOfOrganisation(context.db, machine.organisation_id),
        certificateSha256: readTokenCertificate(machine.certificate).fingerprint,
        expiresAt: machine.expires_at?.toISOString() ?? null,
      };
    },
  });

const readWaiting = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sealing/waiting',
    access,
    discloses: tells('documents.list'),
    schema: { tags, summary: 'What waits for the school’s seal', response: { 200: WaitingSeals } },
    handle: async (request) => {
      const waiting = await listWaitingSeals(context, await pairedMachine(context, request));
      const ids = waiting.items.map(({ requestId }) => requestId);
      disclose(request, await subjectsOf(context.db, ids));
      return waiting;
    },
  });

const open = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sealing/batches',
    access,
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Prepares documents for the seal on the token; replaces the machine’s open batch',
      body: OpenBatchBody,
      response: { 201: SealingBatch },
    },
    limits: { handlerTimeout: longAnswerMs, bodyLimit: batchBytes },
    handle: async (request, reply) => {
      const batch = await openBatch(context, await pairedMachine(context, request), request.body);
      disclose(request, await subjectsOf(context.db, request.body.requestIds));
      return reply.code(201).send(batch);
    },
  });

const readDocument = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sealing/batches/:id/documents/:requestId/:artefact',
    access,
    discloses: tells('documents.read'),
    schema: {
      tags,
      summary: 'The very file that this open batch seals, with room for the signature',
      params: Type.Object({ id: Uuid, requestId: Uuid, artefact: Artefact }),
    },
    handle: async (request, reply) => {
      const { id: sessionId, requestId, artefact } = request.params;
      const { machine } = await pairedMachine(context, request);
      const by = { kind: 'machine', id: machine.id } as const;
      const { bytes, mediaType } = await preparedDocument(context, { sessionId, requestId, artefact }, by);
      disclose(request, await subjectsOf(context.db, [requestId]));
      return reply.type(mediaType).header('cache-control', 'no-store').send(bytes);
    },
  });

const seal = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sealing/batches/:id/signatures',
    access,
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'The token’s signatures; idempotent by batch and body',
      params: IdParams,
      body: SealBody,
      response: { 200: SessionResult },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const { params, body } = request;
      await takeSignatures(context, await pairedMachine(context, request), params.id, body);
      const result = await completeAndTell(context, params.id, localeOf(request));
      const ids = result.items.map(({ requestId }) => requestId);
      disclose(request, await subjectsOf(context.db, ids));
      return result;
    },
  });

const list = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/sealing-machines',
    access: requires('sealing-machines.write'),
    schema: {
      tags,
      summary: 'The computers on which the school’s token seals',
      params: OfOrganisation,
      response: { 200: Type.Object({ items: Type.Array(MachineView) }, strict) },
    },
    handle: async ({ params }) => ({ items: await listMachines(context, params.organisationId) }),
  });

const look = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/sealing-machines/look',
    access: requires('signing.seal'),
    schema: {
      tags,
      summary: 'What the machine that shows this code has in its token',
      params: OfOrganisation,
      body: CodeBody,
      response: { 200: TokenView },
    },
    handle: ({ params, body }) => lookAtPairing(context, { ...params, ...body }),
  });

const claim = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/sealing-machines',
    access: proposes('signing.seal'),
    schema: {
      tags,
      summary:
        'The clerk takes the machine that shows this code; a second person agrees that the certificate is the school’s',
      params: OfOrganisation,
      body: CodeBody,
      response: { 202: ProposedApproval },
    },
    handle: async (request, reply) => {
      const { params, body } = request;
      return reply.code(202).send(await claimPairing(context, { ...params, ...body }, personActor(request)));
    },
  });

/** Nothing of a machine that is not there: refused as another's would be. */
async function organisationOf(db: Database, id: string) {
  const found = await signingOf(db)
    .selectFrom('signing.sealing_machine')
    .select('organisation_id')
    .where('id', '=', id)
    .executeTakeFirst();
  return found ? { organisationId: found.organisation_id } : {};
}

const revoke = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/sealing-machines/:id/revoke',
    access: requires('sealing-machines.write'),
    schema: {
      tags,
      summary: 'Nothing is sealed by this machine from now on',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => organisationOf(context.db, params.id),
    handle: async (request, reply) => {
      await revokeMachine(context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** Sealing with the school's own token: pairing in the browser, and what the paired machine asks. */
export const sealingMachineRoutes = (context: ServiceContext): Route[] => [
  ask(context),
  readOwn(context),
  readWaiting(context),
  open(context),
  readDocument(context),
  seal(context),
  list(context),
  look(context),
  claim(context),
  revoke(context),
];
