import type { ServiceContext } from '@edutrust/platform/context';
import { type App, personActor, refersTo } from '@edutrust/platform/http';
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

/** Forms of one class: open, rename, homeroom teacher. */
export function addClassRoutes(app: App, { db, clock }: ServiceContext): void {
  app.post(
    '/api/v1/classes',
    {
      config: {
        access: requires('classes.write', (request) => ({
          organisationId: (request.body as { organisationId: string }).organisationId,
        })),
      },
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
    },
    async (request, reply) => {
      const { schoolYear = schoolYearAt(clock.now()), ...input } = request.body;
      const id = await db
        .transaction()
        .execute((tx) => createClass(tx, { ...input, schoolYear }, personActor(request)));
      return reply.code(201).send(toClassView(personActor(request))(await findClass(db, id)));
    },
  );

  app.patch(
    '/api/v1/classes/:id',
    {
      config: {
        access: requires('classes.write', (request) => ({ classId: (request.params as { id: string }).id })),
      },
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
    },
    async (request) => {
      await db.transaction().execute((tx) => changeClass(tx, request.params.id, request.body, personActor(request)));
      return toClassView(personActor(request))(await findClass(db, request.params.id));
    },
  );
}
