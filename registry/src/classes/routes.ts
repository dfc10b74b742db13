import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { schoolYearAt } from '../calendar.ts';
import { requires } from '../permissions/permissions.ts';
import { ClassSummary } from '../schemas.ts';
import { changeClass, createClass, findClass } from './classes.ts';
import { oldestGrade, youngestGrade } from './grade.ts';
import { toClassView } from './view.ts';

const tags = ['organisations'];
const Grade = Type.Integer({ minimum: youngestGrade, maximum: oldestGrade });
const Code = Type.String({ minLength: 1, maxLength: 80 });

const openClass = ({ db, clock }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/classes',
    access: requires('classes.write'),
    schema: {
      tags,
      summary: 'Opens a class of this school year; `grade` is -3 (nursery) to 12',
      body: Type.Object(
        {
          organisationId: refersTo('organisation'),
          code: Code,
          grade: Grade,
          schoolYear: Type.Optional(Type.Integer({ minimum: 1976, maximum: 2200 })),
          homeroomTeacherId: Type.Optional(refersTo('person', 'people.read')),
        },
        strict,
      ),
      response: { 201: ClassSummary },
    },
    resource: ({ body }) => ({
      organisationId: body.organisationId,
    }),
    handle: async (request, reply) => {
      const { schoolYear = schoolYearAt(clock.now()), ...input } = request.body;
      const id = await db
        .transaction()
        .execute((tx) => createClass(tx, { ...input, schoolYear }, personActor(request)));
      return reply.code(201).send(toClassView(personActor(request))(await findClass(db, id)));
    },
  });

const correctClass = ({ db }: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/classes/:id',
    access: requires('classes.write'),
    schema: {
      tags,
      summary: 'Renames a class, corrects its grade, names its homeroom teacher (null: none)',
      params: IdParams,
      body: Type.Object(
        {
          code: Type.Optional(Code),
          grade: Type.Optional(Grade),
          homeroomTeacherId: Type.Optional(nullable(refersTo('person', 'people.read'))),
        },
        strict,
      ),
      response: { 200: ClassSummary },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request) => {
      await db.transaction().execute((tx) => changeClass(tx, request.params.id, request.body, personActor(request)));
      return toClassView(personActor(request))(await findClass(db, request.params.id));
    },
  });

/** Forms of one class: open, rename, homeroom teacher. */
export const classRoutes = (context: ServiceContext): Route[] => [openClass(context), correctClass(context)];
