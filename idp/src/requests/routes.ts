import { failingJobs } from '@edutrust/platform/jobs';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { findApp, findAppRow } from '../apps/apps.ts';
import { ofApp } from '../apps/of-app.ts';
import { logoutTask } from '../sessions/end.ts';
import type { IdpTools } from '../tools.ts';
import { refusals } from './reason.ts';
import { usesOfWeek } from './uses.ts';

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

const health = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/apps/:clientId/health',
    access: requires('apps.write'),
    schema: {
      tags: ['apps'],
      summary: 'How an app has been running for a week, and what needs its developer',
      params: Type.Object({ clientId: Type.String({ maxLength: 100 }) }),
      response: {
        200: Type.Object({
          entered: Type.Integer({ description: 'How often people came in, today and the six days before' }),
          refused: Type.Integer({
            description:
              'How often the app was refused meanwhile; nobody signed in and a person who said no do not count',
          }),
          lastEnteredAt: nullable(Time),
          logouts: nullable(
            Type.Object(
              {
                retrying: Type.Integer({ description: 'Logout tokens that the app did not take yet' }),
                givenUp: Type.Integer({ description: 'Logout tokens that it did not take for days' }),
                lastError: nullable(Type.String()),
              },
              { description: 'null: the app is not notified of sign-outs' },
            ),
          ),
          previousSecretUntil: nullable(Time),
        }),
      },
    },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async ({ params: { clientId } }) => {
      const now = clock.now();
      const [app, uses] = await Promise.all([findAppRow(db, clientId), usesOfWeek(db, clientId, now)]);
      const until = app.previous_secret_until;
      return {
        ...uses,
        lastEnteredAt: uses.lastEnteredAt?.toISOString() ?? null,
        logouts: app.backchannel_logout_uri ? await failingJobs(db, logoutTask, 'clientId', clientId) : null,
        previousSecretUntil: until && until > now ? until.toISOString() : null,
      };
    },
  });

const testAddress = ({ context: { db }, provider }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/apps/:clientId/redirect-test',
    access: requires('apps.write'),
    schema: {
      tags: ['apps'],
      summary: 'Whether people would be sent back to an address, as the provider itself judges it',
      params: Type.Object({ clientId: Type.String({ maxLength: 100 }) }),
      querystring: Type.Object({ address: Type.String({ maxLength: 2_000, default: '' }) }),
      response: {
        200: Type.Object({
          isTaken: Type.Boolean(),
          nearest: nullable(Type.String({ description: 'The registered address that has most in common with it' })),
          differsAt: nullable(Type.Integer({ description: 'How many characters from the start they have in common' })),
        }),
      },
    },
    resource: ({ params }) => ofApp(db, params.clientId),
    handle: async ({ params, query }) => {
      const app = await findApp(db, params.clientId);
      const client = await (await provider()).Client.find(params.clientId);
      const isTaken = client?.redirectUriAllowed(query.address) === true;
      const [nearest] = app.redirectUris
        .map((address) => ({ address, common: commonStart(address, query.address) }))
        .sort((one, other) => other.common - one.common);
      return {
        isTaken,
        nearest: isTaken ? null : (nearest?.address ?? null),
        differsAt: isTaken ? null : (nearest?.common ?? null),
      };
    },
  });

/** How many characters two texts begin with together. */
function commonStart(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
}

/** What a developer looks at when a sign-in does not work. */
export const appRequestRoutes = (tools: IdpTools): Route[] => [list(tools), health(tools), testAddress(tools)];
