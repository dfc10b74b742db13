import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { type App, localeOf, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { nullable, Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { actionsAt, placesOfOrganisations, proposes, requires } from '@edutrust/registry/permissions';
import type { Selectable } from 'kysely';
import Type from 'typebox';
import { proposeRelease } from '../engine/held.ts';
import { runTarget } from '../engine/run.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import { addTarget, findTarget } from './store.ts';
import { listTargets } from './targets.ts';

const tags = ['sync'];
const params = Type.Object({ id: Uuid });

const Target = Type.Object({
  id: Uuid,
  name: Type.String(),
  kind: Type.Literal('ldap'),
  url: Type.String(),
  baseDn: Type.String(),
  organisationId: Uuid,
  state: Type.Enum(['new', 'healthy', 'slow', 'paused']),
  lastRunAt: nullable(Time),
  /** Why the last run did not bring it in step. */
  failure: nullable(Type.String()),
  heldRunId: nullable(Uuid),
  pending: Type.Integer({ description: 'People who changed and are not there yet' }),
  may: Type.Array(Type.Literal('sync.write'), { description: 'What the caller may do to it' }),
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
  state: Type.Enum(['running', 'done', 'held', 'released', 'superseded', 'failed']),
  totals: Totals,
  failure: nullable(Type.String()),
  heldReason: nullable(Type.String()),
  digest: nullable(Type.String()),
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
      held: Type.Boolean(),
    }),
  ),
});

export function addSyncRoutes(app: App, context: ServiceContext): void {
  const { db } = context;
  const targetOf = async (request: { params: unknown }) => ({
    organisationId: (await findTarget(db, (request.params as { id: string }).id)).organisation_id,
  });

  const runOf = async (request: { params: unknown }) => {
    const { id } = request.params as { id: string };
    const run = await syncOf(db).selectFrom('sync.run').select('target_id').where('id', '=', id).executeTakeFirst();
    return run ? { organisationId: (await findTarget(db, run.target_id)).organisation_id } : {};
  };

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
    async (request) => {
      const actor = personActor(request);
      const locale = localeOf(request);
      const targets = await listTargets(context);
      const places = await placesOfOrganisations(
        db,
        targets.map(({ organisationId }) => organisationId),
      );
      return {
        items: targets.flatMap((target) => {
          const may = actionsAt(actor, ['sync.read', 'sync.write'], places.get(target.organisationId) ?? { path: [] });
          if (!may.includes('sync.read')) return [];
          return {
            ...target,
            lastRunAt: target.lastRunAt?.toISOString() ?? null,
            failure: target.failure?.[locale] ?? null,
            may: may.filter((action) => action !== 'sync.read'),
          };
        }),
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
            organisationId: refersTo('organisation'),
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
        body: Type.Object(
          {
            mode: Type.Enum(['plan', 'apply']),
            /** Of the plan that was seen: another is not applied. */
            digest: Type.Optional(Sha256Hex),
          },
          strict,
        ),
        response: { 201: Run },
      },
    },
    async (request, reply) => {
      const { mode, digest } = request.body;
      const options = { mode, actor: personActor(request), ...(digest === undefined ? {} : { digest }) };
      const { id } = await runTarget(context, request.params.id, options);
      const row = await syncOf(db).selectFrom('sync.run').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      return reply.code(201).send(toRun(row, localeOf(request)));
    },
  );

  app.post(
    '/api/v1/sync/runs/:id/release',
    {
      config: { access: proposes('sync.write', runOf) },
      schema: {
        tags,
        summary: 'Asks for a second person to let a held run go on',
        params,
        response: { 202: ProposedApproval },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await proposeRelease(context, request.params.id, personActor(request))),
  );

  app.get(
    '/api/v1/sync/targets/:id/runs',
    {
      config: { access: requires('sync.read', targetOf) },
      schema: { tags, summary: 'The last 50 runs', params, response: { 200: Type.Object({ items: Type.Array(Run) }) } },
    },
    async (request) => {
      const { id } = request.params;
      const rows = await syncOf(db)
        .selectFrom('sync.run')
        .selectAll()
        .where('target_id', '=', id)
        .orderBy('id', 'desc')
        .limit(50)
        .execute();
      return { items: rows.map((row) => toRun(row, localeOf(request))) };
    },
  );

  app.get(
    '/api/v1/sync/runs/:id',
    {
      config: {
        access: requires('sync.read', runOf),
      },
      schema: { tags, summary: 'One run with its first 200 changes', params, response: { 200: RunView } },
    },
    async (request) => {
      const { id } = request.params;
      const run = await syncOf(db).selectFrom('sync.run').selectAll().where('id', '=', id).executeTakeFirst();
      if (!run) throw new NotFound('sync/no-run', { vi: 'Không có lần chạy này.', en: 'There is no such run.' });
      const changes = await syncOf(db)
        .selectFrom('sync.change')
        .select(['action', 'dn', 'attributes', 'error', 'held'])
        .where('run_id', '=', id)
        .orderBy('held', 'desc')
        .orderBy('number')
        .limit(200)
        .execute();
      return { ...toRun(run, localeOf(request)), changes };
    },
  );
}

function toRun(run: Selectable<SyncTables['sync.run']>, locale: Locale) {
  const { id, mode, state, totals } = run;
  return {
    id,
    mode,
    state,
    totals: { ...totals },
    failure: run.failure_detail?.[locale] ?? run.failure,
    heldReason: run.held_reason?.[locale] ?? null,
    digest: run.digest?.toString('hex') ?? null,
    startedAt: run.started_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
  };
}
