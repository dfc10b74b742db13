import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, localeOf, personActor, signedIn } from '@edutrust/platform/http';
import { IdParams, listOf, Page, strict, Time } from '@edutrust/platform/schemas';
import Type from 'typebox';
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
/** Who may see and decide is the approval's own: to others it is not there. */
const config = { access: signedIn };

/** `/api/v1/approvals`: every act that takes two people. Each kind's own route proposes. */
export function addApprovalRoutes(app: HttpServer, context: ServiceContext, ports: ApprovalPorts): void {
  app.get(
    '/api/v1/approvals',
    {
      config,
      schema: {
        tags,
        summary:
          'What waits for the caller (`waiting`), was made by the caller and is open (`mine`), or is over (`closed`)',
        querystring: Type.Object({ which: Type.Enum(['waiting', 'mine', 'closed'], { default: 'waiting' }), ...Page }),
        response: { 200: listOf(ApprovalSummary) },
      },
    },
    async (request) => {
      const { which, limit, cursor } = request.query;
      const filter = { which, limit, ...(cursor ? { cursor } : {}) };
      const items = await listApprovals(context, ports, filter, personActor(request), localeOf(request));
      return { items, nextCursor: items.length === limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/approvals/:id',
    {
      config,
      schema: {
        tags,
        summary: 'One, with all that its digest covers',
        params: IdParams,
        response: { 200: ApprovalView },
      },
    },
    (request) => findApproval(context, ports, request.params.id, personActor(request), localeOf(request)),
  );

  app.get(
    '/api/v1/approvals/:id/evidence',
    {
      config,
      schema: {
        tags,
        summary: 'Both passkey assertions, checked anew with digest and ledger',
        params: IdParams,
        response: { 200: Evidence },
      },
    },
    (request) => findEvidence(context, ports, request.params.id, personActor(request), localeOf(request)),
  );

  app.post(
    '/api/v1/approvals/:id/options',
    {
      config,
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
    },
    async (request) => {
      const { act, options } = await actOptions(context, ports, request.params.id, personActor(request));
      return { act, options: { ...options } };
    },
  );

  const view = (request: Parameters<typeof personActor>[0], id: string) =>
    findApproval(context, ports, id, personActor(request), localeOf(request));

  app.post(
    '/api/v1/approvals/:id/confirm',
    {
      config,
      schema: {
        tags,
        summary: 'The maker’s act',
        params: IdParams,
        body: Type.Object({ assertion: AssertionBody }, strict),
        response: { 200: ApprovalView },
      },
    },
    async (request) => {
      await confirm(context, ports, request.params.id, request.body.assertion, personActor(request));
      return view(request, request.params.id);
    },
  );

  app.post(
    '/api/v1/approvals/:id/approve',
    {
      config,
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
    },
    async (request) => {
      await approve(context, ports, request.params.id, request.body, personActor(request));
      return view(request, request.params.id);
    },
  );

  app.post(
    '/api/v1/approvals/:id/refuse',
    {
      config,
      schema: {
        tags,
        summary: 'Somebody who could approve refuses',
        params: IdParams,
        body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) }, strict),
        response: { 200: ApprovalView },
      },
    },
    async (request) => {
      await refuse(context, ports, request.params.id, request.body.reason, personActor(request));
      return view(request, request.params.id);
    },
  );

  app.post(
    '/api/v1/approvals/:id/withdraw',
    {
      config,
      schema: { tags, summary: 'Its maker takes it back', params: IdParams, response: { 200: ApprovalView } },
    },
    async (request) => {
      await withdraw(context, ports, request.params.id, personActor(request));
      return view(request, request.params.id);
    },
  );

  app.post(
    '/api/v1/approvals/:id/collect',
    {
      config,
      schema: {
        tags,
        summary: 'What came of it for the caller alone, within a day: half of an activation code',
        params: IdParams,
        response: { 200: Type.Object({ text: Type.String(), until: Time }) },
      },
    },
    async (request, reply) => {
      const { text, until } = await collect(context, request.params.id, personActor(request));
      reply.header('cache-control', 'no-store');
      return { text, until: until.toISOString() };
    },
  );
}
