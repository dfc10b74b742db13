import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { personActor } from '@edutrust/platform/http';
import { isUuid } from '@edutrust/platform/ids';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { record } from '../events.ts';
import { requires } from '../permissions/permissions.ts';
import { OrganisationView, SchoolLevel } from '../schemas.ts';
import { type SchoolLevel as Level, registryOf } from '../tables.ts';
import { findOrganisation, noOrganisation } from './organisations.ts';
import { toOrganisationView } from './view.ts';

export interface OrganisationChange {
  readonly name?: string;
  readonly code?: string;
  readonly level?: Level | null;
}

/**
 * Corrects an organisation's name, code or level. Its place in the tree stays: everybody's reach hangs on it. Unchanged
 * values make no event.
 *
 * @throws NotFound; Conflict `organisations/code-taken`.
 */
export async function changeOrganisation(
  transaction: Transaction,
  id: string,
  change: OrganisationChange,
  actor: Actor,
): Promise<void> {
  const db = registryOf(transaction);
  const before = isUuid(id)
    ? await db.selectFrom('registry.organisation').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
    : undefined;
  if (!before) throw noOrganisation();
  const name = change.name?.normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  if (name === '')
    throw new InvalidInput('organisations/no-name', { vi: 'Đơn vị phải có tên.', en: 'An organisation has a name.' });
  const after = {
    name: name ?? before.name,
    code: change.code ?? before.code,
    level: change.level === undefined ? before.level : change.level,
  };
  const fields = (Object.keys(after) as (keyof typeof after)[]).filter((field) => after[field] !== before[field]);
  if (fields.length === 0) return;
  if (fields.includes('code')) {
    const { rows } = await sql`SELECT FROM registry.organisation WHERE code = ${after.code}`.execute(transaction);
    if (rows.length > 0)
      throw new Conflict('organisations/code-taken', {
        vi: `Mã đơn vị ${after.code} đã được dùng.`,
        en: `The organisation code ${after.code} is taken.`,
      });
  }
  await db.updateTable('registry.organisation').set(after).where('id', '=', id).execute();
  await record(transaction, {
    type: 'organisation.changed',
    actor,
    subject: { kind: 'organisation', id },
    organisationId: id,
    data: { fields },
  });
}

const correct = ({ db }: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/organisations/:id',
    access: requires('organisations.write'),
    schema: {
      tags: ['organisations'],
      summary: "Corrects an organisation's name, code or level",
      params: IdParams,
      body: Type.Object(
        {
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
          code: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,40}$' })),
          level: Type.Optional(nullable(SchoolLevel)),
        },
        strict,
      ),
      response: { 200: OrganisationView },
    },
    resource: ({ params }) => ({
      organisationId: params.id,
    }),
    handle: async (request) => {
      await db
        .transaction()
        .execute((tx) => changeOrganisation(tx, request.params.id, request.body, personActor(request)));
      return toOrganisationView(personActor(request))(await findOrganisation(db, request.params.id));
    },
  });

/** The form of one organisation. */
export const organisationChangeRoutes = (context: ServiceContext): Route[] => [correct(context)];
