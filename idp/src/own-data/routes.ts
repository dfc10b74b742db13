import { Forbidden, NotFound } from '@edutrust/platform/errors';
import { disclose, localeOf, personActor, signedIn } from '@edutrust/platform/http';
import type { PersonalPart } from '@edutrust/platform/personal';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { decidesFor, isDecidedFor } from '@edutrust/registry/guardians';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mustBeFresh } from '../self-service/pages.ts';
import type { IdpTools } from '../tools.ts';
import { makeCopy } from './copy.ts';

const tags = ['account'];
const produces = ['application/zip'];

type Parts = readonly PersonalPart[];

async function sendCopy({ context }: IdpTools, parts: Parts, request: FastifyRequest, reply: FastifyReply, id: string) {
  const zip = await makeCopy(context, parts, id, { actor: personActor(request), locale: localeOf(request) });
  disclose(request, [id]);
  return reply
    .type('application/zip')
    .header('content-disposition', 'attachment; filename="du-lieu.zip"')
    .header('cache-control', 'private, no-store')
    .send(zip);
}

const own = (tools: IdpTools, parts: Parts) =>
  route({
    method: 'GET',
    url: '/api/v1/account/data',
    access: signedIn,
    discloses: 'own',
    schema: {
      tags,
      summary: 'A copy of all that is kept about the caller (docs/personal-data.md); a fresh proof is asked for',
      produces,
    },
    handle: async (request, reply) => {
      const { context } = tools;
      const actor = personActor(request);
      if (await isDecidedFor(context.db, actor.personId, context.clock.now())) throw guardiansDecide();
      await mustBeFresh(tools, actor);
      return sendCopy(tools, parts, request, reply, actor.personId);
    },
  });

const ofChild = (tools: IdpTools, parts: Parts) =>
  route({
    method: 'GET',
    url: '/api/v1/account/children/:id/data',
    access: signedIn,
    discloses: tells('children.copy'),
    schema: {
      tags,
      summary: 'A copy of all that is kept about a child for whom the caller decides; a fresh proof is asked for',
      params: IdParams,
      produces,
    },
    handle: async (request, reply) => {
      const { context } = tools;
      const actor = personActor(request);
      const { id } = request.params;
      if (!(await decidesFor(context.db, actor.personId, id, context.clock.now()))) throw noChild();
      await mustBeFresh(tools, actor);
      return sendCopy(tools, parts, request, reply, id);
    },
  });

/** Copies of one's own data, and of a child's (N4). */
export const ownDataRoutes = (tools: IdpTools, parts: Parts): Route[] => [own(tools, parts), ofChild(tools, parts)];

function guardiansDecide(): Forbidden {
  return new Forbidden(
    'account/guardians-decide',
    {
      vi: 'Tới khi em đủ 16 tuổi, cha mẹ hoặc người giám hộ lấy bản sao dữ liệu giúp em.',
      en: 'Until you are 16 your parents or guardians get the copy of your data for you.',
    },
    {
      remedy: {
        vi: 'Nhờ cha mẹ mở «Con của tôi»; người giám hộ chưa có tài khoản thì hỏi nhà trường.',
        en: 'Ask them to open “My children”; a guardian without an account asks the school.',
      },
    },
  );
}

/** The same for another's child, for one who decides alone, and for none. */
function noChild(): NotFound {
  return new NotFound('account/no-child', { vi: 'Không có con em này.', en: 'There is no such child.' });
}
