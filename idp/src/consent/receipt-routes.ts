import { NotFound } from '@edutrust/platform/errors';
import { anyone, disclose } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { decidesFor } from '@edutrust/registry/guardians';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { viewOf } from '../page-reply.ts';
import { signedInOr } from '../self-service/pages.ts';
import type { IdpTools } from '../tools.ts';
import { consentReceipt } from './receipt.ts';

const App = Type.String({ maxLength: 200 });

async function sendReceipt(
  tools: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  { personId, clientId, readerId }: { readonly personId: string; readonly clientId: string; readonly readerId: string },
) {
  const found = await consentReceipt(tools, { personId, clientId, locale: viewOf(request).locale });
  if (!found || !tools.receipts) throw noConsent();
  const pdf = await tools.receipts(found.receipt);
  disclose(request, personId === readerId ? found.children : [personId, ...found.children]);
  return reply
    .header('cache-control', 'private, no-store')
    .type('application/pdf')
    .header('content-disposition', 'attachment; filename="giay-xac-nhan.pdf"')
    .send(pdf);
}

const own = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/account/apps/:id/receipt.pdf',
    access: anyone,
    discloses: tells('children.receipt'), // where it was given for children, it names them
    schema: { ...hide, params: Type.Object({ id: App }) },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { personId } = actor;
      return sendReceipt(tools, request, reply, { personId, clientId: request.params.id, readerId: personId });
    },
  });

const ofChild = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/account/children/:id/apps/:app/receipt.pdf',
    access: anyone,
    discloses: tells('children.receipt'),
    schema: { ...hide, params: Type.Object({ id: Uuid, app: App }) },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { id, app } = request.params;
      const { db, clock } = tools.context;
      if (!(await decidesFor(db, actor.personId, id, clock.now()))) throw noConsent();
      return sendReceipt(tools, request, reply, { personId: id, clientId: app, readerId: actor.personId });
    },
  });

/** Receipts of consents as signed PDFs. */
export const receiptRoutes = (tools: IdpTools): Route[] => [own(tools), ofChild(tools)];

/** The same for what was withdrawn, what never was, and what is another's. */
function noConsent(): NotFound {
  return new NotFound('account/no-consent', {
    vi: 'Không có sự đồng ý nào đang có hiệu lực như vậy.',
    en: 'There is no such consent in force.',
  });
}
