import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import type { Resource } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, SerialHex, Time } from '@edutrust/platform/schemas';
import { ofDepartment, requires } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';

const tags = ['certificates'];

/** The organisation of a certificate: its own, or the department for the platform's. */
async function placeOf(db: Database, serial: string): Promise<Resource> {
  const { rows } = await sql<{ organisationId: string }>`
    SELECT coalesce(c.organisation_id, (SELECT id FROM registry.organisation WHERE parent_id IS NULL LIMIT 1)) AS "organisationId"
    FROM certs.certificate AS c WHERE c.serial = ${serial}`.execute(db);
  return rows[0] ?? {};
}

const ofRevoking = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificates/:serial/consequences',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'What revoking a certificate would stop, and what stays valid',
      params: Type.Object({ serial: SerialHex }),
      response: {
        200: Type.Object({
          signer: nullable(Type.Object({ name: Type.String(), title: Type.String(), organisation: Type.String() })),
          waitingRequests: Type.Integer({
            description: 'Documents that wait for this signer and can no longer be signed',
          }),
          signedDocuments: Type.Integer({
            description: 'Documents signed with it before; their stamps keep them valid',
          }),
          lastSignedAt: nullable(Time),
          lastUsedAt: nullable(Time),
        }),
      },
    },
    resource: ({ params }) => placeOf(db, params.serial),
    handle: async (request) => {
      const { rows } = await sql<{
        name: string | null;
        title: string | null;
        organisation: string | null;
        waiting: number;
        signed: number;
        last_signed_at: Date | null;
        last_used_at: Date | null;
      }>`
        SELECT p.full_name AS name, e.title, o.name AS organisation, e.last_used_at,
          (SELECT count(*) FROM signing.step AS t WHERE t.signer_id = e.person_id AND t.state = 'due') AS waiting,
          (SELECT count(*) FROM signing.step AS t JOIN signing.session AS s ON s.id = t.session_id
            WHERE s.certificate_serial = c.serial AND t.state = 'done') AS signed,
          (SELECT max(t.closed_at) FROM signing.step AS t JOIN signing.session AS s ON s.id = t.session_id
            WHERE s.certificate_serial = c.serial AND t.state = 'done') AS last_signed_at
        FROM certs.certificate AS c
        LEFT JOIN signing.enrolment AS e ON e.certificate_serial = c.serial
        LEFT JOIN registry.person AS p ON p.id = e.person_id
        LEFT JOIN registry.organisation AS o ON o.id = e.organisation_id
        WHERE c.serial = ${request.params.serial} AND c.state = 'issued'`.execute(db);
      const found = rows[0];
      if (!found) {
        throw new NotFound('certificates/not-found', {
          vi: 'Không có chứng thư này.',
          en: 'There is no such certificate.',
        });
      }
      const { name, title, organisation } = found;
      return {
        signer: name && title && organisation ? { name, title, organisation } : null,
        waitingRequests: found.waiting,
        signedDocuments: found.signed,
        lastSignedAt: found.last_signed_at?.toISOString() ?? null,
        lastUsedAt: found.last_used_at?.toISOString() ?? null,
      };
    },
  });

const ofLosingAuthority = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/authorities/:id/consequences',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'What stops working today if the key of an authority is lost',
      params: Type.Object({ id: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }) }),
      response: {
        200: Type.Object({
          liveCertificates: Type.Integer({ description: 'Certificates below it that are neither ended nor revoked' }),
          signers: Type.Integer({ description: 'People who could no longer sign' }),
          schools: Type.Integer({ description: 'Schools of those people' }),
          waitingRequests: Type.Integer({ description: 'Documents that wait for one of them' }),
          services: Type.Array(Type.Enum(['ocsp', 'tsa', 'receipts'])),
        }),
      },
    },
    resource: ofDepartment(db),
    handle: async (request) => {
      const { rows } = await sql<{
        liveCertificates: number;
        signers: number;
        schools: number;
        waitingRequests: number;
        services: ('ocsp' | 'tsa' | 'receipts')[];
      }>`
        WITH RECURSIVE below AS (
          SELECT id FROM certs.authority WHERE id = ${request.params.id}
          UNION SELECT a.id FROM certs.authority AS a JOIN below ON a.issuer_id = below.id),
        live AS (
          SELECT c.serial FROM certs.certificate AS c JOIN below ON below.id = c.issuer_id
          WHERE c.state = 'issued' AND c.revoked_at IS NULL AND c.not_after > now()),
        signer AS (
          SELECT DISTINCT e.person_id, e.organisation_id FROM signing.enrolment AS e JOIN live ON live.serial = e.certificate_serial
          WHERE e.state = 'enrolled')
        SELECT (SELECT count(*) FROM live) AS "liveCertificates",
          (SELECT count(DISTINCT person_id) FROM signer) AS signers,
          (SELECT count(DISTINCT organisation_id) FROM signer) AS schools,
          (SELECT count(*) FROM signing.step AS t WHERE t.state = 'due'
            AND t.signer_id IN (SELECT person_id FROM signer)) AS "waitingRequests",
          ARRAY(SELECT DISTINCT purpose FROM certs.responder AS r JOIN below ON below.id = r.issuer_id ORDER BY purpose) AS services
        WHERE EXISTS (SELECT FROM below)`.execute(db);
      if (!rows[0]) {
        throw new NotFound('authorities/not-found', {
          vi: 'Không có tổ chức chứng thực này.',
          en: 'There is no such authority.',
        });
      }
      return rows[0];
    },
  });

/** What happens when a certificate is revoked, or an authority's key is lost: asked before it is done. */
export const consequenceRoutes = (context: ServiceContext): Route[] => [
  ofRevoking(context),
  ofLosingAuthority(context),
];
