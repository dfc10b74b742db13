import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { type OrganisationKind, registryOf, type SchoolLevel } from '../tables.ts';

export interface OrganisationSummary {
  readonly id: string;
  readonly kind: OrganisationKind;
  readonly level: SchoolLevel | null;
  /** Text: leading zeros matter. */
  readonly code: string;
  readonly name: string;
  readonly parentId: string | null;
  /** From the root to the organisation itself. */
  readonly path: { readonly id: string; readonly name: string }[];
}

export interface OrganisationCounts {
  readonly learners: number;
  readonly staff: number;
}

export interface NewOrganisation {
  /** Chosen by the caller when others already refer to it. */
  readonly id?: string;
  readonly kind: OrganisationKind;
  readonly level?: SchoolLevel;
  readonly code: string;
  readonly name: string;
  readonly parentId: string | null;
}

/** @throws Conflict `organisations/code-taken`; NotFound when the parent does not exist. */
export async function createOrganisation(
  transaction: Transaction,
  input: NewOrganisation,
  actor: Actor,
): Promise<string> {
  const db = registryOf(transaction);
  const parent = input.parentId
    ? await db.selectFrom('registry.organisation').select('path').where('id', '=', input.parentId).executeTakeFirst()
    : undefined;
  if (input.parentId && !parent) throw noOrganisation();
  const id = input.id ?? uuidv7();
  const inserted = await db
    .insertInto('registry.organisation')
    .values({
      id,
      kind: input.kind,
      level: input.level ?? null,
      code: input.code,
      name: input.name.normalize('NFC'),
      parent_id: input.parentId,
      path: [...(parent?.path ?? []), id],
    })
    .onConflict((conflict) => conflict.column('code').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) {
    const detail = {
      vi: `Mã đơn vị ${input.code} đã được dùng.`,
      en: `The organisation code ${input.code} is taken.`,
    };
    throw new Conflict('organisations/code-taken', detail, { fields: [{ pointer: '/code', detail }] });
  }
  await record(transaction, {
    type: 'organisation.created',
    actor,
    subject: { kind: 'organisation', id },
    organisationId: id,
  });
  return id;
}

export function noOrganisation(): NotFound {
  return new NotFound('organisations/not-found', { vi: 'Không có đơn vị này.', en: 'There is no such organisation.' });
}

const summary = sql<OrganisationSummary>`
  jsonb_build_object('id', o.id, 'kind', o.kind, 'level', o.level, 'code', o.code, 'name', o.name, 'parentId', o.parent_id,
    'path', (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name) ORDER BY array_position(o.path, a.id))
             FROM registry.organisation AS a WHERE a.id = ANY(o.path)))`;

/** @throws NotFound */
export async function findOrganisation(db: Database | Transaction, id: string): Promise<OrganisationSummary> {
  const { rows } = await sql<{ organisation: OrganisationSummary }>`
    SELECT ${summary} AS organisation FROM registry.organisation AS o WHERE o.id = ${id}`.execute(db);
  const found = rows[0]?.organisation;
  if (!found) throw noOrganisation();
  return found;
}

/** @throws NotFound */
export async function findOrganisationByCode(db: Database | Transaction, code: string): Promise<OrganisationSummary> {
  const { rows } = await sql<{ organisation: OrganisationSummary }>`
    SELECT ${summary} AS organisation FROM registry.organisation AS o WHERE o.code = ${code}`.execute(db);
  const found = rows[0]?.organisation;
  if (!found) throw noOrganisation();
  return found;
}

export interface OrganisationFilter {
  /** Only below these (and these themselves). */
  readonly scope: readonly string[];
  readonly parentId?: string;
  readonly kind?: OrganisationKind;
  /** Words of the name without marks, or the beginning of a code. */
  readonly query?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** In the order in which they were made, with how many people are in each and below it. */
export async function listOrganisations(
  db: Database,
  filter: OrganisationFilter,
): Promise<(OrganisationSummary & { readonly counts: OrganisationCounts })[]> {
  const conditions = [sql`o.path && ${[...filter.scope]}::uuid[]`];
  if (filter.parentId) conditions.push(sql`o.parent_id = ${filter.parentId}`);
  if (filter.kind) conditions.push(sql`o.kind = ${filter.kind}`);
  if (filter.query) {
    conditions.push(
      sql`(o.folded_name LIKE '%' || registry.fold(${filter.query}) || '%' OR starts_with(o.code, ${filter.query}))`,
    );
  }
  if (filter.cursor) conditions.push(sql`o.id > ${filter.cursor}::uuid`);
  const { rows } = await sql<{ organisation: OrganisationSummary; learners: number; staff: number }>`
    SELECT ${summary} AS organisation,
      count(DISTINCT f.person_id) FILTER (WHERE f.role = 'learner') AS learners,
      count(DISTINCT f.person_id) FILTER (WHERE f.role IN ('teacher', 'staff')) AS staff
    FROM registry.organisation AS o
    LEFT JOIN registry.organisation AS below ON below.path @> ARRAY[o.id]
    LEFT JOIN registry.affiliation AS f ON f.organisation_id = below.id AND f.valid_until IS NULL
    WHERE ${sql.join(conditions, sql` AND `)}
    GROUP BY o.id ORDER BY o.id LIMIT ${filter.limit}`.execute(db);
  return rows.map(({ organisation, learners, staff }) => ({ ...organisation, counts: { learners, staff } }));
}
