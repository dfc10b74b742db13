import { randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError, NotFound } from '@edutrust/platform/errors';
import { anyone, localeOf, longAnswerMs } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { PageView, PublicDocument, SigningPages, VerifyCodeProps } from '../pages.ts';
import { parseVerificationCode } from '../requests/code.ts';
import { codeProps } from './code-page.ts';
import { documentByCode } from './document.ts';
import { etsiReport } from './etsi-report.ts';
import type { Judge, Judged } from './judge.ts';
import { largestFileBytes, largestFormBytes } from './limits.ts';
import { originalCode } from './original-code.ts';
import { matchesPaper } from './paper.ts';
import { makeReportPaper } from './report-paper.ts';
import { reportProps } from './report-props.ts';
import { tooLarge, type VerificationReport } from './verify.ts';

interface Desk {
  readonly context: ServiceContext;
  readonly pages: SigningPages;
  readonly judge: Judge;
}

/** How long a page's report can be downloaded. */
const reportSeconds = 900;
const reportKey = (id: string) => `signing:report:${id}`;
const ofFile = { bodyLimit: largestFormBytes, handlerTimeout: longAnswerMs };
const form = { action: '/verify', codeAction: '/verify', maxBytes: largestFileBytes };
const ReportParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' }) });
const CodeParams = Type.Object({ code: Type.String({ maxLength: 60 }) });

const showForm = ({ context: { db }, pages }: Desk) =>
  route({
    method: 'GET',
    url: '/verify',
    access: anyone,
    schema: {
      ...hide,
      querystring: Type.Object({
        code: Type.Optional(Type.String({ maxLength: 60 })),
        lang: Type.Optional(Type.String()),
      }),
    },
    handle: async (request, reply) => {
      const { code } = request.query;
      const view = viewOf(request);
      if (!code?.trim()) return html(reply, pages.verify(form, view));
      try {
        const { code: found } = await documentByCode(db, parseVerificationCode(code));
        return reply.redirect(`/verify/${found}`, 303);
      } catch (error) {
        const shown = problemFor(error, view.locale);
        return html(reply.code(shown.status), pages.verify({ ...form, code, error: shown.error }, view));
      }
    },
  });

const judgeFile = (desk: Desk) =>
  route({
    method: 'POST',
    url: '/verify',
    access: anyone,
    schema: hide,
    limits: ofFile,
    handle: async (request, reply) => {
      try {
        return await showReport(desk, request, reply, await desk.judge(request));
      } catch (error) {
        const view = viewOf(request);
        const shown = problemFor(error, view.locale);
        return html(reply.code(shown.status), desk.pages.verify({ ...form, error: shown.error }, view));
      }
    },
  });

