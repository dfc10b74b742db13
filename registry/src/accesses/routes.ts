import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { listOf, nullable, OfficialName, Page, Time, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { requires, scopeOf } from '../permissions/permissions.ts';
import { type OperationName, operationOf, operations, tells } from './operations.ts';

const Entry = Type.Object({
  id: Uuid,
  at: Time,
  operation: Type.String(),
  sentence: Type.Object({ vi: Type.String(), en: Type.String() }),
  /** Null: an app, or somebody with the code of a document. */
  reader: nullable(Type.Object({ id: Uuid, fullName: OfficialName })),
  role: nullable(Type.String()),
  organisation: nullable(Type.Object({ id: Uuid, name: Type.String() })),
  people: Type.Integer({ description: 'How many the answer told of' }),
});

const names = Object.keys(operations) as OperationName[]; // the keys of the table, nothing else

/**
 * The book by its readers: what somebody looked at, and who read the logs (`operation=audit.list`, `accesses.list`). Of
 * whom is not told: for that the record's own people and families have their page.
 */
const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/accesses',
    access: requires('audit.verify'),
    discloses: tells('accesses.list'),
    schema: {
      tags: ['audit'],
      summary: 'Who looked at records and who read the logs, newest first; not at whose',
      querystring: Type.Object({
        operation: Type.Optional(Type.Enum(names)),
        reader: Type.Optional(refersTo('person', 'people.read')),
        ...Page,
      }),
      response: { 200: listOf(Entry) },
    },
    handle: async (request) => {
      const { operation, reader, limit, cursor } = request.query;
      const scope = scopeOf(personActor(request), 'audit.verify');
      const { rows } = await sql<{
        id: string;
        at: Date;
        operation: string;
        reader: { id: string; fullName: string } | null;
        role: string | null;
        organisation: { id: string; name: string } | null;
        people: number;
      }>`
        SELECT a.id, a.at, a.operation, a.role, cardinality(a.people) AS people,
          CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'fullName', p.full_name) END AS reader,
          CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('id', o.id, 'name', o.name) END AS organisation
        FROM registry.access AS a
        LEFT JOIN registry.person AS p ON p.id = CASE WHEN a.reader_kind = 'person' THEN a.reader_id::uuid END
        LEFT JOIN registry.organisation AS o ON o.id = a.organisation_id
        WHERE (o.path && ${scope}::uuid[] OR EXISTS (
            SELECT FROM registry.organisation AS root WHERE root.parent_id IS NULL AND root.id = ANY(${scope}::uuid[])))
          ${operation ? sql`AND a.operation = ${operation}` : sql``} ${reader ? sql`AND a.reader_id = ${reader}` : sql``}
          ${cursor ? sql`AND a.id < ${cursor}::uuid` : sql``}
        ORDER BY a.id DESC LIMIT ${limit}`.execute(db);
      disclose(request, []); // holders of offices; that the book was read is kept all the same
      return {
        items: rows.map(({ at, ...row }) => {
          const { vi, en } = operationOf(row.operation) ?? { vi: 'đã xem', en: 'looked' };
          return { ...row, at: at.toISOString(), sentence: { vi, en } };
        }),
        nextCursor: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
      };
    },
  });

/** The book of who looked, for officers. */
export const accessRoutes = (context: ServiceContext): Route[] => [list(context)];
