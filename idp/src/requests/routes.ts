import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { ofApp } from '../apps/of-app.ts';
import type { IdpTools } from '../tools.ts';
import { refusals } from './reason.ts';

const Seen = Type.Object({
  at: Time,
  endpoint: Type.String({ description: '`authorization`, `token`, `userinfo`, `end_session` …' }),
  error: nullable(Type.String({ description: 'What the app was answered; null: it worked' })),
  reason: nullable(Type.Enum([...refusals])),
  detail: nullable(Type.String({ description: 'The exact reason, which the app itself is not told' })),
  sent: Type.Record(Type.String(), Type.String(), { description: 'Without secrets: `…` stands for what was there' }),
});
type Seen = Type.Static<typeof Seen>;

const list = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/apps/:clientId/requests',
    access: requires('apps.write'),
    schema: {
      tags: ['apps'],
      summary: 'The last requests of the app, newest first: why they were refused, and of a sandbox also what worked',
      params: Type.Object({ clientId: Type.String({ maxLength: 100 }) }),
      response: { 200: Type.Object({ items: Type.Array(Seen), nextCursor: Type.Null() }) },
    },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async ({ params }) => {
      const { rows } = await sql<Omit<Seen, 'at'> & { at: Date }>`
        SELECT at, endpoint, error, reason, detail, sent FROM idp.app_request
        WHERE client_id = ${params.clientId} ORDER BY id DESC LIMIT 50`.execute(db);
      return { items: rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() })), nextCursor: null };
    },
  });

/** What a developer looks at when a sign-in does not work. */
export const appRequestRoutes = (tools: IdpTools): Route[] => [list(tools)];
