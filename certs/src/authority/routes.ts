import type { Actor } from '@edutrust/platform/actor';
import { timeZone } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { personActor, type Resource } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, SerialHex, Time } from '@edutrust/platform/schemas';
import { ProposedApproval } from '@edutrust/registry/approvals';
import { actionsAt, ofDepartment, placesOfOrganisations, requires, scopeOf } from '@edutrust/registry/permissions';
import { escapeLike } from '@edutrust/registry/search';
import { sql } from 'kysely';
import Type from 'typebox';
import { parseCertificate, toPem } from '../certificate/certificate.ts';
import { profileNames } from '../certificate/profiles.ts';
import { newestRevocationList } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import { chainAbove, listAuthorities, releaseCertificate, revocationReasons, revokeCertificate } from './authority.ts';
import { proposeRevocation } from './revocation-approval.ts';

const tags = ['certificates'];

const CertificateSummary = Type.Object({
  serial: Type.String(),
  subject: Type.String(),
  profile: Type.Enum(profileNames),
  issuerId: Type.String(),
  personId: nullable(Type.String()),
  organisationId: nullable(Type.String()),
  notBefore: Time,
  notAfter: Time,
  status: Type.Enum(['valid', 'suspended', 'revoked', 'expired']),
  revokedAt: nullable(Time),
  reason: nullable(Type.String()),
  may: Type.Array(Type.Literal('certificates.revoke'), { description: 'What the caller may do to it' }),
});

type Row = Omit<Type.Static<typeof CertificateSummary>, 'notBefore' | 'notAfter' | 'revokedAt' | 'may'> & {
  notBefore: Date;
  notAfter: Date;
  revokedAt: Date | null;
  der: Buffer;
};

const columns = sql`serial, subject, profile, issuer_id AS "issuerId", person_id AS "personId", organisation_id AS "organisationId",
  not_before AS "notBefore", not_after AS "notAfter", revoked_at AS "revokedAt", revocation_reason AS reason, der,
  CASE WHEN revocation_reason = 'certificateHold' THEN 'suspended' WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN not_after < now() THEN 'expired' ELSE 'valid' END AS status`;

/** Certificates as the caller sees them; those of no organisation are the department's. */
async function toSummaries(db: Database, actor: Actor, rows: readonly Row[]) {
  const { organisationId: top = '' } = await ofDepartment(db)();
  const places = await placesOfOrganisations(
    db,
    rows.map(({ organisationId }) => organisationId ?? top),
  );
  return rows.map(({ der: _der, ...row }) => ({
    ...row,
    notBefore: row.notBefore.toISOString(),
    notAfter: row.notAfter.toISOString(),
    revokedAt: row.revokedAt?.toISOString() ?? null,
    may: actionsAt(actor, ['certificates.revoke'], places.get(row.organisationId ?? top) ?? { path: [] }),
  }));
}

const params = Type.Object({ serial: SerialHex });

async function find(db: Database, serial: string): Promise<Row> {
  const { rows } =
    await sql<Row>`SELECT ${columns} FROM certs.certificate WHERE serial = ${serial} AND state = 'issued'`.execute(db);
  if (!rows[0])
    throw new NotFound('certificates/not-found', {
      vi: 'Không có chứng thư này.',
      en: 'There is no such certificate.',
    });
  return rows[0];
}

async function summaryOf(db: Database, actor: Actor, row: Row) {
  const [summary] = await toSummaries(db, actor, [row]);
  if (!summary) throw new TypeError('one certificate has one summary');
  return summary;
}

/** The organisation that decides who may see a certificate: its own, or the department for the platform's. */
async function placeOf(db: Database, serial: string): Promise<Resource> {
  const { rows } = await sql<{ organisationId: string }>`
    SELECT coalesce(c.organisation_id, (SELECT id FROM registry.organisation WHERE parent_id IS NULL LIMIT 1)) AS "organisationId"
    FROM certs.certificate AS c WHERE c.serial = ${serial}`.execute(db);
  return rows[0] ?? {};
}

const listAll = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/authorities',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'Our authorities with their newest revocation lists',
      response: {
        200: Type.Object({
          items: Type.Array(
            Type.Object({
              id: Type.String(),
              name: Type.String(),
              purpose: Type.String(),
              issuerId: nullable(Type.String()),
              retiredAt: nullable(Time),
              isOffline: Type.Boolean({ description: 'Its key is kept apart from the server' }),
              subject: Type.String(),
              notBefore: Time,
              notAfter: Time,
              certificatePem: Type.String(),
              crl: nullable(Type.Object({ number: Type.Integer(), thisUpdate: Time, nextUpdate: Time })),
            }),
          ),
        }),
      },
    },
    handle: async () => {
      const authorities = await listAuthorities(context.db);
      const offline = await certsOf(context.db)
        .selectFrom('certs.key')
        .select('id')
        .where('store', '=', 'offline')
        .execute();
      const items = authorities.map(async ({ id, name, purpose, issuerId, keyId, certificate: der, retiredAt }) => {
        const certificate = parseCertificate(der);
        const list = await newestRevocationList(context.db, id);
        return {
          id,
          name,
          purpose,
          issuerId,
          retiredAt: retiredAt?.toISOString() ?? null,
          isOffline: offline.some((key) => key.id === keyId),
          subject: certificate.subject.toString(),
          notBefore: certificate.notBefore.toISOString(),
          notAfter: certificate.notAfter.toISOString(),
          certificatePem: toPem(der),
          crl: list
            ? {
                number: list.number,
                thisUpdate: list.thisUpdate.toISOString(),
                nextUpdate: list.nextUpdate.toISOString(),
              }
            : null,
        };
      });
      return { items: await Promise.all(items) };
    },
  });

