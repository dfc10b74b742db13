import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { proposes, requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { pngOf } from '../formats/pades/ink.ts';
import { signingOf } from '../tables.ts';
import { findPicture, keepOwnPicture, largestPictureBytes, type PictureRow, removeOwnPicture } from './pictures.ts';
import { OwnPicture, SealPictures } from './schemas.ts';
import { proposeSealPicture } from './seal.ts';

const tags = ['signing'];
const params = Type.Object({ organisationId: refersTo('organisation') });
const limits = { bodyLimit: largestPictureBytes + 64 * 1024 };
const multipart = ['multipart/form-data'];

type Sent = Parameters<Parameters<typeof route>[0]['handle']>[0];

/** The one file of a form. @throws InvalidInput `signing/no-file`; TooLarge `signing/file-too-large` */
async function fileOf(request: Sent): Promise<Buffer> {
  const part = await request.file({ limits: { fileSize: largestPictureBytes + 1, files: 1 } });
  if (!part) throw new InvalidInput('signing/no-file', { vi: 'Chưa chọn tệp.', en: 'No file was sent.' });
  const bytes = await part.toBuffer().catch((error: unknown) => {
    throw (error as { statusCode?: number }).statusCode === 413 ? tooLarge() : error;
  });
  if (bytes.length > largestPictureBytes) throw tooLarge();
  return bytes;
}

const view = (row: PictureRow, colour: 'blue' | 'red') => ({
  png: pngOf(row, colour).toString('base64'),
  width: row.width,
  height: row.height,
  madeAt: row.made_at.toISOString(),
});
const sealView = (row: PictureRow) => ({ ...view(row, 'red'), widthMm: row.width_mm ?? 0 });

const readOwn = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/picture',
    access: requires('signing.enrol'),
    schema: { tags, summary: 'The caller’s own handwritten signature', response: { 200: OwnPicture } },
    handle: async (request) => {
      const row = await findPicture(db, { personId: personActor(request).personId });
      return { picture: row ? view(row, 'blue') : null };
    },
  });

const keepOwn = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/picture',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'Keeps the ink of a PNG (multipart `file`) as the caller’s handwritten signature',
      consumes: multipart,
      response: { 200: OwnPicture },
    },
    limits,
    handle: async (request) => {
      const actor = personActor(request);
      await keepOwnPicture(context, await fileOf(request), actor);
      const row = await findPicture(context.db, { personId: actor.personId });
      return { picture: row ? view(row, 'blue') : null };
    },
  });

const removeOwn = (context: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/signing/picture',
    access: requires('signing.enrol'),
    schema: { tags, summary: 'Removes the caller’s handwritten signature', response: { 200: OwnPicture } },
    handle: async (request) => {
      await removeOwnPicture(context, personActor(request));
      return { picture: null };
    },
  });

const readSeal = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/organisations/:organisationId/seal-picture',
    access: requires('sealing-machines.write'),
    schema: {
      tags,
      summary: 'The picture of the organisation’s seal, and those that wait for a second person',
      params,
      response: { 200: SealPictures },
    },
    handle: async ({ params: { organisationId } }) => {
      const rows = await signingOf(db)
        .selectFrom('signing.picture')
        .selectAll()
        .where('organisation_id', '=', organisationId)
        .orderBy('id', 'desc')
        .execute();
      const current = rows.find(({ approved_at }) => approved_at !== null);
      return {
        current: current ? sealView(current) : null,
        waiting: rows.flatMap((row) =>
          row.approved_at === null && row.approval_id ? [{ ...sealView(row), approvalId: row.approval_id }] : [],
        ),
      };
    },
  });

const proposeSeal = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/organisations/:organisationId/seal-picture',
    access: proposes('signing.seal'),
    schema: {
      tags,
      summary: 'Proposes the ink of a PNG (multipart `file`) as the picture of the seal; a second person approves',
      params,
      querystring: Type.Object({ widthMm: Type.Number({ minimum: 20, maximum: 60, default: 36 }) }),
      consumes: multipart,
      response: { 202: ProposedApproval },
    },
    limits,
    handle: async (request, reply) => {
      const { organisationId } = request.params;
      const wish = { organisationId, widthMm: request.query.widthMm, png: await fileOf(request) };
      return reply.code(202).send(await proposeSealPicture(context, wish, personActor(request)));
    },
  });

function tooLarge(): TooLarge {
  return new TooLarge('signing/file-too-large', {
    vi: 'Ảnh lớn hơn 2 MB.',
    en: 'The picture is larger than 2 MB.',
  });
}

/** What signatures look like: each signer's own hand, and the seal of each organisation. */
export const pictureRoutes = (context: ServiceContext): Route[] => [
  readOwn(context),
  keepOwn(context),
  removeOwn(context),
  readSeal(context),
  proposeSeal(context),
];
