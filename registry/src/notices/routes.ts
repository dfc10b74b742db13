import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, personActor, signedIn } from '@edutrust/platform/http';
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

/** What the signed-in person was told about their account. */
export function addNoticeRoutes(app: HttpServer, { db }: ServiceContext): void {
  app.get(
    '/api/v1/account/notices',
    {
      config: { access: signedIn },
      schema: {
        tags: ['account'],
        summary: 'What the caller was told about their account, the newest 50',
        response: { 200: Type.Object({ items: Type.Array(Notice), nextCursor: Type.Null() }) },
      },
    },
    async (request) => {
      const notices = await listNotices(db, personActor(request).personId);
      return { items: notices.map((notice) => ({ ...notice, at: notice.at.toISOString() })), nextCursor: null };
    },
  );
}
