import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { MarksBody } from '../marks/schemas.ts';
import { ownMarks, ownSubjects, saveOwnMarks } from './own.ts';
import { OwnMarks, OwnSubject, SubjectTeachers, SubjectTeachersBody } from './schemas.ts';
import { assignTeachers, subjectTeachersView } from './teachers.ts';

const tags = ['marks'];

const read = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/classes/:id/subject-teachers',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Who teaches which subject of a class, and who could',
      params: IdParams,
      response: { 200: SubjectTeachers },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: ({ params }) => subjectTeachersView(context, params.id),
  });

const assign = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/classes/:id/subject-teachers',
    access: requires('signing.request'),
    schema: {
      tags,
      summary: 'Says who teaches which subject of a class: they enter its marks and sign for them first',
      params: IdParams,
      body: SubjectTeachersBody,
      response: { 200: SubjectTeachers },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request) => {
      await assignTeachers(context, request.params.id, request.body.teachers, personActor(request));
      return subjectTeachersView(context, request.params.id);
    },
  });

const listOwn = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/own-subjects',
    access: signedIn,
    schema: {
      tags,
      summary: 'Subjects that the caller teaches, class by class',
      response: { 200: Type.Object({ items: Type.Array(OwnSubject) }) },
    },
    handle: async (request) => ({ items: await ownSubjects(context, personActor(request)) }),
  });

const readOwn = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/classes/:id/own-marks',
    access: signedIn, // who teaches a subject there, decided by the assignment
    discloses: tells('marks.open'),
    schema: {
      tags,
      summary: 'The marks of a class in the subjects that the caller teaches there',
      params: IdParams,
      response: { 200: OwnMarks },
    },
    handle: (request) => ownMarks(context, request.params.id, personActor(request)),
  });

const saveOwn = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/classes/:id/own-marks',
    access: signedIn,
    discloses: tells('marks.change'),
    schema: {
      tags,
      summary: 'Saves marks of the caller’s own subjects and of no others, all rows or none',
      params: IdParams,
      body: MarksBody,
      response: { 200: OwnMarks },
    },
    handle: async (request) => {
      const actor = personActor(request);
      await saveOwnMarks(context, request.params.id, request.body.rows, actor);
      return ownMarks(context, request.params.id, actor);
    },
  });

/** Teachers of subjects: who they are, and their own rows of the marks. */
export const subjectRoutes = (context: ServiceContext): Route[] => [
  read(context),
  assign(context),
  listOwn(context),
  readOwn(context),
  saveOwn(context),
];