const listCertificates = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificates',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'Certificates that were issued, soonest expiry first',
      querystring: Type.Object({
        status: Type.Optional(Type.Enum(['valid', 'suspended', 'revoked', 'expired'])),
        q: Type.Optional(Type.String({ maxLength: 100 })),
        limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
        cursor: Type.Optional(Type.String({ maxLength: 80 })),
      }),
      response: { 200: Type.Object({ items: Type.Array(CertificateSummary), nextCursor: nullable(Type.String()) }) },
    },
    handle: async (request) => {
      const { query } = request;
      const scope = scopeOf(personActor(request), 'certificates.read');
      const [at, after] = query.cursor?.split('|') ?? [];
      const conditions = [
        sql`state = 'issued'`,
        // Certificates of the platform itself belong to the whole tree.
        sql`EXISTS (SELECT FROM registry.organisation AS o WHERE o.path && ${scope}::uuid[]
          AND (o.id = organisation_id OR (organisation_id IS NULL AND o.parent_id IS NULL)))`,
      ];
      if (query.q)
        conditions.push(sql`registry.fold(subject) LIKE '%' || registry.fold(${escapeLike(query.q)}) || '%'`);
      if (query.status === 'suspended') conditions.push(sql`revocation_reason = 'certificateHold'`);
      if (query.status === 'revoked')
        conditions.push(sql`revoked_at IS NOT NULL AND revocation_reason <> 'certificateHold'`);
      if (query.status === 'expired') conditions.push(sql`revoked_at IS NULL AND not_after < now()`);
      if (query.status === 'valid') conditions.push(sql`revoked_at IS NULL AND not_after >= now()`);
      if (at && after && !Number.isNaN(Date.parse(at)))
        conditions.push(sql`(not_after, serial) > (${at}::timestamptz, ${after})`);
      const { rows } = await sql<Row>`
        SELECT ${columns} FROM certs.certificate WHERE ${sql.join(conditions, sql` AND `)}
        ORDER BY not_after, serial LIMIT ${query.limit}`.execute(context.db);
      const last = rows.at(-1);
      return {
        items: await toSummaries(context.db, personActor(request), rows),
        nextCursor: last && rows.length === query.limit ? `${last.notAfter.toISOString()}|${last.serial}` : null,
      };
    },
  });

const readCertificate = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificates/:serial',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'One certificate with its chain',
      params,
      response: {
        200: Type.Object({
          ...CertificateSummary.properties,
          certificatePem: Type.String(),
          chainPem: Type.String(),
        }),
      },
    },
    resource: ({ params }) => placeOf(context.db, params.serial),
    handle: async (request) => {
      const row = await find(context.db, request.params.serial);
      const chain = await chainAbove(context, row.issuerId);
      return {
        ...(await summaryOf(context.db, personActor(request), row)),
        certificatePem: toPem(row.der),
        chainPem: chain.map((der) => toPem(der)).join(''),
      };
    },
  });

const revoke = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/certificates/:serial/revoke',
    access: requires('certificates.revoke'),
    schema: {
      tags,
      summary: 'Suspends at once; with another reason than certificateHold also proposes to revoke for good (202)',
      params,
      body: Type.Object(
        { reason: Type.Enum(Object.keys(revocationReasons) as (keyof typeof revocationReasons)[]) },
        { additionalProperties: false },
      ),
      response: { 200: CertificateSummary, 202: ProposedApproval },
    },
    resource: ({ params }) => placeOf(context.db, params.serial),
    handle: async (request, reply) => {
      const { serial } = request.params;
      const { reason } = request.body;
      if (reason !== 'certificateHold') {
        return reply.code(202).send(await proposeRevocation(context, { serial, reason }, personActor(request)));
      }
      await revokeCertificate(context, serial, reason, personActor(request));
      return reply.code(200).send(await summaryOf(context.db, personActor(request), await find(context.db, serial)));
    },
  });

const release = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/certificates/:serial/release',
    access: requires('certificates.revoke'),
    schema: { tags, summary: 'Ends a suspension', params, response: { 200: CertificateSummary } },
    resource: ({ params }) => placeOf(context.db, params.serial),
    handle: async (request) => {
      const { serial } = request.params;
      await releaseCertificate(context, serial, personActor(request));
      return summaryOf(context.db, personActor(request), await find(context.db, serial));
    },
  });

const countExpiries = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/certificate-expiries',
    access: requires('certificates.read'),
    schema: {
      tags,
      summary: 'How many certificates end in each of the next thirteen months, this one first',
      response: {
        200: Type.Object({ months: Type.Array(Type.Object({ month: Type.String(), count: Type.Integer() })) }),
      },
    },
    handle: async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'certificates.read') : [];
      const now = context.clock.now();
      const { rows } = await sql<{ month: string; count: number }>`
        SELECT to_char(first, 'YYYY-MM') AS month, (
          SELECT count(*) FROM certs.certificate AS c
          WHERE c.state = 'issued' AND c.revoked_at IS NULL
            AND c.not_after >= greatest(first AT TIME ZONE ${timeZone}, ${now})
            AND c.not_after < (first + interval '1 month') AT TIME ZONE ${timeZone}
            AND EXISTS (SELECT FROM registry.organisation AS o WHERE o.path && ${scope}::uuid[]
              AND (o.id = c.organisation_id OR (c.organisation_id IS NULL AND o.parent_id IS NULL)))) AS count
        FROM generate_series(0, 12) AS nth,
          LATERAL (SELECT date_trunc('month', ${now}::timestamptz AT TIME ZONE ${timeZone}) + make_interval(months => nth)) AS month (first)
        ORDER BY first`.execute(context.db);
      return { months: rows };
    },
  });

export const authorityRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  listCertificates(context),
  readCertificate(context),
  revoke(context),
  release(context),
  countExpiries(context),
];
