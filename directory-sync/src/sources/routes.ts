import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { localeOf, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { actionsAt, placesOfOrganisations, requires } from '@edutrust/registry/permissions';
import { rosterKinds } from '@edutrust/registry/roster';
import type { Selectable } from 'kysely';
import Type from 'typebox';
import { type SyncTables, syncOf } from '../tables.ts';
import { sourceKinds } from './kinds.ts';
import { askForRun } from './schedule.ts';
import { addSource, changeSource, findSource, readSources, removeSource, secretFor } from './store.ts';
import { trySource } from './try.ts';

const tags = ['sync'];
const Kind = Type.Enum(sourceKinds.map(({ kind }) => kind));
const Rosters = Type.Array(Type.Enum([...rosterKinds]), { minItems: 1, maxItems: 4, uniqueItems: true });
const AnyJson = Type.Record(Type.String(), Type.Unknown());

const RunView = Type.Object({
  id: Uuid,
  state: Type.Enum(['running', 'same', 'waiting', 'applied', 'failed']),
  /** Plans of rosters that came of it: `/api/v1/roster/plans/{id}`. */
  planIds: Type.Array(Uuid),
  failure: nullable(Type.String()),
  startedAt: Time,
  finishedAt: nullable(Time),
});
const SourceView = Type.Object({
  id: Uuid,
  name: Type.String(),
  kind: Kind,
  /** Of its kind, without the secret. */
  settings: AnyJson,
  organisationId: Uuid,
  rosters: Rosters,
  isWhole: Type.Boolean(),
  applies: Type.Boolean(),
  isPaused: Type.Boolean(),
  lastRun: nullable(RunView),
  may: Type.Array(Type.Literal('sync.write'), { description: 'What the caller may do to it' }),
});

const ofSource = async (db: Database, id: string) => ({ organisationId: (await findSource(db, id)).organisation_id });

const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/sources',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'Systems that rosters are read from, with their last reading',
      response: { 200: Type.Object({ items: Type.Array(SourceView) }) },
    },
    watch: async () =>
      readSources(db).then((all) =>
        lastRuns(
          db,
          all.map(({ id }) => id),
        ),
      ),
    handle: async (request) => {
      const actor = personActor(request);
      const sources = await readSources(db);
      const places = await placesOfOrganisations(
        db,
        sources.map(({ organisation_id }) => organisation_id),
      );
      const runs = new Map(
        (
          await lastRuns(
            db,
            sources.map(({ id }) => id),
          )
        ).map((run) => [run.source_id, run]),
      );
      return {
        items: sources.flatMap(({ id, organisation_id: organisationId, ...source }) => {
          const may = actionsAt(actor, ['sync.read', 'sync.write'], places.get(organisationId) ?? { path: [] });
          if (!may.includes('sync.read')) return [];
          const { name, kind, settings, rosters, is_whole: isWhole, applies, state } = source;
          const run = runs.get(id);
          return [
            {
              id,
              name,
              kind: kind as (typeof sourceKinds)[number]['kind'], // added by one of them
              settings: { ...settings },
              organisationId,
              rosters: [...rosters],
              isWhole,
              applies,
              isPaused: state === 'paused',
              lastRun: run ? toRun(run, localeOf(request)) : null,
              may: may.filter((action) => action !== 'sync.read'),
            },
          ];
        }),
      };
    },
  });

const add = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/sources',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Adds a source; it is read every night with the rights of who added it',
      body: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 60 }),
          kind: Kind,
          /** Of `ldap` url, baseDn, bindDn, attributes, filter, classesDn; of `oneroster` url, tokenUrl, clientId. */
          settings: AnyJson,
          secret: Type.String({ maxLength: 4_000 }),
          organisationId: refersTo('organisation'),
          rosters: Rosters,
          /** It holds everybody of its schools: who is absent has left. */
          isWhole: Type.Boolean(),
          /** Plans of learners and guardians that no guard holds are applied at once. */
          applies: Type.Boolean(),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ body }) => ({ organisationId: body.organisationId }),
    handle: async (request, reply) => {
      const actor = personActor(request);
      const id = await context.db
        .transaction()
        .execute((tx) =>
          addSource(context, tx, { ...request.body, ownerId: actor.personId, ownerAcr: actor.acr }, actor),
        );
      return reply.code(201).send({ id });
    },
  });

