import { anyone, personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, IdParams, nullable, strict, Time } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { seeOther } from '../page-reply.ts';
import { signOutHere } from '../sessions/sign-out.ts';
import type { IdpTools } from '../tools.ts';
import { appsOfClass, countPresent, endLesson, lessonOfClass, lessonOfSession, startLesson } from './lessons.ts';

const tags = ['lessons'];
const Kind = Type.Enum(['lab', 'exam']);
const AppName = Type.Object({ clientId: Type.String(), name: Type.String() });
const ClassLesson = Type.Object({
  lesson: nullable(
    Type.Object({
      kind: Kind,
      startedAt: Time,
      endsAt: Time,
      apps: Type.Array(AppName),
      present: Type.Integer({ description: 'pupils who are in now' }),
    }),
  ),
  apps: Type.Array(AppName, { description: 'what an exam may name: the apps of the class’s pupils' }),
});

async function classLesson({ context: { db } }: IdpTools, classId: string) {
  const [lesson, apps] = await Promise.all([lessonOfClass(db, classId), appsOfClass(db, classId)]);
  if (!lesson) return { lesson: null, apps };
  return {
    lesson: {
      kind: lesson.kind,
      startedAt: lesson.startedAt.toISOString(),
      endsAt: lesson.endsAt.toISOString(),
      apps: apps.filter(({ clientId }) => lesson.apps.includes(clientId)),
      present: await countPresent(db, lesson.id),
    },
    apps,
  };
}

const read = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/classes/:id/lesson',
    access: requires('lessons.run'),
    schema: {
      tags,
      summary: 'The lesson on the school’s computers that the class is in now',
      params: IdParams,
      response: { 200: ClassLesson },
    },
    resource: ({ params }) => ({ classId: params.id }),
    watch: ({ params }) => classLesson(tools, params.id),
    handle: ({ params }) => classLesson(tools, params.id),
  });

const start = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/classes/:id/lesson',
    access: requires('lessons.run'),
    schema: {
      tags,
      summary: 'Begins a lesson: its sessions end at the bell; an exam opens the named apps only, and nowhere else',
      params: IdParams,
      body: Type.Object(
        {
          kind: Kind,
          minutes: Type.Integer({ minimum: 5, maximum: 240 }),
          apps: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 20 })),
        },
        strict,
      ),
      response: { 201: ClassLesson },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request, reply) => {
      const { id: classId } = request.params;
      const { apps = [], ...lesson } = request.body;
      await startLesson(tools.context, { ...lesson, classId, apps }, personActor(request));
      return reply.code(201).send(await classLesson(tools, classId));
    },
  });

const end = (tools: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/classes/:id/lesson',
    access: requires('lessons.run'),
    schema: {
      tags,
      summary: 'Ends the lesson: its pupils are signed out of everything at once',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request, reply) => {
      await endLesson(tools.context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

const own = ({ context: { db } }: IdpTools) => {
  const look = async (uid: string) => {
    const lesson = await lessonOfSession(db, uid);
    return { lesson: lesson ? { kind: lesson.kind, endsAt: lesson.endsAt.toISOString() } : null };
  };
  return route({
    method: 'GET',
    url: '/api/v1/account/lesson',
    access: signedIn,
    schema: {
      tags,
      summary: 'The lesson that this session belongs to; the stream ends when the lesson does',
      response: { 200: Type.Object({ lesson: nullable(Type.Object({ kind: Kind, endsAt: Time })) }) },
    },
    watch: (request) => look(personActor(request).sessionId),
    handle: (request) => look(personActor(request).sessionId),
  });
};

/** The page that a shared computer stands on: the camera, for whoever comes; who is in sees their apps. */
const lab = () =>
  route({
    method: 'GET',
    url: '/lab',
    access: anyone,
    schema: hide,
    handle: async (request, reply) => seeOther(reply, request.actor ? '/' : '/signin?return_to=%2F&acr=badge'),
  });

/** The last child is done: what they had open ends, and the camera waits for the next. */
const next = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/lab/next',
    access: anyone,
    schema: hide,
    handle: async (request, reply) => {
      await signOutHere(tools, request, reply);
      return seeOther(reply, '/lab');
    },
  });

/** Lessons on the school's shared computers: of the class's teacher, and of the computer itself. */
export const lessonRoutes = (tools: IdpTools): Route[] => [
  read(tools),
  start(tools),
  end(tools),
  own(tools),
  lab(),
  next(tools),
];
