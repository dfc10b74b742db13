import type { ServiceContext } from '@edutrust/platform/context';
import { longAnswerMs, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { requires } from '../permissions/permissions.ts';
import { planRollOver, proposeRollOver } from './roll-over.ts';

const tags = ['roster'];
const Code = Type.String({ minLength: 1, maxLength: 80 });

const Proposal = Type.Object({
  organisationId: Uuid,
  schoolYear: Type.Integer(),
  classes: Type.Array(
    Type.Object({
      id: Uuid,
      code: Type.String(),
      grade: Type.Integer(),
      learners: Type.Integer(),
      next: nullable(Type.Object({ code: Type.String(), grade: Type.Integer() })),
    }),
  ),
});

const readProposal = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/roll-over',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'The classes of last year that still have learners, and what each is likely to be this year',
      params: IdParams,
      response: { 200: Proposal },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ params }) => {
      const found = await proposeRollOver(context, params.id);
      return { ...found, classes: [...found.classes] };
    },
  });

const makePlan = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/roll-over',
    access: requires('roster.import'),
    limits: { handlerTimeout: longAnswerMs },
    schema: {
      tags,
      summary:
        "Makes one plan of a school's new year: who goes up, repeats (`repeating`) or graduates (`next` null). It is looked at, applied and undone under `/api/v1/roster/plans/{id}`",
      params: IdParams,
      body: Type.Object(
        {
          classes: Type.Array(Type.Object({ classId: Uuid, next: nullable(Code) }, strict), {
            maxItems: 500,
          }),
          repeating: Type.Optional(
            Type.Array(Type.Object({ personId: Uuid, code: Code }, strict), {
              maxItems: 500,
            }),
          ),
        },
        strict,
      ),
      response: { 201: Type.Object({ planId: Uuid }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      const { classes, repeating = [] } = request.body;
      const actor = personActor(request);
      const planId = await planRollOver(context, { organisationId: request.params.id, classes, repeating, actor });
      return reply.code(201).send({ planId });
    },
  });

/** The year's roll-over of a school. */
export const lifecycleRoutes = (context: ServiceContext): Route[] => [readProposal(context), makePlan(context)];
