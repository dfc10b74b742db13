import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { personActor, type Resource } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { chainAbove } from '../authority/authority.ts';
import { toPem } from '../certificate/certificate.ts';
import { certsOf } from '../tables.ts';
import { askForCertificate } from './ask.ts';
import { listDue } from './renewal.ts';
import { AskBody, CertificateRequestView, DueList, RequestList, State } from './schemas.ts';
import { findRequest, listRequests } from './views.ts';

const tags = ['certificates'];

/** Where a request belongs: nowhere when there is none. */
async function placeOf(db: Database, id: string): Promise<Resource> {
  const found = await certsOf(db)
    .selectFrom('certs.request')
    .select('organisation_id')
    .where('id', '=', id)
    .executeTakeFirst();
  return found ? { organisationId: found.organisation_id } : {};
}

const listAll = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificate-requests',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'Requests for certificates, newest first',
      querystring: Type.Object({
        state: Type.Optional(State),
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Uuid),
      }),
      response: { 200: RequestList },
    },
    handle: async ({ query, actor }) => {
      const items = await listRequests(context, {
        scope: actor ? scopeOf(actor, 'certificates.read') : [],
        limit: query.limit,
        ...(query.state ? { state: query.state } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

const readOne = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificate-requests/:id',
    access: requires('certificates.read'),
    schema: { tags, summary: 'One request', params: IdParams, response: { 200: CertificateRequestView } },
    resource: ({ params }) => placeOf(context.db, params.id),
    handle: (request) => findRequest(context, request.params.id),
  });

const ask = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/certificate-requests',
    access: requires('certificates.request'),
    schema: {
      tags,
      summary:
        'Asks for a seal, or for the certificate of a signer’s outside key: confirmed and approved at its `approvalId`',
      body: AskBody,
      response: { 201: CertificateRequestView },
    },
    resource: ({ body }) => ({
      organisationId: body.organisationId,
    }),
    handle: async (request, reply) => {
      const { personId, ...wanted } = request.body;
      const id = await askForCertificate(context, { ...wanted, personId: personId ?? null }, personActor(request));
      return reply.code(201).send(await findRequest(context, id));
    },
  });

const download = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificate-requests/:id/certificate',
    access: requires('certificates.read'),
    discloses: 'nothing', // who holds an office, which the certificate is there to say
    schema: {
      tags,
      summary: 'The certificate that was issued, with its chain up to the root, PEM',
      params: IdParams,
      produces: ['application/x-pem-file'],
    },
    resource: ({ params }) => placeOf(context.db, params.id),
    handle: async (request, reply) => {
      const { rows } = await sql<{ der: Buffer; issuerId: string; name: string }>`
        SELECT c.der, c.issuer_id AS "issuerId", o.code || '-' || left(c.serial, 8) AS name
        FROM certs.request AS r JOIN certs.certificate AS c ON c.serial = r.certificate_serial
        JOIN registry.organisation AS o ON o.id = r.organisation_id WHERE r.id = ${request.params.id}`.execute(
        context.db,
      );
      const [found] = rows;
      if (!found) {
        throw new NotFound('certificate-requests/not-issued', {
          vi: 'Yêu cầu này chưa có chứng thư.',
          en: 'There is no certificate for this request yet.',
        });
      }
      const chain = [found.der, ...(await chainAbove(context, found.issuerId))];
      return reply
        .type('application/x-pem-file')
        .header('content-disposition', `attachment; filename="${found.name}.pem"`)
        .send(chain.map((der) => toPem(der)).join(''));
    },
  });

const listRenewals = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificate-renewals',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'Certificates issued on request that end within thirty days, or have just ended, without a follower',
      response: { 200: DueList },
    },
    handle: async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'certificates.read') : [];
      const due = await listDue(context.db, context.clock.now(), { scope });
      return {
        items: due.map(({ keyId: _ours, notAfter, ...one }) => ({
          ...one,
          notAfter: notAfter.toISOString(),
          renewsItself: one.custody === 'key-store' && one.keyMayStay,
        })),
      };
    },
  });

/** `/api/v1/certificate-requests`: seals of organisations and certificates for outside keys, by four eyes. */
export const requestRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  readOne(context),
  ask(context),
  download(context),
  listRenewals(context),
];
