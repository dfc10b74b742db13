import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, PersonRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { ProposedApproval, propose } from '../approvals/approvals.ts';
import { mustBeGrantable } from './granting.ts';
import { endRole, grantRole, protectedRoles, requires, roles, scopeOf } from './permissions.ts';
import { describeEnd, describeGrant, endRoleKind, grantRoleKind } from './role-approvals.ts';

const tags = ['roles'];

const RoleView = Type.Object({
  id: Uuid,
  role: Type.String(),
  person: PersonRef,
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  grantedAt: Time,
});

const listHolders = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roles',
    access: requires('roles.read'),
    discloses: tells('roles.list'),
    schema: {
      tags,
      summary: 'Who holds which role where',
      querystring: Type.Object({
        organisation: Type.Optional(refersTo('organisation')),
        person: Type.Optional(refersTo('person', 'people.read')),
      }),
      response: { 200: Type.Object({ items: Type.Array(RoleView) }) },
    },
    handle: async ({ query, actor }) => {
      const scope = actor ? scopeOf(actor, 'roles.read') : [];
      const organisation = query.organisation ? sql`AND o.path @> ARRAY[${query.organisation}::uuid]` : sql``;
      const person = query.person ? sql`AND p.id = ${query.person}` : sql``;
      const { rows } = await sql<Type.Static<typeof RoleView> & { grantedAt: Date }>`
        SELECT r.id, r.role, r.granted_at AS "grantedAt",
          jsonb_build_object('id', p.id, 'fullName', p.full_name, 'educationId', p.education_id) AS person,
          jsonb_build_object('id', o.id, 'name', o.name) AS organisation
        FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
        JOIN registry.organisation AS o ON o.id = r.organisation_id
        WHERE r.ended_at IS NULL AND o.path && ${scope}::uuid[] ${organisation} ${person}
        ORDER BY r.id LIMIT 500`.execute(context.db);
      return { items: rows.map((row) => ({ ...row, grantedAt: new Date(row.grantedAt).toISOString() })) };
    },
  });

const grant = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roles',
    access: requires('roles.grant'),
    schema: {
      tags,
      summary: 'Grants a role; nobody grants above their own. One that takes two people is proposed (202)',
      body: Type.Object(
        { personId: refersTo('person'), role: Type.Enum([...roles]), organisationId: refersTo('organisation') },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }), 202: ProposedApproval },
    },
    resource: ({ body }) => ({
      organisationId: body.organisationId,
    }),
    handle: async (request, reply) => {
      const { personId, role, organisationId } = request.body;
      const actor = personActor(request);
      const wanted = { personId, role, organisationId };
      if (protectedRoles.has(role)) {
        const proposed = await context.db.transaction().execute(async (tx) => {
          await mustBeGrantable(tx, wanted, actor);
          return propose(
            tx,
            context,
            grantRoleKind,
            { content: await describeGrant(tx, wanted), organisationId },
            actor,
          );
        });
        return reply.code(202).send(proposed);
      }
      const id = await context.db.transaction().execute((tx) => grantRole(tx, context, wanted, actor));
      return reply.code(201).send({ id });
    },
  });

const end = (context: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/roles/:id',
    access: requires('roles.grant'),
    schema: {
      tags,
      summary: 'Ends a role. One without which the department cannot act is proposed (202)',
      params: IdParams,
      response: { 202: ProposedApproval, 204: Type.Null() },
    },
    resource: async ({ params }) => {
      const { rows } = await sql<{ organisationId: string }>`
              SELECT organisation_id AS "organisationId" FROM registry.role_assignment
              WHERE id = ${params.id}`.execute(context.db);
      return rows[0] ?? {};
    },
    handle: async (request, reply) => {
      const actor = personActor(request);
      const proposed = await context.db.transaction().execute(async (tx) => {
        const ending = await describeEnd(tx, request.params.id);
        if (ending)
          return propose(tx, context, endRoleKind, { content: ending, organisationId: ending.organisationId }, actor);
        await endRole(tx, request.params.id, actor);
        return undefined;
      });
      return proposed ? reply.code(202).send(proposed) : reply.code(204).send(null);
    },
  });

export const roleRoutes = (context: ServiceContext): Route[] => [listHolders(context), grant(context), end(context)];
