import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { listNotices } from './notices.ts';

const Text = Type.Object({ vi: Type.String(), en: Type.String() });
const Notice = Type.Object({
  id: Uuid,
  at: Time,
  kind: Type.String(),
  title: Text,
  remedy: Text,
});

const listNewest = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/account/notices',
    access: signedIn,
    schema: {
      tags: ['account'],
      summary: 'What the caller was told about their account, the newest 50',
      response: { 200: Type.Object({ items: Type.Array(Notice), nextCursor: Type.Null() }) },
    },
    handle: async (request) => {
      const notices = await listNotices(db, personActor(request).personId);
      return { items: notices.map((notice) => ({ ...notice, at: notice.at.toISOString() })), nextCursor: null };
    },
  });

/** What the signed-in person was told about their account. */
export const noticeRoutes = (context: ServiceContext): Route[] => [listNewest(context)];