const change = (context: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/sync/sources/:id',
    access: requires('sync.write'),
    schema: {
      tags,
      summary:
        'Changes what a source is set by, pauses it or lets it go on; another address or account asks for its secret anew, and it is read with the rights of who changed it',
      params: IdParams,
      body: Type.Object(
        {
          isPaused: Type.Optional(Type.Boolean()),
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
          settings: Type.Optional(AnyJson),
          secret: Type.Optional(Type.String({ minLength: 1, maxLength: 4_000 })),
          rosters: Type.Optional(Rosters),
          isWhole: Type.Optional(Type.Boolean()),
          applies: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
      response: { 204: Type.Null() },
    },
    resource: ({ params: { id } }) => ofSource(context.db, id),
    handle: async (request, reply) => {
      await context.db
        .transaction()
        .execute((tx) => changeSource(context, tx, request.params.id, request.body, personActor(request)));
      return reply.code(204).send(null);
    },
  });

const remove = ({ db }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/sync/sources/:id',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Forgets a source; nobody whom it brought is touched',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: ({ params: { id } }) => ofSource(db, id),
    handle: async (request, reply) => {
      await db.transaction().execute((tx) => removeSource(tx, request.params.id, personActor(request)));
      return reply.code(204).send(null);
    },
  });

const Tried = Type.Object({
  /** The headers of what would be read, in the words of our template; of a file none. */
  columns: Type.Array(Type.String()),
  /** Rows that were read before it was closed again. */
  rows: Type.Integer(),
  hasMore: Type.Boolean(),
});
const limits = { handlerTimeout: longAnswerMs };

const tryNew = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/source-tests',
    access: requires('sync.write'),
    limits,
    schema: {
      tags,
      summary: 'Opens a source that is not added yet and reads its first rows; keeps and tells nothing of them',
      body: Type.Object(
        {
          kind: Kind,
          settings: AnyJson,
          secret: Type.String({ maxLength: 4_000 }),
          organisationId: refersTo('organisation'),
          roster: Type.Enum([...rosterKinds]),
        },
        strict,
      ),
      response: { 200: Tried },
    },
    resource: ({ body }) => ({ organisationId: body.organisationId }),
    handle: ({ body: { organisationId: _, ...tried } }) => trySource(context, tried),
  });

const tryAgain = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/sources/:id/tests',
    access: requires('sync.write'),
    limits,
    schema: {
      tags,
      summary: 'The same with other settings of a source; its own secret serves where address and account stay',
      params: IdParams,
      body: Type.Object(
        {
          settings: AnyJson,
          secret: Type.Optional(Type.String({ minLength: 1, maxLength: 4_000 })),
          roster: Type.Enum([...rosterKinds]),
        },
        strict,
      ),
      response: { 200: Tried },
    },
    resource: ({ params: { id } }) => ofSource(context.db, id),
    handle: async ({ params, body: { settings, secret: given, roster } }) => {
      const source = await findSource(context.db, params.id);
      const secret = secretFor(context.secrets, source, {
        settings,
        ...(given === undefined ? {} : { secret: given }),
      });
      return trySource(context, { kind: source.kind, settings, secret, roster });
    },
  });

const run = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/sources/:id/runs',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Reads the source now, also when nothing was touched there; the list says what came of it',
      params: IdParams,
      body: Type.Object({}, strict),
      response: { 202: Type.Object({ id: Uuid }) },
    },
    resource: ({ params: { id } }) => ofSource(context.db, id),
    handle: async (request, reply) => {
      const { id } = await findSource(context.db, request.params.id);
      await context.db.transaction().execute((tx) => askForRun(context, tx, id, { isForced: true }));
      return reply.code(202).send({ id });
    },
  });

/** Systems that rosters are read from. */
export const sourceRoutes = (context: ServiceContext): Route[] => [
  list(context),
  add(context),
  change(context),
  tryNew(context),
  tryAgain(context),
  remove(context),
  run(context),
];

type RunRow = Selectable<SyncTables['sync.source_run']>;

const lastRuns = (db: Database, sourceIds: readonly string[]): Promise<RunRow[]> =>
  sourceIds.length === 0
    ? Promise.resolve([])
    : syncOf(db)
        .selectFrom('sync.source_run')
        .distinctOn('source_id')
        .selectAll()
        .where('source_id', 'in', [...sourceIds])
        .orderBy('source_id')
        .orderBy('id', 'desc')
        .execute();

function toRun({ id, state, plan_ids, failure, failure_detail, started_at, finished_at }: RunRow, locale: Locale) {
  return {
    id,
    state,
    planIds: [...plan_ids],
    failure: failure_detail?.[locale] ?? failure,
    startedAt: started_at.toISOString(),
    finishedAt: finished_at?.toISOString() ?? null,
  };
}
