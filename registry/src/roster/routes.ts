import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, localeOf, longAnswerMs, notAllowed, personActor } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { IdParams, listOf, Page, strict } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { can, requires, scopeOf } from '../permissions/permissions.ts';
import { columnsOf, completenessOf, headerRowOf, optional, uploadOf } from './form.ts';
import { mustBeFresh } from './fresh.ts';
import { inspectRoster } from './inspect.ts';
import type { RosterKind } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { refusedRows } from './refused-rows.ts';
import { applyImport, findPlan, planImport, type RosterPlan, undoDays } from './roster.ts';
import { InspectionView, Kind, PlanSummary, PlanView } from './schemas.ts';
import { makeTemplate } from './template.ts';
import { addUndoRoutes, mayUndo } from './undo-routes.ts';

const tags = ['roster'];

const KindQuery = Type.Object({ kind: Type.Optional(Kind) });

export function addRosterRoutes(app: HttpServer, context: ServiceContext): void {
  const { db } = context;
  const decide = can(db);
  addUndoRoutes(app, context);

  app.post(
    '/api/v1/roster/columns',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary:
          'Reads the head of a roster (multipart: `organisationId`, `sheet` before `file`): what each column looks like',
        consumes: ['multipart/form-data'],
        querystring: KindQuery,
        response: { 200: InspectionView },
      },
    },
    async (request) => {
      const kind = mayImport(personActor(request), request.query.kind);
      const { file, text } = await uploadOf(request);
      const found = await inspectRoster(context, {
        kind,
        file,
        actor: personActor(request),
        ...optional('organisationId', await placeIn(personActor(request), kind, text('organisationId'))),
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
        unclear: found.unclear.map((text) => text[locale]),
        fields: [...found.fields],
      };
    },
  );

  app.post(
    '/api/v1/roster/plans',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary:
          'Reads a roster and answers what applying it would do (multipart, before `file`: `organisationId`, `completeness` partial, classes or schools, `sheet`, `headerRow`, `columns` as JSON, `remember`)',
        consumes: ['multipart/form-data'],
        querystring: KindQuery,
        response: { 201: PlanView },
      },
    },
    async (request, reply) => {
      const actor = personActor(request);
      const kind = mayImport(actor, request.query.kind);
      const { file, text } = await uploadOf(request);
      const plan = await planImport(context, {
        kind: kind.id,
        file,
        organisationId: await placeIn(actor, kind, text('organisationId')),
        completeness: completenessOf(text('completeness')),
        rememberColumns: text('remember') === 'true',
        ...optional('sheet', text('sheet')),
        ...optional('headerRow', headerRowOf(text('headerRow'))),
        ...optional('columns', columnsOf(text('columns'))),
        actor,
      });
      return reply.code(201).send(await toView(plan, actor, localeOf(request)));
    },
  );

  /** A roster of organisations asks for more than one of people. */
  function mayImport(actor: Actor, id: string | undefined): RosterKind {
    const kind = kindOf(id ?? 'learners');
    if (scopeOf(actor, kind.action).length === 0) throw notAllowed();
    return kind;
  }

  /** The school chosen for the file: one of the caller's, or the request is refused. */
  async function placeIn(
    actor: Actor,
    kind: RosterKind,
    organisationId: string | undefined,
  ): Promise<string | undefined> {
    if (organisationId === undefined) return undefined;
    if (!(await decide(actor, kind.action, { organisationId }))) throw notAllowed();
    return organisationId;
  }

  app.get(
    '/api/v1/roster/plans',
    {
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'Plans, newest first',
        querystring: Type.Object(Page),
        response: { 200: listOf(PlanSummary) },
      },
    },
    async (request) => {
      const { query } = request;
      const { personId } = personActor(request);
      const scope = scopeOf(personActor(request), 'roster.import');
      const before = query.cursor ? sql`AND p.id < ${query.cursor}::uuid` : sql``;
      const { rows } = await sql<RosterPlan>`
        SELECT id, kind, file_name AS "fileName", status, created_at AS "createdAt", applied_at AS "appliedAt",
          '{"referred": 0, "skipped": 0}'::jsonb || totals AS totals
        FROM registry.roster_plan AS p
        WHERE (p.created_by->>'personId' = ${personId} OR p.organisation_ids <> '{}' AND NOT EXISTS (
          SELECT FROM registry.organisation AS o WHERE o.id = ANY(p.organisation_ids) AND NOT o.path && ${scope}::uuid[]))
        ${before} ORDER BY id DESC LIMIT ${query.limit}`.execute(db);
      return { items: rows.map(toSummary), nextCursor: rows.length === query.limit ? (rows.at(-1)?.id ?? null) : null };
    },
  );

  async function mayForAll(
    actor: Actor,
    action: RosterKind['action'] | 'roster.approve',
    organisationIds: readonly string[],
  ) {
    for (const organisationId of organisationIds) if (!(await decide(actor, action, { organisationId }))) return false;
    return organisationIds.length > 0;
  }

  /** Who made a plan sees it, and anyone who may import for every school of it. */
  async function visiblePlan(actor: ReturnType<typeof personActor>, id: string): Promise<RosterPlan> {
    const plan = await findPlan(db, id, actor);
    if (!isMine(plan, actor) && !(await mayForAll(actor, kindOf(plan.kind).action, plan.organisationIds)))
      throw notAllowed();
    return plan;
  }

  /** Those who approve govern also the schools that people would leave by it. */
  const mayApprove = (actor: Actor, plan: RosterPlan) =>
    mayForAll(actor, 'roster.approve', [...plan.organisationIds, ...plan.originIds]);

  async function mayOf(plan: RosterPlan, actor: Actor): Promise<('apply' | 'approve' | 'undo')[]> {
    const { added, changed, left } = plan.totals;
    if (plan.status === 'planned')
      return added + changed + left > 0 && (await mayForAll(actor, kindOf(plan.kind).action, plan.organisationIds))
        ? ['apply']
        : [];
    if (plan.status === 'applied')
      return canStillUndo(plan, context.clock.now()) && (await mayUndo(decide, plan, actor)) ? ['undo'] : [];
    return plan.status === 'held' && !isMine(plan, actor) && (await mayApprove(actor, plan)) ? ['approve'] : [];
  }

  app.get(
    '/api/v1/roster/plans/:id',
    {
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'One plan with its changes and refusals',
        params: IdParams,
        response: { 200: PlanView },
      },
    },
    async (request) => {
      const actor = personActor(request);
      return toView(await visiblePlan(actor, request.params.id), actor, localeOf(request));
    },
  );

  app.get(
    '/api/v1/roster/plans/:id/refusals',
    {
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'Every refused row with its reason, as a CSV file',
        params: IdParams,
        response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
      },
    },
    async (request, reply) => {
      const plan = await visiblePlan(personActor(request), request.params.id);
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="dong-bi-tu-choi-${plan.id.slice(0, 8)}.csv"`)
        .send(await refusedRows(db, plan.id, localeOf(request)));
    },
  );

  app.get(
    '/api/v1/roster/templates/:kind',
    {
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'The template of a roster: its columns, a filled example and notes',
        params: Type.Object({ kind: Kind }),
        querystring: Type.Object({ format: Type.Optional(Type.Enum(['csv', 'xlsx'])) }),
        response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
      },
    },
    async (request, reply) => {
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
  );

  app.post(
    '/api/v1/roster/plans/:id/apply',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'Does exactly what the plan says; a held plan needs `approves`, by somebody else who may approve',
        params: IdParams,
        body: Type.Object({ approves: Type.Optional(Type.Boolean()) }, strict),
        response: { 200: PlanView },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const plan = await visiblePlan(actor, request.params.id);
      if (plan.organisationIds.length > 0 && !(await mayForAll(actor, kindOf(plan.kind).action, plan.organisationIds)))
        throw notAllowed();
      const approves = request.body.approves === true && (await mayApprove(actor, plan));
      if (approves && plan.status === 'held') mustBeFresh(actor, 'roster.approve');
      if (plan.kind === 'staff') mustBeFresh(actor, 'roles.grant'); // teachers are given their role
      await applyImport(context, plan.id, actor, { approves });
      return toView(await findPlan(db, plan.id, actor), actor, localeOf(request));
    },
  );

  async function toView(plan: RosterPlan, actor: Actor, locale: Locale) {
    return {
      ...toSummary(plan),
      sheet: plan.sheet,
      completeness: plan.completeness,
      schoolYear: plan.schoolYear,
      digest: plan.digest,
      heldReason: plan.heldReason?.[locale] ?? null,
      may: await mayOf(plan, actor),
      isMine: isMine(plan, actor),
      ignoredColumns: plan.columns
        .filter(({ field, header }) => field === null && header !== '')
        .map(({ header, doubt }) => ({ header, doubt: doubt?.[locale] ?? null })),
      notes: plan.notes.map((note) => note[locale]),
      places: [...plan.places],
      changes: plan.changes,
      refusals: plan.refusals.map((refusal) => ({ ...refusal, reason: refusal.reason[locale] })),
      skipped: plan.skipped.map((one) => ({ ...one, reason: one.reason[locale] })),
    };
  }
}

/** Within the days that the state before is kept. */
const canStillUndo = ({ kind, appliedAt }: RosterPlan, now: Date) =>
  kind !== 'schools' && appliedAt !== null && now.getTime() - appliedAt.getTime() < undoDays * 86_400_000;

const isMine = (plan: RosterPlan, actor: Actor) =>
  actor.kind === 'person' && plan.createdBy.kind === 'person' && plan.createdBy.personId === actor.personId;

function toSummary(plan: RosterPlan) {
  return {
    id: plan.id,
    kind: plan.kind,
    fileName: plan.fileName,
    status: plan.status,
    createdAt: plan.createdAt.toISOString(),
    appliedAt: plan.appliedAt?.toISOString() ?? null,
    totals: plan.totals,
  };
}
