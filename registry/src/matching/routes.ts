import type { ServiceContext } from '@edutrust/platform/context';
import { localeOf, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import {
  BirthDate,
  EducationId,
  FullName,
  IdParams,
  nullable,
  PersonId,
  strict,
  Time,
  Uuid,
} from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { requires } from '../permissions/permissions.ts';
import { Gender } from '../schemas.ts';
import { answerQuestion, answers, listQuestions, placeOfQuestion } from './questions.ts';
import { reasonWords } from './rules.ts';

const tags = ['roster'];

/** Facts of the person of the question, as the file or the record says them. */
const side = {
  birthDate: nullable(BirthDate),
  gender: nullable(Gender),
  className: nullable(Type.String()),
  localCode: nullable(Type.String()),
  hasMinistryId: Type.Boolean(),
  hasPersonalNumber: Type.Boolean(),
};

const QuestionView = Type.Object({
  id: Uuid,
  /** Questions about one row have one. */
  fingerprint: Type.String(),
  /** Who the row may be. */
  personId: PersonId,
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  kind: Type.Enum(['learner', 'staff']),
  score: Type.Integer({
    minimum: 0,
    maximum: 100,
    description: 'The sum of what speaks for one person and against it',
  }),
  reasons: Type.Array(Type.Object({ sentence: Type.String(), isFor: Type.Boolean() })),
  /** What the file says. */
  row: Type.Object({
    row: Type.Integer(),
    fileName: nullable(Type.String()),
    fullName: nullable(FullName),
    ...side,
  }),
  /** What the record says. */
  record: Type.Object({ educationId: EducationId, fullName: FullName, ...side }),
  state: Type.Enum([...answers]),
  askedAt: Time,
});

const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/questions',
    access: requires('roster.import'),
    discloses: tells('roster.match'),
    schema: {
      tags,
      summary: 'Rows of rosters that may be somebody who is known, with both sides; the likeliest first',
      querystring: Type.Object({
        state: Type.Optional(Type.Enum(['open', 'answered'])),
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
        offset: Type.Integer({ minimum: 0, maximum: 100_000, default: 0 }),
      }),
      response: { 200: Type.Object({ items: Type.Array(QuestionView), hasMore: Type.Boolean() }) },
    },
    handle: async (request) => {
      const { limit, offset, state } = request.query;
      const locale = localeOf(request);
      const found = await listQuestions(db, personActor(request), {
        isOpen: state !== 'answered',
        limit: limit + 1,
        offset,
      });
      return {
        hasMore: found.length > limit,
        items: found
          .slice(0, limit)
          .map(
            ({ organisationId, organisation, reasons, row, fileName, personId, educationId, record, ...question }) => ({
              ...question,
              organisation: { id: organisationId, name: organisation },
              reasons: reasons.map((code) => {
                const { isFor, [locale]: sentence } = reasonWords(code);
                return { sentence, isFor };
              }),
              row: { ...row, fileName },
              personId,
              record: { ...record, educationId, fullName: record.fullName ?? '' },
              askedAt: question.askedAt.toISOString(),
            }),
          ),
      };
    },
  });

const answer = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/questions/:id/answer',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Says whether the row is this person; `open` takes it back. It holds for every later file',
      params: IdParams,
      body: Type.Object({ answer: Type.Enum([...answers]) }, strict),
      response: { 204: Type.Null() },
    },
    resource: ({ params: { id } }) => placeOfQuestion(context.db, id),
    handle: async (request, reply) => {
      await answerQuestion(context, request.params.id, request.body.answer, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** The queue of doubtful rows. */
export const matchingRoutes = (context: ServiceContext): Route[] => [list(context), answer(context)];
