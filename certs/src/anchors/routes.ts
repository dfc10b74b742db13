import type { ServiceContext } from '@edutrust/platform/context';
import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time } from '@edutrust/platform/schemas';
import { ProposedApproval, propose } from '@edutrust/registry/approvals';
import { ofDepartment, requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { parseCertificate } from '../certificate/certificate.ts';
import { certsOf } from '../tables.ts';
import { anchorPurposes, mustBeAddable } from './anchors.ts';
import { addAnchorKind, describeAdding, describeEnding, endAnchorKind } from './approval.ts';

const tags = ['certificates'];
const Purposes = Type.Array(Type.Enum([...anchorPurposes]), {
  minItems: 1,
  maxItems: anchorPurposes.length,
  uniqueItems: true,
});
const Names = Type.Array(Type.String({ minLength: 3, maxLength: 300 }), { maxItems: 20 });

const Anchor = Type.Object({
  id: Type.String(),
  name: Type.String(),
  subject: Type.String(),
  sha256: Type.String(),
  purposes: Purposes,
  notBefore: Time,
  notAfter: Time,
  trustedFrom: nullable(Time),
  trustedUntil: nullable(Time),
  permittedNames: Names,
  createdAt: Time,
  endedAt: nullable(Time),
});

const listAnchors = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/trust-anchors',
    access: requires('anchors.read'),
    schema: {
      tags,
      summary: 'Other people’s roots that are trusted, and that were',
      response: { 200: Type.Object({ items: Type.Array(Anchor) }) },
    },
    handle: async () => {
      const rows = await certsOf(db).selectFrom('certs.anchor').selectAll().orderBy('created_at', 'desc').execute();
      const items = rows.map((row) => {
        const { subject, notBefore, notAfter, fingerprint } = parseCertificate(row.certificate);
        return {
          id: row.id,
          name: row.name,
          subject: subject.toString(),
          sha256: fingerprint,
          purposes: row.purposes,
          notBefore: notBefore.toISOString(),
          notAfter: notAfter.toISOString(),
          trustedFrom: row.trusted_from?.toISOString() ?? null,
          trustedUntil: row.trusted_until?.toISOString() ?? null,
          permittedNames: row.permitted_names,
          createdAt: row.created_at.toISOString(),
          endedAt: row.ended_at?.toISOString() ?? null,
        };
      });
      return { items };
    },
  });

const proposeAnchor = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/trust-anchors',
    access: requires('anchors.write'),
    schema: {
      tags,
      summary: 'Proposes to trust somebody else’s root, within limits',
      body: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 200 }),
          certificatePem: Type.String({ minLength: 1, maxLength: 20_000 }),
          purposes: Purposes,
          trustedFrom: Type.Optional(nullable(Time)),
          trustedUntil: Type.Optional(nullable(Time)),
          permittedNames: Type.Optional(Names),
        },
        { additionalProperties: false },
      ),
      response: { 202: ProposedApproval },
    },
    // What is trusted is trusted for everyone: only those responsible for the whole department decide it.
    resource: ofDepartment(context.db),
    handle: async (request, reply) => {
      const { name, certificatePem, purposes, trustedFrom, trustedUntil, permittedNames = [] } = request.body;
      const content = describeAdding({
        name,
        certificatePem,
        purposes,
        from: trustedFrom ?? null,
        until: trustedUntil ?? null,
        permittedNames,
      });
      const { organisationId = '' } = await ofDepartment(context.db)();
      const proposed = await context.db.transaction().execute(async (transaction) => {
        await mustBeAddable(transaction, content);
        return propose(transaction, context, addAnchorKind, { content, organisationId }, personActor(request));
      });
      return reply.code(202).send(proposed);
    },
  });

const proposeEnd = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/trust-anchors/:id/end',
    access: requires('anchors.write'),
    schema: {
      tags,
      summary: 'Proposes to trust a root no longer',
      params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
      response: { 202: ProposedApproval },
    },
    // What is trusted is trusted for everyone: only those responsible for the whole department decide it.
    resource: ofDepartment(context.db),
    handle: async (request, reply) => {
      const { organisationId = '' } = await ofDepartment(context.db)();
      const proposed = await context.db.transaction().execute(async (transaction) => {
        const content = await describeEnding(transaction, request.params.id);
        return propose(transaction, context, endAnchorKind, { content, organisationId }, personActor(request));
      });
      return reply.code(202).send(proposed);
    },
  });

/** `/api/v1/trust-anchors`: other people's roots that the department trusts. */
export const anchorRoutes = (context: ServiceContext): Route[] => [
  listAnchors(context),
  proposeAnchor(context),
  proposeEnd(context),
];
