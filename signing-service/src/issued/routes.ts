import type { ServiceContext } from '@edutrust/platform/context';
import { NotFound } from '@edutrust/platform/errors';
import { disclose, personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { isChildOf } from '@edutrust/registry/guardians';
import Type from 'typebox';
import { documentOf } from '../requests/requests.ts';
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

/** What was issued to people, for themselves and for their guardians. */
export const issuedRoutes = (context: ServiceContext): Route[] => [readFile(context)];

/** The same for another's document and for none. */
function noDocument(): NotFound {
  return new NotFound('signing/no-document', { vi: 'Không có giấy tờ này.', en: 'There is no such document.' });
}
