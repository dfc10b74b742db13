import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import {
  FullName,
  IdParams,
  listOf,
  nullable,
  Page,
  PersonId,
  personal,
  Sha256Hex,
  strict,
  Time,
  Uuid,
} from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { confirmReview, reviewOf } from './review.ts';
import { isLevelThree, measures } from './rules.ts';
import { listTries } from './sign-in-log.ts';

const tags = ['security'];

const showLevel = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/security/level',
    access: requires('security.read'),
    schema: {
      tags,
      summary: 'The security level of this installation (`EDUTRUST_SECURITY_LEVEL`), and what level 3 turns on',
      response: {
        200: Type.Object({
          level: Type.Integer(),
          measures: Type.Array(
            Type.Object({
              code: Type.String(),
              what: Type.Object({ vi: Type.String(), en: Type.String() }),
              source: Type.String(),
              isOn: Type.Boolean(),
            }),
          ),
        }),
      },
    },
    handle: async () => ({
      level: context.config.securityLevel,
      measures: measures.map((one) => ({ ...one, isOn: isLevelThree(context) })),
    }),
  });

const listSignIns = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/security/sign-ins',
    access: requires('security.read'),
    discloses: tells('sign-ins.list'),
    schema: {
      tags,
      summary: 'Who tried to sign in, from which address and port, newest first; kept at security level 3',
      querystring: Type.Object({ which: Type.Enum(['all', 'refused'], { default: 'all' }), ...Page }),
      response: {
        200: listOf(
          Type.Object({
            id: Uuid,
            at: Time,
            person: nullable(Type.Object({ id: PersonId, fullName: FullName })),
            outcome: Type.String(),
            method: Type.String(),
            address: nullable(Type.String()),
            port: nullable(Type.Integer()),
          }),
        ),
      },
    },
    handle: async (request) => {
      const { which, limit, cursor } = request.query;
      const scope = scopeOf(personActor(request), 'security.read');
      const rows = await listTries(db, scope, {
        onlyRefused: which === 'refused',
        limit,
        ...(cursor ? { cursor } : {}),
      });
      return {
        items: rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() })),
        nextCursor: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
      };
    },
  });

const Account = Type.Object({
  id: Type.String({ 'x-person': true }),
  name: Type.String(personal),
  kind: Type.Enum(['administration', 'operation', 'technical', 'service']),
  roles: Type.Array(Type.String()),
  status: Type.String(),
  createdAt: Time,
  lastUsedAt: nullable(Time),
});

const showReview = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/account-review',
    access: requires('accounts.review'),
    discloses: tells('accounts.open'),
    schema: {
      tags,
      summary:
        'The accounts of staff and apps of an organisation by their four kinds, and when they were reviewed last',
      params: IdParams,
      response: {
        200: Type.Object({
          accounts: Type.Array(Account),
          digest: Sha256Hex,
          lastReviewedAt: nullable(Time),
          dueAt: nullable(Time),
        }),
      },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ params }) => {
      const { accounts, digest, lastReviewedAt, dueAt } = await reviewOf(db, params.id);
      return {
        accounts: accounts.map(({ createdAt, lastUsedAt, ...account }) => ({
          ...account,
          createdAt: createdAt.toISOString(),
          lastUsedAt: lastUsedAt?.toISOString() ?? null,
        })),
        digest,
        lastReviewedAt: lastReviewedAt?.toISOString() ?? null,
        dueAt: dueAt?.toISOString() ?? null,
      };
    },
  });

const confirm = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/account-review',
    access: requires('accounts.review'),
    schema: {
      tags,
      summary: 'Confirms that the caller went through exactly the list of this digest',
      params: IdParams,
      body: Type.Object({ digest: Sha256Hex, note: Type.String({ maxLength: 1_000 }) }, strict),
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      await confirmReview(context, request.params.id, request.body, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** Security level 3 for officers: what is on, who tried to sign in, the review of accounts. */
export const levelThreeRoutes = (tools: IdpTools): Route[] => [
  showLevel(tools),
  listSignIns(tools),
  showReview(tools),
  confirm(tools),
];
