import { Readable } from 'node:stream';
import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, localeOf, longAnswerMs, notAllowed, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, nullable, Page, Sha256Hex, strict, Time } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { ProposedApproval } from '../approvals/approvals.ts';
import { acceptImport } from '../changes/apply.ts';
import { proposePlan } from '../changes/approval.ts';
import { notApplied } from '../changes/undo.ts';
import { requires, scopeOf } from '../permissions/permissions.ts';
import { forgetColumns, listRemembered } from './columns/memory.ts';
import { columnsOf, completenessOf, headerRowOf, optional, uploadOf } from './form.ts';
import { mustBeFresh } from './fresh.ts';
import { inspectRoster } from './inspect.ts';
import { kindOf } from './kinds/kinds.ts';
import { refusedRows } from './refused-rows.ts';
import { peopleOfResult, resultRows } from './result-rows.ts';
import { mayForAll, mayImport, placeIn, visiblePlan } from './rights.ts';
import { findPlan, planImport, type RosterPlan, rosterFields } from './roster.ts';
import { InspectionView, Kind, PlanSummary, PlanView } from './schemas.ts';
import { makeTemplate } from './template.ts';
import { undoRoutes } from './undo-routes.ts';
import { uploadRoutes } from './uploads/routes.ts';
import { toPlanSummary, toPlanView } from './view.ts';

const tags = ['roster'];

const KindQuery = Type.Object({ kind: Type.Optional(Kind) });

const readColumns = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/columns',
    access: requires('roster.import'),
    schema: {
      tags,
      summary:
        'Reads the head of a roster (multipart: `organisationId`, `sheet` before `file`, or `upload`, the id of a file that was sent in pieces): what each column looks like',
      consumes: ['multipart/form-data'],
      querystring: KindQuery,
      response: { 200: InspectionView },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const kind = mayImport(personActor(request), request.query.kind);
      const { file, text } = await uploadOf(context, request);
      const found = await inspectRoster(context, {
        kind,
        file,
        actor: personActor(request),
        ...optional('organisationId', await placeIn(context.db, personActor(request), kind, text('organisationId'))),
        ...optional('sheet', text('sheet')),
      });
      const locale = localeOf(request);
      return {
        ...found,
        sheets: [...found.sheets],
        columns: found.columns.map(({ doubt, sample, ...column }) => ({
          ...column,
          sample: [...sample],
          doubt: doubt?.[locale] ?? null,
        })),
        remembered: found.remembered && {
          ...found.remembered,
          confirmedAt: found.remembered.confirmedAt.toISOString(),
        },
        unclear: found.unclear.map((text) => text[locale]),
        fields: [...found.fields],
      };
    },
  });

const readRemembered = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/roster-columns',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'What an organisation remembers of the columns of files, newest first',
      params: IdParams,
      response: {
        200: Type.Object({
          items: Type.Array(
            Type.Object({
              kind: Kind,
              header: Sha256Hex,
              confirmedAt: Time,
              /** What each column of the file is, in its order; null: it is left out. */
              columns: Type.Array(nullable(Type.String())),
            }),
          ),
        }),
      },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ params }) => ({
      items: (await listRemembered(db, params.id)).map(({ kind, header, confirmedAt, fields }) => {
        const known = kindOf(kind);
        const labels = new Map(rosterFields(kind).map(({ id, label }) => [id, label]));
        return {
          kind: known.id,
          header,
          confirmedAt: confirmedAt.toISOString(),
          columns: fields.map((field) => field && (labels.get(field) ?? field)),
        };
      }),
    }),
  });

const forget = (context: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/organisations/:id/roster-columns/:header',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Forgets what an organisation confirmed for a header row',
      params: Type.Object({ id: refersTo('organisation'), header: Sha256Hex }),
      querystring: KindQuery,
      response: { 204: Type.Null() },
    },
    handle: async (request, reply) => {
      const actor = personActor(request);
      const { id: organisationId, header } = request.params;
      const kind = mayImport(actor, request.query.kind).id;
      await forgetColumns(context, { organisationId, kind, header }, actor);
      return reply.code(204).send(null);
    },
  });

const plan = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/plans',
    access: requires('roster.import'),
    discloses: tells('roster.plan'),
    schema: {
      tags,
      summary:
        'Reads a roster and answers what applying it would do (multipart, before `file`, or with `upload`, the id of a file that was sent in pieces: `organisationId`, `completeness` partial, classes or schools, `sheet`, `headerRow`, `columns` as JSON, `remember`)',
      consumes: ['multipart/form-data'],
      querystring: KindQuery,
      response: { 201: PlanView },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const actor = personActor(request);
      const kind = mayImport(actor, request.query.kind);
      const { file, text } = await uploadOf(context, request);
      const plan = await planImport(context, {
        kind: kind.id,
        file,
        organisationId: await placeIn(context.db, actor, kind, text('organisationId')),
        completeness: completenessOf(text('completeness')),
        rememberColumns: text('remember') === 'true',
        ...optional('sheet', text('sheet')),
        ...optional('headerRow', headerRowOf(text('headerRow'))),
        ...optional('columns', columnsOf(text('columns'))),
        actor,
      });
      return reply.code(201).send(await toPlanView(context, plan, actor, localeOf(request)));
    },
  });

