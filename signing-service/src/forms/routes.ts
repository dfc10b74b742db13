import type { ServiceContext } from '@edutrust/platform/context';
import { anyone, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { PublicDocument } from '../public-verification/schemas.ts';
import { resourceOfRequest } from '../requests/acts.ts';
import { SigningRequest } from '../requests/schemas.ts';
import { findRequest } from '../requests/views.ts';
import type { Form } from '../templates/form/form.ts';
import { forms } from '../templates/form/kinds.ts';
import { makeForm } from './make.ts';
import { formRegister, formsOfSchool, lookUpDiploma } from './register.ts';
import { proposeRevocation } from './revoke.ts';
import { FormBody, FormKind, FormView, LookUpBody, RegisterRow, RevocationBody } from './schemas.ts';

const tags = ['signing'];
const params = Type.Object({ organisationId: refersTo('organisation') });

const viewOf = ({ kind, name, isAboutLearner, grade, fields }: Form) => ({
  kind,
  name,
  isAboutLearner,
  grade: grade ?? null,
  fields: fields.map(({ choices = [], ...field }) => ({ ...field, choices: [...choices] })),
});

const list = () =>
  route({
    method: 'GET',
    url: '/api/v1/signing/forms',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Documents by forms that a school can issue, with the fields to fill in',
      response: { 200: Type.Object({ items: Type.Array(FormView) }) },
    },
    handle: async () => ({ items: Object.values(forms).map(viewOf) }),
  });

const listOfSchool = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/form-kinds',
    access: requires('signing.copy'),
    schema: {
      tags,
      summary: 'Documents by forms that this school issues: what is of a grade, only where there is one',
      params,
      response: { 200: Type.Object({ items: Type.Array(FormView) }) },
    },
    handle: async ({ params: { organisationId } }) => ({
      items: (await formsOfSchool(db, organisationId)).map(viewOf),
    }),
  });

const make = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/forms',
    access: requires('signing.request'),
    discloses: tells('documents.sign'),
    schema: {
      tags,
      summary: 'Makes a document by its form, numbers it in the register and asks the principal to sign it',
      params,
      body: FormBody,
      response: { 201: SigningRequest },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const { dueAt, ...order } = request.body;
      const { organisationId } = request.params;
      const id = await makeForm(
        context,
        { ...order, organisationId, ...(dueAt ? { dueAt: new Date(dueAt) } : {}) },
        personActor(request),
      );
      return reply.code(201).send(await findRequest(context.db, id, context.clock.now()));
    },
  });

const register = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/forms',
    access: requires('signing.copy'),
    discloses: tells('documents.list'),
    schema: {
      tags,
      summary: 'The register (sổ gốc) of one kind of document, newest first',
      params,
      querystring: Type.Object({
        /** Diplomas when absent. */
        kind: Type.Optional(FormKind),
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: listOf(RegisterRow) },
    },
    handle: async ({ params: { organisationId }, query: { kind = 'diploma', ...page } }) => {
      const items = await formRegister(db, { organisationId, kind }, page);
      return { items, nextCursor: items.length === page.limit ? (items.at(-1)?.requestId ?? null) : null };
    },
  });

const revoke = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/requests/:id/revocation',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Asks that an issued document by a form be revoked or cancelled; the head who signed it approves',
      params: IdParams,
      body: RevocationBody,
      response: { 202: ProposedApproval },
    },
    resource: ({ params: { id } }) => resourceOfRequest(context.db, id),
    handle: async (request, reply) =>
      reply.code(202).send(await proposeRevocation(context, request.params.id, request.body, personActor(request))),
  });

const lookUp = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/verify/diplomas',
    access: anyone,
    schema: {
      tags: ['verification'],
      summary: 'The diploma with this number, year, holder and birth date, and whether it is in force',
      body: LookUpBody,
      response: { 200: PublicDocument },
    },
    handle: async ({ body }) => {
      const { signatures, ...found } = await lookUpDiploma(db, body);
      return { ...found, signatures: [...signatures] };
    },
  });

/** Documents by forms: confirmations, certificates, decisions, diplomas. */
export const formRoutes = (context: ServiceContext): Route[] => [
  list(),
  listOfSchool(context),
  make(context),
  register(context),
  revoke(context),
  lookUp(context),
];
