import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { disclose, personActor, refersTo, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { isChildOf } from '@edutrust/registry/guardians';
import { placesOfOrganisations, requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { documentOf } from '../requests/requests.ts';
import { RequestState, Sought } from '../requests/schemas.ts';
import { soughtOf } from '../requests/views.ts';
import { exportDocuments, proveList } from './export.ts';
import { subjectOfIssued } from './issued.ts';

const readFile = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/account/documents/:id/file',
    access: signedIn,
    discloses: tells('documents.read'),
    schema: {
      tags: ['account'],
      summary: 'The file of a document that was issued to the caller or to a child of the caller',
      params: IdParams,
      querystring: Type.Object({ artefact: Type.Enum(['document', 'data'], { default: 'document' }) }),
      produces: ['application/pdf', 'application/xml'],
    },
    handle: async (request, reply) => {
      const { personId } = personActor(request);
      const subjectId = await subjectOfIssued(db, request.params.id);
      const isTheirs =
        subjectId !== undefined && (subjectId === personId || (await isChildOf(db, personId, subjectId, clock.now())));
      if (!isTheirs) throw noDocument();
      const { bytes, fileName, mediaType } = await documentOf(db, request.params.id, request.query.artefact);
      disclose(request, [subjectId]);
      return reply
        .header('cache-control', 'private, no-store')
        .type(mediaType)
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .send(bytes);
    },
  });

const takeList = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/exports',
    access: requires('audit.read'),
    discloses: tells('documents.list'),
    schema: {
      tags: ['signing'],
      summary:
        'The documents that are looked for as a file, with the digest of each; that it was taken is in the log, with the file’s own digest',
      querystring: Type.Object({
        ...Sought.properties,
        state: Type.Optional(RequestState),
        organisation: Type.Optional(refersTo('organisation', 'organisations.read')),
        form: Type.Enum(['csv', 'json'], { default: 'csv' }),
      }),
      produces: ['text/csv', 'application/json'],
    },
    handle: async (request, reply) => {
      const { form, state, organisation, ...sought } = request.query;
      const filter = {
        ...soughtOf(sought),
        ...(state ? { state } : {}),
        ...(organisation ? { organisationId: organisation } : {}),
      };
      const { bytes, fileName, subjectIds } = await exportDocuments(context, filter, form, personActor(request));
      disclose(request, [...subjectIds]);
      return reply
        .header('cache-control', 'private, no-store')
        .type(form === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .send(bytes);
    },
  });

const proofOfList = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/exports/:sha256/proof',
    access: requires('audit.read'),
    discloses: 'nothing', // who took it, by an identifier, and a digest
    schema: {
      tags: ['signing'],
      summary: 'The proof that a list of this digest was taken here: its entry of the audit log (C2SP tlog-proof)',
      params: Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
      produces: ['text/plain'],
    },
    handle: async (request, reply) => {
      const found = await proveList(context, request.params.sha256);
      const organisationId = found?.organisationId ?? '';
      const place = found && (await placesOfOrganisations(context.db, [organisationId])).get(organisationId);
      const scope = scopeOf(personActor(request), 'audit.read');
      if (!found || !place?.path.some((above) => scope.includes(above))) throw noDocument();
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'private, no-store').send(found.proof);
    },
  });

/** What was issued to people, for themselves and for their guardians, and to auditors as a list. */
export const issuedRoutes = (context: ServiceContext): Route[] => [
  readFile(context),
  takeList(context),
  proofOfList(context),
];

/** The same for another's document and for none. */
function noDocument(): NotFound {
  return new NotFound('signing/no-document', { vi: 'Không có giấy tờ này.', en: 'There is no such document.' });
}
