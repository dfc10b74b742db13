import type { PersonActor } from '@edutrust/platform/actor';
import { anyone, disclose } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import {
  askForData,
  requestKindNames,
  requestKinds,
  requestMoves,
  requestsOfAsker,
  withdrawRequest,
} from '@edutrust/registry/data-requests';
import { isDecidedFor, listChildren } from '@edutrust/registry/guardians';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { formErrorOf, seeOther, sendPage } from '../page-reply.ts';
import type { FormError } from '../pages.ts';
import { signedInOr } from '../self-service/pages.ts';
import { viewOfSession } from '../sessions/view.ts';
import type { IdpTools } from '../tools.ts';

const path = '/account/data-requests';
const me = { vi: 'Dữ liệu của tôi', en: 'My own data' };

async function sendRequests(
  { context, pages }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: PersonActor,
  {
    subjectId,
    wasSent = false,
    error,
    status,
  }: { subjectId?: string; wasSent?: boolean; error?: FormError; status?: number },
) {
  const { db, clock } = context;
  const now = clock.now();
  const shown = await viewOfSession(context, request, actor);
  const { locale } = shown;
  const [children, isDecided, requests] = await Promise.all([
    listChildren(db, actor.personId, now),
    isDecidedFor(db, actor.personId, now),
    requestsOfAsker(db, actor.personId),
  ]);
  const subjects = [
    ...(isDecided ? [] : [{ id: actor.personId, label: me[locale] }]),
    ...children
      .filter(({ decidesAlone, isLimited }) => !decidesAlone && !isLimited)
      .map(({ id, fullName }) => ({ id, label: fullName })),
  ];
  disclose(request, [...children.map(({ id }) => id), ...requests.map((one) => one.subjectId)]);
  const html = pages.dataRequests(
    {
      subjects,
      subjectId: subjects.find(({ id }) => id === subjectId)?.id ?? subjects[0]?.id ?? '',
      kinds: requestKindNames.map((code) => ({
        code,
        label: requestKinds[code][locale],
        days: requestKinds[code].days,
      })),
      askAction: path,
      requests: requests.map((one) => ({
        id: one.id,
        what: requestKinds[one.kind][locale],
        whose: one.askedAs === 'guardian' ? one.subjectName : null,
        state: one.state,
        stateName: requestMoves.nameOf(one.state)[locale],
        receivedAt: one.receivedAt.toISOString(),
        // The midnight that ends the last day is read as that day.
        dueAt: new Date(one.dueAt.getTime() - 1).toISOString(),
        extensionReason: one.extensionReason,
        answer: one.answer,
        withdrawAction: requestMoves.allows(one.state, 'withdrawn') ? `${path}/${one.id}/withdraw` : null,
      })),
      wasSent,
      ...(error ? { error } : {}),
      accountPath: '/account',
    },
    shown,
  );
  return sendPage(reply, html, status);
}

const show = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: path,
    access: anyone,
    discloses: tells('children.open'),
    schema: {
      ...hide,
      querystring: Type.Object({
        of: Type.Optional(Uuid),
        sent: Type.Optional(Type.Literal('1')),
        lang: Type.Optional(Type.String()),
      }),
    },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      const { of, sent } = request.query;
      return sendRequests(tools, request, reply, actor, { ...(of ? { subjectId: of } : {}), wasSent: sent === '1' });
    },
  });

const ask = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: path,
    access: anyone,
    discloses: tells('children.open'),
    schema: {
      ...hide,
      body: Type.Object(
        { subjectId: Uuid, kind: Type.Enum(requestKindNames), wish: Type.String({ maxLength: 2_000 }) },
        strict,
      ),
    },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      try {
        await askForData(tools.context, request.body, actor);
        return seeOther(reply, `${path}?sent=1`);
      } catch (error) {
        const { error: shown, status } = formErrorOf(error, request);
        return sendRequests(tools, request, reply, actor, { subjectId: request.body.subjectId, error: shown, status });
      }
    },
  });

const withdraw = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: `${path}/:id/withdraw`,
    access: anyone,
    schema: { ...hide, params: Type.Object({ id: Uuid }) },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      await withdrawRequest(context, request.params.id, actor);
      return seeOther(reply, path);
    },
  });

/** `/account/data-requests`: what people ask of their data and of their children's, and what came of it. */
export const dataRequestPages = (tools: IdpTools): Route[] => [show(tools), ask(tools), withdraw(tools)];
