import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { type Actor, type App, localeOf, longAnswerMs, notAllowed, personActor } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import Type from 'typebox';
import { can, requires, scopeOf } from '../permissions/permissions.ts';
import { IdParams, listOf, nullable, Page, strict, Uuid } from '../schemas.ts';
import { applyImport, findPlan, largestRosterBytes, planImport, type RosterPlan } from './roster.ts';

const tags = ['roster'];

const Totals = Type.Object({
  added: Type.Integer(),
  changed: Type.Integer(),
  left: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
});
const PlanSummary = Type.Object({
  id: Uuid,
  fileName: Type.String(),
  status: Type.Enum(['planned', 'held', 'applied', 'superseded']),
  createdAt: Type.String({ format: 'date-time' }),
  appliedAt: nullable(Type.String({ format: 'date-time' })),
  totals: Totals,
});
const PlanView = Type.Object({
  ...PlanSummary.properties,
  heldReason: nullable(Type.String()),
  changes: Type.Array(
    Type.Object({
      row: Type.Integer(),
      action: Type.Enum(['added', 'changed', 'left']),
      fullName: Type.String(),
      className: nullable(Type.String()),
      fields: Type.Array(
        Type.Object({
          column: Type.String(),
          before: Type.Optional(nullable(Type.String())),
          after: Type.Optional(nullable(Type.String())),
        }),
      ),
    }),
  ),
  refusals: Type.Array(
    Type.Object({ row: Type.Integer(), column: Type.String(), value: Type.String(), reason: Type.String() }),
  ),
});

export function addRosterRoutes(app: App, context: ServiceContext): void {
  const { db } = context;
  const decide = can(db);

  app.post(
    '/api/v1/roster/plans',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'Reads a roster (multipart: `organisationId` before `file`) and answers what applying it would do',
        consumes: ['multipart/form-data'],
        response: { 201: PlanView },
      },
    },
    async (request, reply) => {
      const upload = await request.file({ limits: { fileSize: largestRosterBytes } });
      if (!upload) throw new InvalidInput('roster/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
      const field = upload.fields.organisationId;
      const organisationId = field && !Array.isArray(field) && field.type === 'field' ? String(field.value) : undefined;
      const length = Number(request.headers['content-length'] ?? 0);
      const plan = await planImport(context, {
        file: { name: upload.filename, bytes: length, stream: upload.file },
        organisationId: organisationId || undefined,
        actor: personActor(request),
      });
      return reply.code(201).send(toView(plan, localeOf(request)));
    },
  );

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
        SELECT id, file_name AS "fileName", status, created_at AS "createdAt", applied_at AS "appliedAt", totals
        FROM registry.roster_plan AS p
        WHERE (p.created_by->>'personId' = ${personId} OR p.organisation_ids <> '{}' AND NOT EXISTS (
          SELECT FROM registry.organisation AS o WHERE o.id = ANY(p.organisation_ids) AND NOT o.path && ${scope}::uuid[]))
        ${before} ORDER BY id DESC LIMIT ${query.limit}`.execute(db);
      return { items: rows.map(toSummary), nextCursor: rows.length === query.limit ? (rows.at(-1)?.id ?? null) : null };
    },
  );

  async function mayForAll(actor: Actor, action: 'roster.import' | 'roster.approve', plan: RosterPlan) {
    for (const organisationId of plan.organisationIds)
      if (!(await decide(actor, action, { organisationId }))) return false;
    return plan.organisationIds.length > 0;
  }

  /** Its maker sees a plan, and whoever may import for every school of it. */
  async function visiblePlan(actor: ReturnType<typeof personActor>, id: string): Promise<RosterPlan> {
    const plan = await findPlan(db, id);
    const isMaker = plan.createdBy.kind === 'person' && plan.createdBy.personId === actor.personId;
    if (!isMaker && !(await mayForAll(actor, 'roster.import', plan))) throw notAllowed();
    return plan;
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
    async (request) => toView(await visiblePlan(personActor(request), request.params.id), localeOf(request)),
  );

  app.post(
    '/api/v1/roster/plans/:id/apply',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags,
        summary: 'Does exactly what the plan says; a held plan needs somebody else who may approve',
        params: IdParams,
        body: Type.Object({ approvesLeavers: Type.Optional(Type.Boolean()) }, strict),
        response: { 200: PlanView },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const plan = await visiblePlan(actor, request.params.id);
      if (plan.organisationIds.length > 0 && !(await mayForAll(actor, 'roster.import', plan))) throw notAllowed();
      const approvesLeavers = request.body.approvesLeavers === true && (await mayForAll(actor, 'roster.approve', plan));
      await applyImport(context, plan.id, actor, { approvesLeavers });
      return toView(await findPlan(db, plan.id), localeOf(request));
    },
  );
}

function toSummary(plan: RosterPlan) {
  return {
    id: plan.id,
    fileName: plan.fileName,
    status: plan.status,
    createdAt: plan.createdAt.toISOString(),
    appliedAt: plan.appliedAt?.toISOString() ?? null,
    totals: plan.totals,
  };
}

function toView(plan: RosterPlan, locale: Locale) {
  return {
    ...toSummary(plan),
    heldReason: plan.heldReason?.[locale] ?? null,
    changes: plan.changes,
    refusals: plan.refusals.map((refusal) => ({ ...refusal, reason: refusal.reason[locale] })),
  };
}