const downloadReport = ({ context }: Desk) =>
  route({
    method: 'GET',
    url: '/verify/report/:id',
    access: anyone,
    schema: { ...hide, params: ReportParams },
    handle: async (request, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', 'attachment; filename="bao-cao-kiem-tra.json"')
        .header('cache-control', 'no-store')
        .send(JSON.stringify(await keptReport(context, request.params.id), null, 2)),
  });

const downloadEtsi = ({ context }: Desk) =>
  route({
    method: 'GET',
    url: '/verify/report/:id/etsi',
    access: anyone,
    schema: { ...hide, params: ReportParams },
    handle: async (request, reply) =>
      reply
        .type('application/xml; charset=utf-8')
        .header('content-disposition', 'attachment; filename="bao-cao-kiem-tra.xml"')
        .header('cache-control', 'no-store')
        .send(etsiReport(await keptReport(context, request.params.id))),
  });

const downloadPaper = ({ context }: Desk) =>
  route({
    method: 'GET',
    url: '/verify/report/:id/paper',
    access: anyone,
    schema: { ...hide, params: ReportParams },
    handle: async (request, reply) => {
      const report = await keptReport(context, request.params.id);
      const paper = await makeReportPaper(report, { locale: localeOf(request), origin: context.config.url.origin });
      return reply
        .type('application/pdf')
        .header('content-disposition', 'attachment; filename="bien-ban-kiem-tra.pdf"')
        .header('cache-control', 'no-store')
        .send(paper);
    },
  });

const showDocument = (desk: Desk) =>
  route({
    method: 'GET',
    url: '/verify/:code',
    access: anyone,
    schema: { ...hide, params: CodeParams },
    handle: (request, reply) =>
      withDocument(desk, request, reply, request.params.code, async (document) => {
        const view = viewOf(request);
        return html(reply, desk.pages.verifyCode(await codeProps(desk.context.db, document, view.locale), view));
      }),
  });

const comparePaper = (desk: Desk) =>
  route({
    method: 'POST',
    url: '/verify/:code/paper',
    access: anyone,
    schema: {
      ...hide,
      params: CodeParams,
      body: Type.Object({ first: Type.String({ maxLength: 10 }), second: Type.String({ maxLength: 10 }) }, strict),
    },
    handle: (request, reply) =>
      withDocument(desk, request, reply, request.params.code, async (document) => {
        const { context, pages } = desk;
        const view = viewOf(request);
        const { first, second } = request.body;
        const props = await codeProps(context.db, document, view.locale);
        const show = (answer: Partial<NonNullable<VerifyCodeProps['paper']>>) =>
          html(reply, pages.verifyCode({ ...props, paper: props.paper && { ...props.paper, ...answer } }, view));
        try {
          const matches = await matchesPaper(context, parseVerificationCode(originalCode(document)), [first, second]);
          return show({ answer: matches ? 'matches' : 'differs', typed: [first, second] });
        } catch (error) {
          const shown = problemFor(error, view.locale);
          reply.code(shown.status);
          return show({ error: shown.error });
        }
      }),
  });

const compareFile = (desk: Desk) =>
  route({
    method: 'POST',
    url: '/verify/:code',
    access: anyone,
    schema: { ...hide, params: CodeParams },
    limits: ofFile,
    handle: (request, reply) =>
      withDocument(desk, request, reply, request.params.code, async (expected) => {
        try {
          return await showReport(desk, request, reply, { ...(await desk.judge(request)), expected });
        } catch (error) {
          const view = viewOf(request);
          const shown = problemFor(error, view.locale);
          const props = await codeProps(desk.context.db, expected, view.locale);
          return html(reply.code(shown.status), desk.pages.verifyCode({ ...props, error: shown.error }, view));
        }
      }),
  });

/** `/verify`: a form for a file or a code, what is said of a file, and the document that a code names. */
export const verificationPages = (desk: Desk): Route[] => [
  showForm(desk),
  judgeFile(desk),
  downloadReport(desk),
  downloadEtsi(desk),
  downloadPaper(desk),
  showDocument(desk),
  comparePaper(desk),
  compareFile(desk),
];

function viewOf(request: FastifyRequest): PageView {
  return { locale: localeOf(request), path: request.url };
}

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(text);
}

async function showReport(
  { context: { store }, pages }: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
  { report, fileName, expected }: Judged & { readonly expected?: PublicDocument },
): Promise<FastifyReply> {
  const id = randomBytes(16).toString('base64url');
  await store.put(reportKey(id), { ...(fileName ? { file: fileName } : {}), ...report }, reportSeconds);
  const view = viewOf(request);
  const props = reportProps(report, {
    fileName,
    downloadPath: `/verify/report/${id}`,
    etsiPath: `/verify/report/${id}/etsi`,
    paperPath: `/verify/report/${id}/paper`,
    again: expected ? `/verify/${expected.code}` : '/verify',
    locale: view.locale,
    ...(expected ? { expected } : {}),
  });
  return html(reply, pages.verifyReport(props, view));
}

async function keptReport({ store }: ServiceContext, id: string) {
  const report = await store.get<VerificationReport & { readonly file?: string }>(reportKey(id));
  if (report) return report;
  throw new NotFound('verify/no-report', {
    vi: 'Báo cáo này đã hết hạn sau 15 phút. Hãy kiểm tra lại tệp.',
    en: 'This report expired after 15 minutes. Verify the file again.',
  });
}

/** A wrong or unknown code shows the form again with the reason, not an error page. */
async function withDocument(
  { context: { db }, pages }: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  show: (document: PublicDocument) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  let document: PublicDocument;
  try {
    document = await documentByCode(db, parseVerificationCode(text));
  } catch (error) {
    const view = viewOf(request);
    const shown = problemFor(error, view.locale);
    return html(reply.code(shown.status), pages.verify({ ...form, code: text, error: shown.error }, view));
  }
  return show(document);
}

/** What is wrong, for the form; anything that is ours to mend goes on to the error page. */
function problemFor(error: unknown, locale: Locale) {
  if (!(error instanceof EduTrustError) && (error as { statusCode?: number }).statusCode === 413) {
    return problemFor(tooLarge(), locale);
  }
  if (!(error instanceof EduTrustError) || (error.status >= 500 && error.status !== 503)) throw error;
  const { status, detail, remedy } = error;
  return { status, error: { detail: detail[locale], ...(remedy ? { remedy: remedy[locale] } : {}) } };
}
