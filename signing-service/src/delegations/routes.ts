import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, OfficialRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { findSigners, requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { formsOfSchool } from '../forms/register.ts';
import { formKinds } from '../templates/form/kinds.ts';
import { delegableKinds, delegate, endDelegation, listDelegations } from './delegations.ts';
import { isDeputy, isHead } from './offices.ts';

const tags = ['signing'];
const isFormKind = (kind: string) => formKinds.some((one) => one === kind);
const Form = Type.Enum(['KT', 'TL', 'TUQ']);
const Kinds = Type.Array(Type.Enum([...delegableKinds]), { minItems: 1, maxItems: 20, uniqueItems: true });

const Delegation = Type.Object({
  id: Uuid,
  form: Form,
  kinds: Kinds,
  /** Number and date of the written authority. */
  paper: nullable(Type.String()),
  signer: OfficialRef,
  delegate: OfficialRef,
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  from: Time,
  /** When it ends, or was ended. */
  until: Time,
  /** By the caller; otherwise to the caller. */
  isGiven: Type.Boolean(),
  isOver: Type.Boolean(),
});
const Delegations = Type.Object({ items: Type.Array(Delegation) });

async function listOf({ db, clock }: ServiceContext, personId: string): Promise<Type.Static<typeof Delegations>> {
  const now = clock.now();
  const found = await listDelegations(db, personId);
  return { items: found.map((one) => ({ ...one, isOver: new Date(one.until) <= now })) };
}

const list = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/delegations',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'Who signs in the caller’s place, and in whose place the caller signs',
      response: { 200: Delegations },
    },
    handle: (request) => listOf(context, personActor(request).personId),
  });

const candidates = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/delegates',
    access: requires('signing.sign'),
    schema: {
      tags,
      summary: 'Whom the head can let sign in their place, and as what',
      params: Type.Object({ organisationId: refersTo('organisation') }),
      response: {
        200: Type.Object({
          /** Whether the caller is the head. */
          mayDelegate: Type.Boolean(),
          /** Documents that the organisation makes. */
          kinds: Type.Array(Type.Enum([...delegableKinds])),
          items: Type.Array(Type.Object({ ...OfficialRef.properties, title: Type.String(), isDeputy: Type.Boolean() })),
        }),
      },
    },
    handle: async (request) => {
      const { personId } = personActor(request);
      const { organisationId } = request.params;
      const signers = await findSigners(context, { organisationId });
      const offered = new Set<string>((await formsOfSchool(context.db, organisationId)).map(({ kind }) => kind));
      const own = signers.find((one) => one.personId === personId);
      const others = own && isHead(own.title) ? signers.filter((one) => one.personId !== personId) : [];
      return {
        mayDelegate: own !== undefined && isHead(own.title),
        kinds: delegableKinds.filter((kind) => offered.has(kind) || !isFormKind(kind)),
        items: others.map(({ personId: id, fullName, title }) => ({ id, fullName, title, isDeputy: isDeputy(title) })),
      };
    },
  });

/** To give away a signature is as grave as to sign: who does it has just proved who they are (T5). */
const freshly = { ...requires('signing.sign'), freshWithinSeconds: 300 };

const make = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/delegations',
    access: freshly,
    schema: {
      tags,
      summary: 'The head lets somebody sign kinds of documents in their place for a time (KT., TL., TUQ.)',
      params: Type.Object({ organisationId: refersTo('organisation') }),
      body: Type.Object(
        {
          id: Uuid,
          delegateId: Uuid,
          form: Form,
          kinds: Kinds,
          paper: Type.Optional(Type.String({ minLength: 3, maxLength: 200 })),
          from: Time,
          until: Time,
        },
        strict,
      ),
      response: { 201: Delegations },
    },
    handle: async (request, reply) => {
      const { params, body } = request;
      const actor = personActor(request);
      const order = {
        ...body,
        organisationId: params.organisationId,
        from: new Date(body.from),
        until: new Date(body.until),
      };
      await delegate(context, order, actor);
      return reply.code(201).send(await listOf(context, actor.personId));
    },
  });

const end = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/delegations/:id/end',
    access: requires('signing.sign'),
    schema: {
      tags,
      summary: 'Ends a delegation of the caller’s; what was made under it stays as it is',
      params: IdParams,
      response: { 200: Delegations },
    },
    handle: async (request) => {
      const actor = personActor(request);
      await endDelegation(context, request.params.id, actor);
      return listOf(context, actor.personId);
    },
  });

/** Signing in another's place, by rule. */
export const delegationRoutes = (context: ServiceContext): Route[] => [
  list(context),
  candidates(context),
  make(context),
  end(context),
];
