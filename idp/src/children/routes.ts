import { anyone, disclose, localeOf, personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, PersonRef, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { decidesFor } from '@edutrust/registry/guardians';
import Type from 'typebox';
import { withdrawConsent } from '../consent/consent.ts';
import { agreeForChild, guardianConsents, noChild } from '../consent/guardian.ts';
import { saidOfGuardian } from '../consent/receipt.ts';
import { receiptPath } from '../consent/sharing.ts';
import { copyPath } from '../own-data/copy.ts';
import { seeOther, sendPage } from '../page-reply.ts';
import { proofNeeded, provedPath, signedInOr } from '../self-service/pages.ts';
import { viewOfSession } from '../sessions/view.ts';
import type { IdpTools } from '../tools.ts';
import { type DocumentsPort, decides, issuedLink, viewChildren } from './children.ts';

const Instant = Time;

const ChildView = Type.Object({
  ...PersonRef.properties,
  relation: Type.Enum(['mother', 'father', 'guardian']),
  school: nullable(Type.String()),
  className: nullable(Type.String()),
  decidesAlone: Type.Boolean({ description: 'From 16: consents and account are their own' }),
  isLimited: Type.Boolean({ description: 'A court left the guardian the documents alone' }),
  documents: Type.Array(Type.Object({ id: Uuid, title: Type.String(), issuedAt: Instant, code: Type.String() })),
  activity: Type.Array(Type.Object({ at: Instant, sentence: Type.String() })),
  asked: Type.Array(
    Type.Object({
      clientId: Type.String(),
      name: Type.String(),
      purpose: Type.String(),
      data: Type.Array(Type.Object({ claim: Type.String(), label: Type.String(), value: Type.String() })),
    }),
    { description: 'What waits for a guardian’s agreement beside the child’s' },
  ),
  apps: Type.Array(
    Type.Object({
      clientId: Type.String(),
      name: Type.String(),
      since: Instant,
      data: Type.Array(Type.Object({ claim: Type.String(), label: Type.String(), value: Type.String() })),
      isConsent: Type.Boolean(),
    }),
  ),
});

const list = ({ context, apps }: IdpTools, documents: DocumentsPort | undefined) =>
  route({
    method: 'GET',
    url: '/api/v1/account/children',
    access: signedIn,
    discloses: tells('children.open'),
    schema: {
      tags: ['account'],
      summary: "The caller's children: their school, issued documents, and the apps that know something of them",
      response: { 200: Type.Object({ items: Type.Array(ChildView) }) },
    },
    handle: async (request) => {
      const children = await viewChildren(
        context,
        { apps, documents },
        personActor(request).personId,
        localeOf(request),
      );
      return {
        items: children.map(({ documents: issued, apps: sharing, asked, ...child }) => ({
          ...child,
          asked: asked.map(({ data, askedAt: _, ...one }) => ({ ...one, data: [...data] })),
          documents: issued.map(({ id, title, issuedAt, code }) => ({
            id,
            title,
            issuedAt: issuedAt.toISOString(),
            code,
          })),
          apps: sharing.map(({ since, data, agreedBy: _, ...one }) => ({
            ...one,
            since: since.toISOString(),
            data: [...data],
          })),
        })),
      };
    },
  });

const showPage = ({ context, apps, pages, receipts }: IdpTools, documents: DocumentsPort | undefined) =>
  route({
    method: 'GET',
    url: '/account/children',
    access: anyone,
    discloses: tells('children.open'),
    schema: { hide: true },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const shown = await viewOfSession(context, request, actor);
      const children = await viewChildren(context, { apps, documents }, actor.personId, shown.locale);
      const needed = await proofNeeded(context.db, actor, 'passkeys');
      disclose(
        request,
        children.map(({ id }) => id),
      );
      return sendPage(
        reply,
        pages.children(
          {
            children: children.map((child) => ({
              ...child,
              looksPath: decides(child) ? `/account/children/${child.id}/looks` : null,
              dataPath: decides(child) ? provedPath(copyPath(child.id), needed) : null,
              documents: child.documents.map(issuedLink),
              asked: child.asked.map(({ clientId, askedAt, ...one }) => ({
                ...one,
                // What was seen: a child who asks for more meanwhile asks anew.
                agreeAction: `/account/children/${child.id}/apps/${clientId}/agree?asked=${askedAt.getTime()}`,
                refuseAction: `/account/children/${child.id}/apps/${clientId}/withdraw`,
              })),
              apps: child.apps.map(({ clientId, name, since, data, isConsent, agreedBy }) => ({
                name,
                since: since.toISOString(),
                data,
                withdrawAction: isConsent ? `/account/children/${child.id}/apps/${clientId}/withdraw` : null,
                receiptPath: receipts ? receiptPath(clientId, agreedBy, actor.personId, child.id) : null,
              })),
            })),
            accountPath: '/account',
            homePath: '/',
          },
          shown,
        ),
      );
    },
  });

const withdraw = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/children/:id/apps/:app/withdraw',
    access: anyone,
    schema: { hide: true, params: Type.Object({ id: Uuid, app: Type.String({ maxLength: 100 }) }) },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { id, app: clientId } = request.params;
      if (!(await decidesFor(db, actor.personId, id, clock.now()))) throw noChild();
      await db.transaction().execute((transaction) => withdrawConsent(transaction, id, clientId, actor));
      return seeOther(reply, '/account/children');
    },
  });

const agree = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/account/children/:id/apps/:app/agree',
    access: anyone,
    schema: {
      hide: true,
      params: Type.Object({ id: Uuid, app: Type.String({ maxLength: 100 }) }),
      querystring: Type.Object({ asked: Type.Integer() }),
    },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { db, clock } = tools.context;
      const askedAt = new Date(request.query.asked);
      const { id: childId, app: clientId } = request.params;
      if (!(await decidesFor(db, actor.personId, childId, clock.now()))) throw noChild();
      const app = await tools.apps.app(clientId);
      const asked = (await guardianConsents(db, childId)).find((one) => one.clientId === clientId);
      if (!app || !asked) throw noChild();
      const agreement = { personId: childId, app, scopes: asked.scopes, at: clock.now() };
      const said = await saidOfGuardian(tools, agreement, actor.personId);
      await db
        .transaction()
        .execute((transaction) =>
          agreeForChild(transaction, tools.context, { childId, clientId, askedAt, said }, actor),
        );
      return seeOther(reply, '/account/children');
    },
  });

/** `/account/children`: a guardian's children and only them, what was issued to them, who knows what of them. */
export const childrenRoutes = (tools: IdpTools, documents: DocumentsPort | undefined): Route[] => [
  list(tools, documents),
  showPage(tools, documents),
  withdraw(tools),
  agree(tools),
];
