import type { ServiceContext } from '@edutrust/platform/context';
import { anyone, longAnswerMs } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable } from '@edutrust/platform/schemas';
import Type from 'typebox';
import type { SigningPages } from '../pages.ts';
import { parseVerificationCode } from '../requests/code.ts';
import type { ValidationPool } from '../validation/validation.ts';
import { documentByCode, documentBySha256 } from './document.ts';
import { etsiReport } from './etsi-report.ts';
import { createJudge, type Judge } from './judge.ts';
import { largestFormBytes } from './limits.ts';
import { verificationPages } from './page-routes.ts';
import { PublicDocument, VerificationReport as ReportSchema, Trust } from './schemas.ts';
import { browserTrust } from './trust.ts';
import type { VerificationReport } from './verify.ts';

const tags = ['verification'];

const verify = (judge: Judge) =>
  route({
    method: 'POST',
    url: '/api/v1/verify',
    access: anyone,
    schema: {
      tags,
      summary:
        'Verifies a signed file: PDF, CMS, XML, JSON or ASiC (multipart: `file`; `content` that a detached signature signs, `trust` PEM, `at`, `password` of an encrypted PDF); with `Accept: application/xml` the report of ETSI TS 119 102-2',
      consumes: ['multipart/form-data'],
      response: { 200: ReportSchema },
    },
    limits: { bodyLimit: largestFormBytes, handlerTimeout: longAnswerMs },
    handle: async (request, reply) => {
      const { report, fileName } = await judge(request);
      const named = { ...(fileName ? { file: fileName } : {}), ...writable(report) };
      if (!asksForXml(request.headers.accept)) return named;
      return reply.type('application/xml; charset=utf-8').send(etsiReport(report) as never); // past the schema, as it is
    },
  });

/** `Accept: application/xml` and no JSON: the report of ETSI TS 119 102-2. */
const asksForXml = (accept = '') => /\bapplication\/xml\b/.test(accept) && !/json/.test(accept);

const readTrust = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/verify/trust',
    access: anyone,
    schema: {
      tags,
      summary: 'What files are judged with here: roots, authorities, revocation lists, the log’s key',
      response: { 200: Trust },
    },
    handle: async () => {
      const { anchors, timeStampAnchors, untrusted, crls, logs, witnesses, takenAt } = await browserTrust(context);
      return {
        takenAt,
        anchors: [...anchors],
        timeStampAnchors: [...timeStampAnchors],
        untrusted: [...untrusted],
        crls: [...crls],
        logs: [...logs],
        witnesses: [...witnesses],
      };
    },
  });

const readBySha256 = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/verify/files/:sha256',
    access: anyone,
    schema: {
      tags,
      summary: 'The document whose signed file has this SHA-256: what a code tells, for who has the file',
      params: Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
      response: { 200: Type.Object({ document: nullable(PublicDocument) }) },
    },
    handle: async ({ params }) => {
      const found = await documentBySha256(db, Buffer.from(params.sha256, 'hex'));
      return { document: found ? { ...found, signatures: [...found.signatures] } : null };
    },
  });

const readByCode = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/verify/:code',
    access: anyone,
    schema: {
      tags,
      summary: 'The document that a verification code names',
      params: Type.Object({ code: Type.String({ maxLength: 60 }) }),
      response: { 200: PublicDocument },
    },
    handle: async (request) => {
      const { signatures, ...found } = await documentByCode(db, parseVerificationCode(request.params.code));
      return { ...found, signatures: [...signatures] };
    },
  });

/** The report as its schema wants it: arrays that may be written. */
function writable(report: VerificationReport): Type.Static<typeof ReportSchema> {
  return report as unknown as Type.Static<typeof ReportSchema>; // the schema says the same fields without `readonly`
}

/** Public verification, over JSON and as pages. */
export function verificationRoutes(context: ServiceContext, pages: SigningPages, pool: ValidationPool): Route[] {
  const judge = createJudge(context, pool);
  return [
    verify(judge),
    readTrust(context),
    readBySha256(context),
    readByCode(context),
    ...verificationPages({ context, pages, judge }),
  ];
}
