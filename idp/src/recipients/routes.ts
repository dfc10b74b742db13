import { localeOf, personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time, Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { audiences } from '../apps/audience.ts';
import type { IdpTools } from '../tools.ts';
import { fieldWords, grounds, kinds, listRecipients, type RecipientField, registerAsCsv } from './recipients.ts';

const tags = ['data-protection'];
const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>) => Object.keys(table) as Key[];
const Fields = Type.Array(Type.Enum(keysOf(fieldWords)));

const Row = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.Enum(keysOf(kinds)),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  isExternal: Type.Boolean(),
  of: Type.Array(Type.Enum([...audiences])),
  fieldsOfLearners: Fields,
  fieldsOfOthers: Fields,
  purpose: nullable(Type.Object({ vi: Type.String(), en: Type.String() })),
  ground: Type.Enum(keysOf(grounds)),
  since: Time,
  lastAt: nullable(Time),
  schools: nullable(Type.Integer({ minimum: 0 })),
});

const read = ({ context: { db }, recipients }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/recipients',
    access: requires('recipients.read'),
    schema: {
      tags,
      summary: 'The register of recipients: which app and system gets which data of whom, for what, on what ground',
      response: { 200: Type.Object({ items: Type.Array(Row) }) },
    },
    handle: async (request) => {
      const scope = scopeOf(personActor(request), 'recipients.read');
      const rows = await listRecipients(db, scope, await recipients());
      const list = (fields: readonly RecipientField[]) => [...fields];
      return {
        items: rows.map((row) => ({
          ...row,
          of: [...row.of],
          fieldsOfLearners: list(row.fieldsOfLearners),
          fieldsOfOthers: list(row.fieldsOfOthers),
          since: row.since.toISOString(),
          lastAt: row.lastAt?.toISOString() ?? null,
        })),
      };
    },
  });

const download = ({ context: { db }, recipients }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/recipients/register.csv',
    access: requires('recipients.read'),
    discloses: 'nothing',
    schema: {
      tags,
      summary: 'The same register as CSV, in the language of the request',
      response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
    },
    handle: async (request, reply) => {
      const scope = scopeOf(personActor(request), 'recipients.read');
      const bytes = registerAsCsv(await listRecipients(db, scope, await recipients()), localeOf(request));
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="noi-nhan-du-lieu.csv"')
        .send(bytes);
    },
  });

/** What the data-protection desk answers with when it is asked who gets personal data (Decree 356/2025). */
export const recipientRoutes = (tools: IdpTools): Route[] => [read(tools), download(tools)];