const listPlans = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/plans',
    access: requires('roster.read'),
    schema: {
      tags,
      summary: 'Plans, newest first',
      querystring: Type.Object(Page),
      response: { 200: listOf(PlanSummary) },
    },
    handle: async (request) => {
      const { query } = request;
      const { personId } = personActor(request);
      const scope = scopeOf(personActor(request), 'roster.read');
      const before = query.cursor ? sql`AND p.id < ${query.cursor}::uuid` : sql``;
      const { rows } = await sql<RosterPlan>`
        SELECT id, kind, file_name AS "fileName", status, created_at AS "createdAt", applied_at AS "appliedAt", applied_count AS "appliedCount",
          '{"referred": 0, "skipped": 0}'::jsonb || totals AS totals
        FROM registry.roster_plan AS p
        WHERE (p.created_by->>'personId' = ${personId} OR p.organisation_ids <> '{}' AND NOT EXISTS (
          SELECT FROM registry.organisation AS o WHERE o.id = ANY(p.organisation_ids) AND NOT o.path && ${scope}::uuid[]))
          -- Those of a school year of the whole city are one plan, on its own page.
          AND NOT EXISTS (SELECT FROM registry.year_plan_school AS y WHERE y.plan_id = p.id)
        ${before} ORDER BY id DESC LIMIT ${query.limit}`.execute(db);
      return {
        items: rows.map(toPlanSummary),
        nextCursor: rows.length === query.limit ? (rows.at(-1)?.id ?? null) : null,
      };
    },
  });

const readPlan = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/plans/:id',
    access: requires('roster.read'),
    discloses: tells('roster.plan'),
    schema: {
      tags,
      summary: 'One plan with its changes and refusals',
      params: IdParams,
      response: { 200: PlanView },
    },
    watch: async (request) => {
      const { status, appliedCount, approvalId } = await visiblePlan(
        context.db,
        personActor(request),
        request.params.id,
      );
      return [status, appliedCount, approvalId];
    },
    handle: async (request) => {
      const actor = personActor(request);
      return toPlanView(context, await visiblePlan(context.db, actor, request.params.id), actor, localeOf(request));
    },
  });

const readRefusals = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/plans/:id/refusals',
    access: requires('roster.read'),
    discloses: 'nothing',
    schema: {
      tags,
      summary: 'Every refused row with its reason, as a CSV file',
      params: IdParams,
      response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
    },
    handle: async (request, reply) => {
      const plan = await visiblePlan(db, personActor(request), request.params.id);
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="dong-bi-tu-choi-${plan.id.slice(0, 8)}.csv"`)
        .send(await refusedRows(db, plan.id, localeOf(request)));
    },
  });

const readResult = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/plans/:id/result',
    access: requires('roster.import'),
    discloses: tells('roster.export'),
    schema: {
      tags,
      summary: 'What an applied plan did, row by row with education IDs, as a CSV file',
      params: IdParams,
      response: { 200: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const actor = personActor(request);
      const plan = await visiblePlan(db, actor, request.params.id);
      if (plan.status !== 'applied') throw notApplied();
      disclose(request, await peopleOfResult(db, plan.id, actor));
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="ket-qua-${plan.id.slice(0, 8)}.csv"`)
        .send(Readable.from(resultRows(db, plan.id, actor, localeOf(request))));
    },
  });

const readTemplate = route({
  method: 'GET',
  url: '/api/v1/roster/templates/:kind',
  access: requires('roster.import'),
  discloses: 'nothing',
  schema: {
    tags,
    summary: 'The template of a roster: its columns, a filled example and notes',
    params: Type.Object({ kind: Kind }),
    querystring: Type.Object({ format: Type.Optional(Type.Enum(['csv', 'xlsx'])) }),
    response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
  },
  handle: async (request, reply) => {
    const { name, contentType, bytes } = makeTemplate(
      kindOf(request.params.kind),
      request.query.format ?? 'xlsx',
      localeOf(request),
    );
    return reply
      .header('content-type', contentType)
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(bytes);
  },
});

const apply = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/plans/:id/apply',
    access: requires('roster.import'),
    discloses: tells('roster.plan'),
    schema: {
      tags,
      summary:
        'Does exactly what the plan says; a held plan takes two people: `release`. A long plan answers `applying` and goes on',
      params: IdParams,
      body: Type.Object({}, strict),
      response: { 200: PlanView },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const actor = personActor(request);
      const plan = await visiblePlan(context.db, actor, request.params.id);
      if (
        plan.organisationIds.length > 0 &&
        !(await mayForAll(context.db, actor, kindOf(plan.kind).action, plan.organisationIds))
      )
        throw notAllowed();
      if (plan.kind === 'staff') mustBeFresh(context.clock, actor, 'roles.grant'); // teachers are given their role
      await acceptImport(context, plan.id, actor);
      return toPlanView(context, await findPlan(context.db, plan.id, actor), actor, localeOf(request));
    },
  });

const release = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/plans/:id/release',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Proposes that exactly what a held plan says be done; a second person approves',
      params: IdParams,
      response: { 202: ProposedApproval },
    },
    handle: async (request, reply) => {
      const actor = personActor(request);
      const { id } = await visiblePlan(context.db, actor, request.params.id);
      return reply.code(202).send(await proposePlan(context, id, actor));
    },
  });

/** Rosters over HTTP: what a file holds, what it would do, doing it and undoing it. */
export const rosterRoutes = (context: ServiceContext): Route[] => [
  readColumns(context),
  readRemembered(context),
  forget(context),
  plan(context),
  listPlans(context),
  readPlan(context),
  readRefusals(context),
  readResult(context),
  readTemplate,
  apply(context),
  release(context),
  ...undoRoutes(context),
  ...uploadRoutes(context),
];
