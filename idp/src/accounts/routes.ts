import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { disclose, localeOf, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, PersonId, personal, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { ProposedApproval, propose } from '@edutrust/registry/approvals';
import { homeOf } from '@edutrust/registry/people';
import { decide, ofDepartment, proposes, requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { codeKind, describeCodeFor } from '../activation/code-approval.ts';
import type { IdpTools } from '../tools.ts';
import { accountStatus, createActivationCode, endSessions, resume, suspend } from './accounts.ts';
import { coverageOf } from './coverage.ts';
import { invitingTakesTwo } from './inviting.ts';
import { listAccounts } from './listed.ts';

const tags = ['accounts'];

const Status = Type.Object({
  status: Type.Enum(['none', 'invited', 'active', 'suspended']),
  passkeys: Type.Integer(),
  hasPassword: Type.Boolean(),
  hasSecondFactor: Type.Boolean(),
  mayRemoveSecondFactor: Type.Boolean({
    description: 'Whether the caller alone may take a lost app away; of who takes two people a new code is the way',
  }),
  lastSignInAt: nullable(Time),
  sessions: Type.Integer(),
  opens: Type.Object({ password: Type.Boolean(), passkey: Type.Boolean() }),
  checks: Type.Array(Type.Object({ step: Type.String(), ok: Type.Boolean(), sentence: Type.String() })),
  undoable: Type.Array(Type.Object({ id: Uuid, at: Time, title: Type.String() })),
});

const inTransaction = <Value>({ db }: ServiceContext, work: (transaction: Transaction) => Promise<Value>) =>
  db.transaction().execute(work);

const readStatus = ({ context }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/people/:id/account',
    access: requires('accounts.read'),
    discloses: tells('accounts.open'),
    schema: {
      tags,
      summary: 'Why can this person not sign in? From an address, into an app, when asked so',
      params: IdParams,
      querystring: Type.Object({
        address: Type.Optional(Type.String({ maxLength: 60 })),
        app: Type.Optional(Type.String({ maxLength: 100 })),
      }),
      response: { 200: Status },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request) => {
      const { lastSignInAt, checks, undoable, ...status } = await accountStatus(context, request.params.id, {
        address: request.query.address,
        clientId: request.query.app,
      });
      disclose(request, [request.params.id]);
      const locale = localeOf(request);
      const personId = request.params.id;
      return {
        ...status,
        mayRemoveSecondFactor:
          status.hasSecondFactor &&
          (await decide(context.db, personActor(request), 'accounts.invite', { personId })) === 'alone',
        lastSignInAt: lastSignInAt?.toISOString() ?? null,
        checks: checks.map(({ sentence, ...check }) => ({ ...check, sentence: sentence[locale] })),
        undoable: undoable.map(({ id, at, title }) => ({ id, at: at.toISOString(), title: title[locale] })),
      };
    },
  });

const Listed = Type.Object({
  personId: PersonId,
  status: Type.Enum(['none', 'invited', 'active', 'suspended'], personal),
  lastSignInAt: nullable(Time),
  waitsUntil: nullable(Time),
});

const readStates = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/accounts/states',
    access: requires('accounts.read'),
    discloses: tells('accounts.open'),
    schema: {
      tags,
      summary: 'How people of a list stand with signing in; those whose accounts the caller may not read are left out',
      body: Type.Object({ personIds: Type.Array(Uuid, { minItems: 1, maxItems: 100 }) }, strict),
      response: { 200: Type.Object({ items: Type.Array(Listed) }) },
    },
    handle: async (request) => {
      const accounts = await listAccounts(context, request.body.personIds, personActor(request));
      return {
        items: accounts.map(({ lastSignInAt, waitsUntil, ...account }) => ({
          ...account,
          lastSignInAt: lastSignInAt?.toISOString() ?? null,
          waitsUntil: waitsUntil?.toISOString() ?? null,
        })),
      };
    },
  });

const Count = Type.Integer({ minimum: 0 });
const Covered = Type.Object({ organisationId: Uuid, people: Count, active: Count });

const readCoverage = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/accounts/coverage',
    access: requires('accounts.read'),
    schema: {
      tags,
      summary: 'How many of the people of a list of organisations have activated; those out of reach are left out',
      body: Type.Object({ organisationIds: Type.Array(Uuid, { minItems: 1, maxItems: 100 }) }, strict),
      response: { 200: Type.Object({ items: Type.Array(Covered) }) },
    },
    handle: async (request) => {
      const scope = scopeOf(personActor(request), 'accounts.read');
      return { items: await coverageOf(context.db, request.body.organisationIds, scope) };
    },
  });

const invite = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/activation-code',
    access: proposes('accounts.invite'),
    discloses: tells('accounts.invite'),
    schema: {
      tags,
      summary:
        'A one-time code for the person’s printed sheet; an earlier one stops working. Of somebody who answers for others it is proposed (202)',
      params: IdParams,
      response: { 201: Type.Object({ code: Type.String(), expiresAt: Time }), 202: ProposedApproval },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const actor = personActor(request);
      const { id } = request.params;
      const created = await inTransaction(context, async (transaction) => {
        if (!(await invitingTakesTwo(transaction, actor, id))) {
          return createActivationCode(transaction, context, id, actor);
        }
        const content = await describeCodeFor(transaction, id);
        const department = ofDepartment(context.db);
        const organisationId = (await homeOf(transaction, id)) ?? (await department()).organisationId ?? '';
        return propose(transaction, context, codeKind, { content, organisationId }, actor);
      });
      disclose(request, [id]);
      reply.header('cache-control', 'no-store');
      if ('approval' in created) return reply.code(202).send(created);
      return reply.code(201).send({ code: created.code, expiresAt: created.expiresAt.toISOString() });
    },
  });

/** What may be done at once to whether and where a person is signed in. */
const standing = [
  {
    path: 'suspend',
    summary: 'Nobody signs in as this person until the account is resumed',
    act: suspend,
  },
  {
    path: 'resume',
    summary: 'Lets the person sign in again',
    act: (transaction: Transaction, _context: ServiceContext, id: string, actor: PersonActor) =>
      resume(transaction, id, actor),
  },
  {
    path: 'sessions/end',
    summary: 'Signs the person out everywhere',
    act: async (...to: Parameters<typeof endSessions>) => void (await endSessions(...to)),
  },
] as const;

const change = ({ context }: IdpTools, { path, summary, act }: (typeof standing)[number]) =>
  route({
    method: 'POST',
    url: `/api/v1/people/:id/${path}`,
    access: requires('accounts.suspend'),
    schema: { tags, summary, params: IdParams, response: { 204: Type.Null() } },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      await inTransaction(context, (transaction) => act(transaction, context, request.params.id, personActor(request)));
      return reply.code(204).send(null);
    },
  });

/** Accounts of other people, for those who answer for them. */
export const personAccountRoutes = (tools: IdpTools): Route[] => [
  readStatus(tools),
  readStates(tools),
  readCoverage(tools),
  invite(tools),
  ...standing.map((one) => change(tools, one)),
];
