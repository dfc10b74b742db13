import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { disclose, localeOf, personActor } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { saveForm } from './form.ts';
import { applyMarks, findMarksPlan, type PlanReport, planMarks } from './import.ts';
import { ClassMarks, MarksBody, MarksPlan } from './schemas.ts';
import { marksSheet } from './sheet.ts';
import { largestMarksBytes } from './table.ts';
import { marksTemplate } from './template.ts';

const tags = ['marks'];

const PlanParams = Type.Object({ ...IdParams.properties, planId: Uuid });

const read = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/classes/:id/marks',
    access: requires('marks.read'),
    discloses: tells('marks.open'),
    schema: {
      tags,
      summary: 'The marks of a class, and what is missing',
      params: IdParams,
      response: { 200: ClassMarks },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: (request) => marksSheet(db, request.params.id, personActor(request)),
  });

const save = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/classes/:id/marks',
    access: requires('marks.write'),
    discloses: tells('marks.change'),
    schema: {
      tags,
      summary: 'Saves changed rows of the form, all or none, each on top of the version that was seen',
      params: IdParams,
      body: MarksBody,
      response: { 200: ClassMarks },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request) => {
      const actor = personActor(request);
      await saveForm(context, request.params.id, request.body.rows, actor);
      return marksSheet(context.db, request.params.id, actor);
    },
  });

const readTemplate = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/classes/:id/marks/template',
    access: requires('marks.read'),
    discloses: tells('marks.export'),
    schema: {
      tags,
      summary: 'The class’s file to fill in: its learners, a column for each mark',
      params: IdParams,
      querystring: Type.Object({ format: Type.Enum(['csv', 'xlsx'], { default: 'xlsx' }) }),
      produces: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv'],
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request, reply) => {
      const { fileName, contentType, bytes, people } = await marksTemplate(db, request.params.id, request.query.format);
      disclose(request, people);
      return reply
        .type(contentType)
        .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`)
        .header('cache-control', 'private, no-store')
        .send(bytes);
    },
  });

const importFile = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/classes/:id/marks/import',
    access: requires('marks.write'),
    discloses: tells('marks.import'),
    schema: {
      tags,
      summary: 'Reads a class’s file (multipart `file`) and answers what applying it would do',
      params: IdParams,
      consumes: ['multipart/form-data'],
      response: { 201: MarksPlan },
    },
    resource: ({ params }) => ({ classId: params.id }),
    limits: { bodyLimit: largestMarksBytes + 64 * 1024 },
    handle: async (request, reply) => {
      const upload = await request.file({ limits: { fileSize: largestMarksBytes } });
      if (!upload) throw new InvalidInput('marks/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
      const classId = request.params.id;
      const file = { name: upload.filename, bytes: await upload.toBuffer() };
      const planId = await planMarks(context, classId, file, personActor(request));
      return reply.code(201).send(planView(await findMarksPlan(context.db, { classId, planId }), localeOf(request)));
    },
  });

const readPlan = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/classes/:id/marks/plans/:planId',
    access: requires('marks.read'),
    discloses: tells('marks.import'),
    schema: { tags, summary: 'What an import would do', params: PlanParams, response: { 200: MarksPlan } },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request) => {
      const { id: classId, planId } = request.params;
      return planView(await findMarksPlan(db, { classId, planId }), localeOf(request));
    },
  });

const apply = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/classes/:id/marks/plans/:planId/apply',
    access: requires('marks.write'),
    discloses: tells('marks.change'),
    schema: {
      tags,
      summary: 'Does exactly what the plan said; refused when somebody changed those marks since',
      params: PlanParams,
      response: { 200: MarksPlan },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request) => {
      const { id: classId, planId } = request.params;
      await applyMarks(context, { classId, planId }, personActor(request));
      return planView(await findMarksPlan(context.db, { classId, planId }), localeOf(request));
    },
  });

/** Marks of a class: the class's own teacher, and the school's administrator. */
export const marksRoutes = (context: ServiceContext): Route[] => [
  read(context),
  save(context),
  readTemplate(context),
  importFile(context),
  readPlan(context),
  apply(context),
];

function planView(plan: Awaited<ReturnType<typeof findMarksPlan>>, locale: Locale): Type.Static<typeof MarksPlan> {
  const { changed, unchanged, refused, ignoredColumns, absent } = plan.report as PlanReport; // written by planMarks alone
  return {
    id: plan.id,
    classId: plan.class_id,
    fileName: plan.file_name,
    state: plan.state,
    madeAt: plan.made_at.toISOString(),
    appliedAt: plan.applied_at?.toISOString() ?? null,
    changed: changed.map(({ changes, missing, ...row }) => ({ ...row, changes: [...changes], missing: [...missing] })),
    unchanged,
    refused: refused.map(({ reasons, ...row }) => ({
      ...row,
      reasons: reasons.map(({ reason, ...cell }) => ({ ...cell, reason: reason[locale] })),
    })),
    ignoredColumns: [...ignoredColumns],
    absent: [...absent],
  };
}
