import type { ServiceContext } from '@edutrust/platform/context';
import { localeOf, longAnswerMs, personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, Page, strict, Time } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { approve } from './approve.ts';
import { AssertionBody } from './assertion.ts';
import { refuse, withdraw } from './close.ts';
import { collect } from './collect.ts';
import { confirm } from './confirm.ts';
import type { ApprovalPorts } from './kind.ts';
import { actOptions } from './options.ts';
import { ApprovalSummary, ApprovalView, Evidence } from './schemas.ts';
import { findApproval, findEvidence, listApprovals } from './views.ts';

const tags = ['approvals'];

const viewOf = (
  context: ServiceContext,
  ports: ApprovalPorts,
  request: Parameters<typeof personActor>[0],
  id: string,
) => findApproval(context, ports, id, personActor(request), localeOf(request));

const list = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'GET',
    url: '/api/v1/approvals',
    access: signedIn,
    discloses: tells('approvals.open'),
    schema: {
      tags,
      summary:
        'What waits for the caller (`waiting`), was made by the caller and is open (`mine`), or is over (`closed`)',
      querystring: Type.Object({ which: Type.Enum(['waiting', 'mine', 'closed'], { default: 'waiting' }), ...Page }),
      response: { 200: listOf(ApprovalSummary) },
    },
    handle: async (request) => {
      const { which, limit, cursor } = request.query;
      const filter = { which, limit, ...(cursor ? { cursor } : {}) };
      const items = await listApprovals(context, ports, filter, personActor(request), localeOf(request));
      return { items, nextCursor: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const readOne = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'GET',
    url: '/api/v1/approvals/:id',
    access: signedIn,
    discloses: tells('approvals.open'),
    schema: {
      tags,
      summary: 'One, with all that its digest covers',
      params: IdParams,
      response: { 200: ApprovalView },
    },
    handle: (request) => findApproval(context, ports, request.params.id, personActor(request), localeOf(request)),
  });

const readEvidence = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'GET',
    url: '/api/v1/approvals/:id/evidence',
    access: signedIn,
    schema: {
      tags,
      summary: 'Both passkey assertions, checked anew with digest and ledger',
      params: IdParams,
      response: { 200: Evidence },
    },
    handle: (request) => findEvidence(context, ports, request.params.id, personActor(request), localeOf(request)),
  });

const options = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'POST',
    url: '/api/v1/approvals/:id/options',
    access: signedIn,
    schema: {
      tags,
      summary: 'Options for the caller’s passkey: the maker confirms, somebody else approves',
      params: IdParams,
      response: {
        200: Type.Object({
          act: Type.Enum(['confirm', 'approve']),
          options: Type.Record(Type.String(), Type.Unknown()),
        }),
      },
    },
    handle: async (request) => {
      const { act, options } = await actOptions(context, ports, request.params.id, personActor(request));
      return { act, options: { ...options } };
    },
  });

const confirmOne = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'POST',
    url: '/api/v1/approvals/:id/confirm',
    access: signedIn,
    discloses: tells('approvals.open'),
    schema: {
      tags,
      summary: 'The maker’s act',
      params: IdParams,
      body: Type.Object({ assertion: AssertionBody }, strict),
      response: { 200: ApprovalView },
    },
    handle: async (request) => {
      await confirm(context, ports, request.params.id, request.body.assertion, personActor(request));
      return viewOf(context, ports, request, request.params.id);
    },
  });

const approveOne = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'POST',
    url: '/api/v1/approvals/:id/approve',
    access: signedIn,
    discloses: tells('approvals.open'),
    schema: {
      tags,
      summary: 'The second person’s act, and with it the effect',
      params: IdParams,
      body: Type.Object(
        {
          assertion: AssertionBody,
          code: Type.Optional(Type.String({ maxLength: 20, description: 'As the person concerned read it out' })),
        },
        strict,
      ),
      response: { 200: ApprovalView },
    },
    limits: { handlerTimeout: longAnswerMs }, // the effect of a roster can take minutes
    handle: async (request) => {
      await approve(context, ports, request.params.id, request.body, personActor(request));
      return viewOf(context, ports, request, request.params.id);
    },
  });

const refuseOne = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'POST',
    url: '/api/v1/approvals/:id/refuse',
    access: signedIn,
    discloses: tells('approvals.open'),
    schema: {
      tags,
      summary: 'Somebody who could approve refuses',
      params: IdParams,
      body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) }, strict),
      response: { 200: ApprovalView },
    },
    handle: async (request) => {
      await refuse(context, ports, request.params.id, request.body.reason, personActor(request));
      return viewOf(context, ports, request, request.params.id);
    },
  });

const withdrawOne = (context: ServiceContext, ports: ApprovalPorts) =>
  route({
    method: 'POST',
    url: '/api/v1/approvals/:id/withdraw',
    access: signedIn,
    discloses: tells('approvals.open'),
    schema: { tags, summary: 'Its maker takes it back', params: IdParams, response: { 200: ApprovalView } },
    handle: async (request) => {
      await withdraw(context, ports, request.params.id, personActor(request));
      return viewOf(context, ports, request, request.params.id);
    },
  });

const collectOne = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/approvals/:id/collect',
    access: signedIn,
    schema: {
      tags,
      summary: 'What came of it for the caller alone, within a day: half of an activation code',
      params: IdParams,
      response: { 200: Type.Object({ text: Type.String(), until: Time }) },
    },
    handle: async (request, reply) => {
      const { text, until } = await collect(context, request.params.id, personActor(request));
      reply.header('cache-control', 'no-store');
      return { text, until: until.toISOString() };
    },
  });

/**
 * `/api/v1/approvals`: every act that takes two people. Each kind's own route proposes. Who may see and decide is the
 * approval's own: to others it is not there.
 */
export const approvalRoutes = (context: ServiceContext, ports: ApprovalPorts): Route[] => [
  list(context, ports),
  readOne(context, ports),
  readEvidence(context, ports),
  options(context, ports),
  confirmOne(context, ports),
  approveOne(context, ports),
  refuseOne(context, ports),
  withdrawOne(context, ports),
  collectOne(context),
];
