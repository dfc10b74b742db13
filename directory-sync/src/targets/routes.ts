import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { type App, longAnswerMs, personActor } from '@edutrust/platform/http';
import { findOrganisation } from '@edutrust/registry/organisations';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { runTarget } from '../engine/run.ts';
import { syncOf } from '../tables.ts';
import { addTarget, findTarget } from './store.ts';
import { listTargets } from './targets.ts';

const tags = ['sync'];
const strict = { additionalProperties: false } as const;
const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' });
const Time = Type.String({ format: 'date-time' });
const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const params = Type.Object({ id: Uuid });

const Target = Type.Object({
  id: Uuid,
  name: Type.String(),
  kind: Type.Literal('ldap'),
  url: Type.String(),
  baseDn: Type.String(),
  organisationId: Uuid,
  state: Type.Enum(['healthy', 'slow', 'paused']),
  lastRunAt: nullable(Time),
});
const Totals = Type.Object({
  added: Type.Integer(),
  changed: Type.Integer(),
  disabled: Type.Integer(),
  unchanged: Type.Integer(),
  failed: Type.Integer(),
});
const Run = Type.Object({
  id: Uuid,
  mode: Type.Enum(['plan', 'apply']),
  state: Type.Enum(['running', 'done', 'held', 'failed']),
  totals: Totals,
  failure: nullable(Type.String()),
  startedAt: Time,
  finishedAt: nullable(Time),
});
const RunView = Type.Object({
  ...Run.properties,
  changes: Type.Array(
    Type.Object({
      action: Type.String(),
      dn: Type.String(),
      attributes: Type.Array(Type.String()),
      error: nullable(Type.String()),
    }),
  ),
});

export function addSyncRoutes(app: App, context: ServiceContext): void {
  const { db } = context;
  const targetOf = async (request: { params: unknown }) => ({
    organisationId: (await findTarget(db, (request.params as { id: string }).id)).organisation_id,
  });

  app.get(
    '/api/v1/sync/targets',
    {
      config: { access: requires('sync.read') },
      schema: {
        tags,
        summary: 'Directories that are kept in step',
        response: { 200: Type.Object({ items: Type.Array(Target) }) },
      },
    },
    async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'sync.read') : [];
      const targets = await listTargets(context);
      const visible = await Promise.all(
        targets.map(async (target) =>
          (await findOrganisation(db, target.organisationId)).path.some(({ id }) => scope.includes(id)),
        ),
      );
      return {
        items: targets
          .filter((_, index) => visible[index])
          .map((target) => ({ ...target, lastRunAt: target.lastRunAt?.toISOString() ?? null })),
      };
    },
  );

  app.post(
    '/api/v1/sync/targets',
    {
      config: {
        access: requires('sync.write', (request) => ({
          organisationId: (request.body as { organisationId: string }).organisationId,
        })),
      },
      schema: {
        tags,
        summary: 'Adds an LDAP server',
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 60 }),
            kind: Type.Literal('ldap'),
            url: Type.String({ maxLength: 200 }),
            baseDn: Type.String({ maxLength: 300 }),
            bindDn: Type.String({ minLength: 1, maxLength: 300 }),
            bindPassword: Type.String({ maxLength: 200 }),
            organisationId: Uuid,
          },
          strict,
        ),
        response: { 201: Type.Object({ id: Uuid }) },
      },
    },
    async (request, reply) => {
      const { kind: _kind, ...input } = request.body;
      const id = await db.transaction().execute((tx) => addTarget(context, tx, input, personActor(request)));
      return reply.code(201).send({ id });
    },
  );

  app.delete(
    '/api/v1/sync/targets/:id',
    {
      config: { access: requires('sync.write', targetOf) },
      schema: {
        tags,
        summary: 'Forgets a target; nothing is changed at the server',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await db.transaction().execute(async (tx) => {
        await syncOf(tx).deleteFrom('sync.target').where('id', '=', id).execute();
        await record(tx, {
          type: 'sync-target.removed',
          actor: personActor(request),
          subject: { kind: 'sync-target', id },
        });
      });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/v1/sync/targets/:id/runs',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('sync.write', targetOf) },
      schema: {
        tags,
        summary: 'Compares everything (plan), or brings the target in step (apply)',
        params,
        body: Type.Object({ mode: Type.Enum(['plan', 'apply']), approved: Type.Optional(Type.Boolean()) }, strict),
        response: { 201: Type.Object({ id: Uuid, state: Type.Enum(['done', 'held', 'failed']), totals: Totals }) },
      },
    },
    async (request, reply) => {
      const { mode, approved } = request.body;
      const options = { mode, actor: personActor(request), ...(approved === undefined ? {} : { approved }) };
      return reply.code(201).send(await runTarget(context, request.params.id, options));
    },
  );

  app.get(
    '/api/v1/sync/targets/:id/runs',
    {
      config: { access: requires('sync.read', targetOf) },
      schema: { tags, summary: 'The last 50 runs', params, response: { 200: Type.Object({ items: Type.Array(Run) }) } },
    },
    async ({ params: { id } }) => {
      const rows = await syncOf(db)
        .selectFrom('sync.run')
        .selectAll()
        .where('target_id', '=', id)
        .orderBy('id', 'desc')
        .limit(50)
        .execute();
      return { items: rows.map(toRun) };
    },
  );

  app.get(
    '/api/v1/sync/runs/:id',
    {
      config: {
        access: requires('sync.read', async (request) => {
          const { id } = request.params as { id: string };
          const run = await syncOf(db)
            .selectFrom('sync.run')
            .select('target_id')
            .where('id', '=', id)
            .executeTakeFirst();
          return run ? { organisationId: (await findTarget(db, run.target_id)).organisation_id } : {};
        }),
      },
      schema: { tags, summary: 'One run with its first 200 changes', params, response: { 200: RunView } },
    },
    async ({ params: { id } }) => {
      const run = await syncOf(db).selectFrom('sync.run').selectAll().where('id', '=', id).executeTakeFirst();
      if (!run) throw new NotFound('sync/no-run', { vi: 'Không có lần chạy này.', en: 'There is no such run.' });
      const changes = await syncOf(db)
        .selectFrom('sync.change')
        .select(['action', 'dn', 'attributes', 'error'])
        .where('run_id', '=', id)
        .orderBy('number')
        .limit(200)
        .execute();
      return { ...toRun(run), changes };
    },
  );
}

function toRun(run: {
  id: string;
  mode: 'plan' | 'apply';
  state: 'running' | 'done' | 'held' | 'failed';
  totals: Type.Static<typeof Totals>;
  failure: string | null;
  started_at: Date;
  finished_at: Date | null;
}) {
  const { id, mode, state, totals, failure } = run;
  return {
    id,
    mode,
    state,
    totals,
    failure,
    startedAt: run.started_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
  };
}
