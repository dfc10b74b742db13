import type { Transaction } from '@edutrust/platform/database';
import { type HttpServer, localeOf, personActor } from '@edutrust/platform/http';
import { Time, Uuid } from '@edutrust/platform/schemas';
import { ProposedApproval, propose } from '@edutrust/registry/approvals';
import { homeOf } from '@edutrust/registry/people';
import { type Action, ofDepartment, proposes, requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { codeKind, describeCodeFor } from '../activation/code-approval.ts';
import type { IdpTools } from '../tools.ts';
import { accountStatus, createActivationCode, endSessions, resume, suspend } from './accounts.ts';
import { invitingTakesTwo } from './inviting.ts';

const tags = ['accounts'];
const Params = Type.Object({ id: Uuid });
const Instant = Time;

const Status = Type.Object({
  status: Type.Enum(['none', 'invited', 'active', 'suspended']),
  passkeys: Type.Integer(),
  hasPassword: Type.Boolean(),
  lastSignInAt: Type.Union([Instant, Type.Null()]),
  sessions: Type.Integer(),
  opens: Type.Object({ password: Type.Boolean(), passkey: Type.Boolean() }),
  checks: Type.Array(Type.Object({ step: Type.String(), ok: Type.Boolean(), sentence: Type.String() })),
});

/** Who may do this to the person in the path. */
const personOf = (request: FastifyRequest) => ({ personId: (request.params as { id: string }).id }); // checked by Params
const toPerson = (action: Action) => requires(action, personOf);

/** Accounts of other people, for those who answer for them. */
export function addAccountsRoutes(app: HttpServer, { context }: IdpTools): void {
  const { db } = context;
  const department = ofDepartment(db);
  const inTransaction = <Value>(work: (transaction: Transaction) => Promise<Value>) => db.transaction().execute(work);

  app.get(
    '/api/v1/people/:id/account',
    {
      config: { access: toPerson('accounts.read') },
      schema: {
        tags,
        summary: 'Why can this person not sign in? From an address, into an app, when asked so',
        params: Params,
        querystring: Type.Object({
          address: Type.Optional(Type.String({ maxLength: 60 })),
          app: Type.Optional(Type.String({ maxLength: 100 })),
        }),
        response: { 200: Status },
      },
    },
    async (request) => {
      const { lastSignInAt, checks, ...status } = await accountStatus(context, request.params.id, {
        address: request.query.address,
        clientId: request.query.app,
      });
      const locale = localeOf(request);
      return {
        ...status,
        lastSignInAt: lastSignInAt?.toISOString() ?? null,
        checks: checks.map(({ sentence, ...check }) => ({ ...check, sentence: sentence[locale] })),
      };
    },
  );

  app.post(
    '/api/v1/people/:id/activation-code',
    {
      config: { access: proposes('accounts.invite', personOf) },
      schema: {
        tags,
        summary:
          'A one-time code for the person’s printed sheet; an earlier one stops working. Of somebody who answers for others it is proposed (202)',
        params: Params,
        response: { 201: Type.Object({ code: Type.String(), expiresAt: Instant }), 202: ProposedApproval },
      },
    },
    async (request, reply) => {
      const actor = personActor(request);
      const { id } = request.params;
      const created = await inTransaction(async (transaction) => {
        if (!(await invitingTakesTwo(transaction, actor, id))) {
          return createActivationCode(transaction, context, id, actor);
        }
        const content = await describeCodeFor(transaction, id);
        const organisationId = (await homeOf(transaction, id)) ?? (await department()).organisationId ?? '';
        return propose(transaction, context, codeKind, { content, organisationId }, actor);
      });
      reply.header('cache-control', 'no-store');
      if ('approval' in created) return reply.code(202).send(created);
      return reply.code(201).send({ code: created.code, expiresAt: created.expiresAt.toISOString() });
    },
  );

  for (const [name, action, summary] of [
    ['suspend', 'accounts.suspend', 'Nobody signs in as this person until the account is resumed'],
    ['resume', 'accounts.suspend', 'Lets the person sign in again'],
    ['sessions/end', 'accounts.suspend', 'Signs the person out everywhere'],
  ] as const) {
    app.post(
      `/api/v1/people/:id/${name}`,
      {
        config: { access: toPerson(action) },
        schema: { tags, summary, params: Params, response: { 204: Type.Null() } },
      },
      async (request, reply) => {
        const actor = personActor(request);
        const { id } = request.params as { id: string }; // validated by Params
        await inTransaction(async (transaction) => {
          if (name === 'suspend') await suspend(transaction, context, id, actor);
          else if (name === 'resume') await resume(transaction, id, actor);
          else await endSessions(transaction, context, id, actor);
        });
        return reply.code(204).send(null);
      },
    );
  }
}
