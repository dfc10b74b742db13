import { randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError, NotFound } from '@edutrust/platform/errors';
import { anyone, type HttpServer, localeOf, longAnswerMs } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { PageView, PublicDocument, SigningPages, VerifyCodeProps, VerifyReportProps } from '../pages.ts';
import { parseVerificationCode } from '../requests/code.ts';
import type { ValidationPool } from '../validation/validation.ts';
import { codeProps } from './code-page.ts';
import { documentByCode } from './document.ts';
import { largestFileBytes, verificationQueue } from './limits.ts';
import { matchesPaper } from './paper.ts';
import { makeReportPaper } from './report-paper.ts';
import { PublicDocument as PublicDocumentSchema, VerificationReport as ReportSchema } from './schemas.ts';
import { readSubmission } from './submission.ts';
import { tooLarge, type VerificationReport, verifyFile } from './verify.ts';

const tags = ['verification'];
/** How long a page's report can be downloaded. */
const reportSeconds = 900;
const reportKey = (id: string) => `signing:report:${id}`;

export function addVerifyRoutes(
  app: HttpServer,
  context: ServiceContext,
  pages: SigningPages,
  pool: ValidationPool,
): void {
  const { db, store, config } = context;
  const inTurn = verificationQueue();

  const judge = async (request: FastifyRequest) => {
    await using submission = await readSubmission(request);
    const { trust, at } = submission;
    const report = await inTurn(async () =>
      verifyFile(context, await submission.bytes(), { trust, pool, ...(at ? { at } : {}) }),
    );
    return { report, fileName: submission.fileName };
  };

  app.post(
    '/api/v1/verify',
    {
      config: { access: anyone },
      bodyLimit: largestFileBytes + 1024 * 1024,
      handlerTimeout: longAnswerMs,
      schema: {
        tags,
        summary: 'Verifies a signed PDF (multipart: `file`, optional `trust` PEM, optional `at`)',
        consumes: ['multipart/form-data'],
        response: { 200: ReportSchema },
      },
    },
    async (request) => {
      const { report, fileName } = await judge(request);
      return { ...(fileName ? { file: fileName } : {}), ...writable(report) };
    },
  );

  app.get(
    '/api/v1/verify/:code',
    {
      config: { access: anyone },
      schema: {
        tags,
        summary: 'The document that a verification code names',
        params: Type.Object({ code: Type.String({ maxLength: 60 }) }),
        response: { 200: PublicDocumentSchema },
      },
    },
    async (request) => {
      const { signatures, ...found } = await documentByCode(db, parseVerificationCode(request.params.code));
      return { ...found, signatures: [...signatures] };
    },
  );

  const viewOf = (request: FastifyRequest): PageView => ({ locale: localeOf(request), path: request.url });
  const html = (reply: FastifyReply, text: string) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(text);
  const form = { action: '/verify', codeAction: '/verify', maxBytes: largestFileBytes };

  const showReport = async (
    request: FastifyRequest,
    reply: FastifyReply,
    given: { report: VerificationReport; fileName: string; expected?: PublicDocument },
  ) => {
    const { report, fileName, expected } = given;
    const id = randomBytes(16).toString('base64url');
    await store.put(reportKey(id), { ...(fileName ? { file: fileName } : {}), ...report }, reportSeconds);
    const view = viewOf(request);
    const props = reportProps(report, {
      fileName,
      downloadPath: `/verify/report/${id}`,
      locale: view.locale,
      ...(expected ? { expected } : {}),
    });
    return html(reply, pages.verifyReport(props, view));
  };

  app.get(
    '/verify',
    {
      config: { access: anyone },
      schema: {
        hide: true,
        querystring: Type.Object({
          code: Type.Optional(Type.String({ maxLength: 60 })),
          lang: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
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
  );

  app.post(
    '/verify',
    {
      config: { access: anyone },
      bodyLimit: largestFileBytes + 1024 * 1024,
      handlerTimeout: longAnswerMs,
      schema: { hide: true },
    },
    async (request, reply) => {
      try {
        return await showReport(request, reply, await judge(request));
      } catch (error) {
        const view = viewOf(request);
        const shown = problemFor(error, view.locale);
        return html(reply.code(shown.status), pages.verify({ ...form, error: shown.error }, view));
      }
    },
  );

  const reportParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' }) });
  const keptReport = async (id: string) => {
    const report = await store.get<VerificationReport & { readonly file?: string }>(reportKey(id));
    if (report) return report;
    throw new NotFound('verify/no-report', {
      vi: 'Báo cáo này đã hết hạn sau 15 phút. Hãy kiểm tra lại tệp.',
      en: 'This report expired after 15 minutes. Verify the file again.',
    });
  };

  app.get(
    '/verify/report/:id',
    {
      config: { access: anyone },
      schema: { hide: true, params: reportParams },
    },
    async (request, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', 'attachment; filename="bao-cao-kiem-tra.json"')
        .header('cache-control', 'no-store')
        .send(JSON.stringify(await keptReport(request.params.id), null, 2)),
  );

  app.get(
    '/verify/report/:id/paper',
    { config: { access: anyone }, schema: { hide: true, params: reportParams } },
    async (request, reply) =>
      reply
        .type('application/pdf')
        .header('content-disposition', 'attachment; filename="bien-ban-kiem-tra.pdf"')
        .header('cache-control', 'no-store')
        .send(
          await makeReportPaper(await keptReport(request.params.id), {
            locale: localeOf(request),
            origin: config.url.origin,
          }),
        ),
  );

  const PaperForm = Type.Object(
    { first: Type.String({ maxLength: 10 }), second: Type.String({ maxLength: 10 }) },
    { additionalProperties: false },
  );
  const codeParams = Type.Object({ code: Type.String({ maxLength: 60 }) });
  /** A wrong or unknown code shows the form again with the reason, not an error page. */
  const withDocument = async (
    request: FastifyRequest,
    reply: FastifyReply,
    text: string,
    show: (document: PublicDocument) => Promise<FastifyReply>,
  ) => {
    let document: PublicDocument;
    try {
      document = await documentByCode(db, parseVerificationCode(text));
    } catch (error) {
      const view = viewOf(request);
      const shown = problemFor(error, view.locale);
      return html(reply.code(shown.status), pages.verify({ ...form, code: text, error: shown.error }, view));
    }
    return show(document);
  };

  app.get(
    '/verify/:code',
    { config: { access: anyone }, schema: { hide: true, params: codeParams } },
    async (request, reply) =>
      withDocument(request, reply, request.params.code, async (document) => {
        const view = viewOf(request);
        return html(reply, pages.verifyCode(await codeProps(db, document, view.locale), view));
      }),
  );

  app.post(
    '/verify/:code/paper',
    { config: { access: anyone }, schema: { hide: true, params: codeParams, body: PaperForm } },
    async (request, reply) =>
      withDocument(request, reply, request.params.code, async (document) => {
        const view = viewOf(request);
        const { first, second } = request.body;
        const props = await codeProps(db, document, view.locale);
        const show = (answer: Partial<NonNullable<VerifyCodeProps['paper']>>) =>
          html(reply, pages.verifyCode({ ...props, paper: props.paper && { ...props.paper, ...answer } }, view));
        try {
          const matches = await matchesPaper(context, parseVerificationCode(document.code), [first, second]);
          return show({ answer: matches ? 'matches' : 'differs', typed: [first, second] });
        } catch (error) {
          const shown = problemFor(error, view.locale);
          reply.code(shown.status);
          return show({ error: shown.error });
        }
      }),
  );

  app.post(
    '/verify/:code',
    {
      config: { access: anyone },
      bodyLimit: largestFileBytes + 1024 * 1024,
      handlerTimeout: longAnswerMs,
      schema: { hide: true, params: codeParams },
    },
    async (request, reply) =>
      withDocument(request, reply, request.params.code, async (expected) => {
        try {
          return await showReport(request, reply, { ...(await judge(request)), expected });
        } catch (error) {
          const view = viewOf(request);
          const shown = problemFor(error, view.locale);
          return html(
            reply.code(shown.status),
            pages.verifyCode({ ...(await codeProps(db, expected, view.locale)), error: shown.error }, view),
          );
        }
      }),
  );
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

/** The report as its schema wants it: arrays that may be written. */
function writable(report: VerificationReport): Type.Static<typeof ReportSchema> {
  return report as Type.Static<typeof ReportSchema>; // the schema says the same fields without `readonly`
}

function reportProps(
  report: VerificationReport,
  given: { fileName: string; downloadPath: string; locale: Locale; expected?: PublicDocument },
): VerifyReportProps {
  const { fileName, downloadPath, locale, expected } = given;
  // "As it was signed" of one signature is no reason for the answer about a file that is not good.
  const reasons = [...report.reasons, ...report.signatures.flatMap((signature) => signature.reasons)].filter(
    ({ code }) => code !== 'passed' || report.verdict === 'valid',
  );
  const answer = ({ answer: value, sentence }: VerificationReport['unchanged']) => ({
    answer: value,
    sentence: sentence[locale],
  });
  return {
    fileName,
    sizeBytes: report.sizeBytes,
    sha256: report.sha256,
    verdict: report.verdict,
    sentence: report.sentence[locale],
    unchanged: answer(report.unchanged),
    trusted: answer(report.trusted),
    reasons: [...new Set(reasons.map((reason) => reason[locale]))],
    nextStep: report.nextStep[locale],
    signatures: report.signatures,
    judgedAt: report.judgedAt,
    document: expected ? { ...expected, isSameFile: report.document?.code === expected.code } : report.document,
    downloadPath,
    paperPath: `${downloadPath}/paper`,
    again: expected ? `/verify/${expected.code}` : '/verify',
  };
}
