import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { disclose, localeOf, longAnswerMs, personActor, refersTo } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { Sha256Hex, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { actionsAt, placesOfOrganisations, proposes, requires } from '@edutrust/registry/permissions';
import { type Selectable, sql } from 'kysely';
import Type from 'typebox';
import { connectors } from '../connectors/kinds.ts';
import { proposeRelease } from '../engine/approve.ts';
import { runTarget } from '../engine/converge.ts';
import { isConverged } from '../engine/digest.ts';
import { noTotals } from '../engine/plan.ts';
import { record } from '../events.ts';
import { Contract } from '../model/contract.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import { lagSince, promisedSeconds } from './lag.ts';
import { Run, RunView, Target } from './schemas.ts';
import { addTarget, changeTarget, findTarget } from './store.ts';
import { listTargets } from './views.ts';

const tags = ['sync'];
/** Of a run no more changes are shown than somebody reads. */
const shownChanges = 200;
const params = Type.Object({ id: Uuid });
const AnyJson = Type.Record(Type.String(), Type.Unknown());

const ofTarget = async (db: Database, id: string) => ({ organisationId: (await findTarget(db, id)).organisation_id });

/** Nothing of a run that is not there: refused as another's would be. */
async function ofRun(db: Database, id: string) {
  const run = await syncOf(db).selectFrom('sync.run').select('target_id').where('id', '=', id).executeTakeFirst();
  return run ? ofTarget(db, run.target_id) : {};
}

/** Who has these education IDs. */
async function peopleOf(db: Database, educationIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM registry.person WHERE education_id = ANY(${[...educationIds]})`.execute(db);
  return rows.map(({ id }) => id);
}

const listAll = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/targets',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'Directories that are kept in step',
      response: { 200: Type.Object({ items: Type.Array(Target) }) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const locale = localeOf(request);
      const targets = await listTargets(context);
      const places = await placesOfOrganisations(
        context.db,
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
  });

const add = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/targets',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Adds a target',
      body: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 60 }),
          kind: Type.Enum(connectors.map(({ kind }) => kind)),
          /** As the kind has them: of `ldap` url, baseDn, bindDn. */
          settings: AnyJson,
          /** The kind's one secret: a password, a token. */
          secret: Type.String({ maxLength: 4_000 }),
          contract: Type.Optional(Contract),
          organisationId: refersTo('organisation'),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ body }) => ({ organisationId: body.organisationId }),
    handle: async (request, reply) => {
      const id = await context.db
        .transaction()
        .execute((tx) => addTarget(context, tx, request.body, personActor(request)));
      return reply.code(201).send({ id });
    },
  });

const end = ({ db }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/sync/targets/:id',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Forgets a target; nothing is changed at the server',
      params,
      response: { 204: Type.Null() },
    },
    resource: ({ params: { id } }) => ofTarget(db, id),
    handle: async (request, reply) => {
      const { id } = request.params;
      await db.transaction().execute(async (tx) => {
        await syncOf(tx).deleteFrom('sync.flight').where('target_id', '=', id).execute();
        await syncOf(tx).deleteFrom('sync.target').where('id', '=', id).execute();
        await record(tx, {
          type: 'sync-target.removed',
          actor: personActor(request),
          subject: { kind: 'sync-target', id },
        });
      });
      return reply.code(204).send(null);
    },
  });

const startRun = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/targets/:id/runs',
    access: requires('sync.write'),
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
    resource: ({ params: { id } }) => ofTarget(context.db, id),
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const { mode, digest } = request.body;
      const options = { mode, actor: personActor(request), ...(digest === undefined ? {} : { digest }) };
      const { id } = await runTarget(context, request.params.id, options);
      const row = await syncOf(context.db)
        .selectFrom('sync.run')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return reply.code(201).send(toRun(row, localeOf(request), await schoolsIn(context.db, [row])));
    },
  });

const release = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/runs/:id/release',
    access: proposes('sync.write'),
    schema: {
      tags,
      summary: 'Asks for a second person to let a held run go on',
      params,
      response: { 202: ProposedApproval },
    },
    resource: ({ params: { id } }) => ofRun(context.db, id),
    handle: async (request, reply) =>
      reply.code(202).send(await proposeRelease(context, request.params.id, personActor(request))),
  });

const listRuns = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/targets/:id/runs',
    access: requires('sync.read'),
    schema: { tags, summary: 'The last 50 runs', params, response: { 200: Type.Object({ items: Type.Array(Run) }) } },
    resource: ({ params: { id } }) => ofTarget(db, id),
    watch: ({ params: { id } }) => lastRuns(db, id),
    handle: async (request) => {
      const rows = await lastRuns(db, request.params.id);
      const names = await schoolsIn(db, rows);
      return { items: rows.map((row) => toRun(row, localeOf(request), names)) };
    },
  });

const lastRuns = (db: Database, targetId: string) =>
  syncOf(db)
    .selectFrom('sync.run')
    .selectAll()
    .where('target_id', '=', targetId)
    .orderBy('id', 'desc')
    .limit(50)
    .execute();

const readRun = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/runs/:id',
    access: requires('sync.read'),
    discloses: tells('sync.open'),
    schema: {
      tags,
      summary: 'One run with its first 200 changes, those that were refused before all others',
      params,
      response: { 200: RunView },
    },
    resource: ({ params: { id } }) => ofRun(db, id),
    handle: async (request) => {
      const { id } = request.params;
      const run = await syncOf(db).selectFrom('sync.run').selectAll().where('id', '=', id).executeTakeFirst();
      if (!run) throw new NotFound('sync/no-run', { vi: 'Không có lần chạy này.', en: 'There is no such run.' });
      const rows = (which: 'refused' | 'others', limit: number) =>
        syncOf(db)
          .selectFrom('sync.change')
          .select(['kind', 'action', 'key', 'before', 'after', 'error', 'held'])
          .select(
            sql<
              'waiting' | 'done' | 'failed'
            >`CASE WHEN state = 'waiting' AND number <@ ${run.done}::int4multirange THEN 'done' ELSE state END`.as(
              'state',
            ),
          )
          .where('run_id', '=', id)
          .where('state', which === 'refused' ? '=' : '<>', 'failed')
          .orderBy('held', 'desc')
          .orderBy('number')
          .limit(limit)
          .execute();
      const refused = await rows('refused', shownChanges);
      const changes = [...refused, ...(await rows('others', shownChanges - refused.length))];
      disclose(
        request,
        await peopleOf(
          db,
          changes.filter(({ kind }) => kind === 'person').map(({ key }) => key),
        ),
      );
      const { rows: refusals } = await sql<{ why: string; count: number }>`
        SELECT error AS why, count(*) FROM sync.change WHERE run_id = ${id} AND state = 'failed' AND error IS NOT NULL
        GROUP BY error ORDER BY count(*) DESC, error LIMIT 10`.execute(db);
      return { ...toRun(run, localeOf(request), await schoolsIn(db, [run])), changes, refusals };
    },
  });

const change = (context: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/sync/targets/:id',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Renames a target, moves it to other settings, pauses or resumes it',
      params,
      body: Type.Object(
        {
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
          /** Whole, as the kind has them; only together with the secret, which goes to the address that they name. */
          settings: Type.Optional(AnyJson),
          secret: Type.Optional(Type.String({ maxLength: 4_000 })),
          isPaused: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
      response: { 204: Type.Null() },
    },
    resource: ({ params: { id } }) => ofTarget(context.db, id),
    handle: async (request, reply) => {
      await context.db
        .transaction()
        .execute((tx) => changeTarget(context, tx, request.params.id, request.body, personActor(request)));
      return reply.code(204).send(null);
    },
  });

const readLag = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/targets/:id/lag',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'How far a target was behind during the last day, looked at every five minutes',
      params,
      response: {
        200: Type.Object({
          promisedSeconds: Type.Integer({ description: 'The alarm rings after it' }),
          points: Type.Array(
            Type.Object({
              at: Time,
              seconds: Type.Integer({ description: 'How long the one who waited longest had waited' }),
              pending: Type.Integer(),
            }),
          ),
        }),
      },
    },
    resource: ({ params: { id } }) => ofTarget(db, id),
    handle: async ({ params: { id } }) => {
      const points = await lagSince(db, id, new Date(clock.now().getTime() - 86_400_000));
      return { promisedSeconds, points: points.map(({ at, ...point }) => ({ at: at.toISOString(), ...point })) };
    },
  });

/** Systems that are kept in step, and their runs. */
export const targetRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  add(context),
  change(context),
  readLag(context),
  end(context),
  startRun(context),
  release(context),
  listRuns(context),
  readRun(context),
];

type RunRow = Selectable<SyncTables['sync.run']>;

/** Names of the schools where somebody differs. */
async function schoolsIn(db: Database, runs: readonly RunRow[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(runs.flatMap(({ proof }) => proof?.differingSchools ?? []))];
  const { rows } = await sql<{ id: string; name: string }>`
    SELECT id, name FROM registry.organisation WHERE id = ANY(${ids}::uuid[])`.execute(db);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function toRun(run: RunRow, locale: Locale, schoolNames: ReadonlyMap<string, string>) {
  const { id, mode, state, totals } = run;
  return {
    id,
    mode,
    state,
    totals: { ...noTotals, ...totals },
    failure: run.failure_detail?.[locale] ?? run.failure,
    heldReason: run.held_reason?.[locale] ?? null,
    digest: run.digest?.toString('hex') ?? null,
    proof: run.proof && {
      isConverged: isConverged(run.proof),
      people: run.proof.people,
      differing: run.proof.differing,
      schools: run.proof.schools,
      differingSchools: run.proof.differingSchools.map((school) => ({
        id: school,
        name: schoolNames.get(school) ?? '',
      })),
      digest: run.proof.held,
    },
    startedAt: run.started_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
  };
}
