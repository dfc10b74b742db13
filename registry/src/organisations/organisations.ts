import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { hasWords } from '../search.ts';
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

/** In the order in which they were made, with how many belong to each and to those below it; who belongs to two counts at both. */
export async function listOrganisations(
  db: Database,
  filter: OrganisationFilter,
): Promise<(OrganisationSummary & { readonly counts: OrganisationCounts })[]> {
  const conditions = [sql`o.path && ${[...filter.scope]}::uuid[]`];
  if (filter.parentId) conditions.push(sql`o.parent_id = ${filter.parentId}`);
  if (filter.kind) conditions.push(sql`o.kind = ${filter.kind}`);
  if (filter.query) {
    conditions.push(sql`(${hasWords(sql`o.folded_name`, filter.query)} OR starts_with(o.code, ${filter.query}))`);
  }
  if (filter.cursor) conditions.push(sql`o.id > ${filter.cursor}::uuid`);
  // Each school's members are counted once, from the index alone, and only of what is shown.
  const { rows } = await sql<{ organisation: OrganisationSummary; learners: number; staff: number }>`
    WITH shown AS (
      SELECT o.* FROM registry.organisation AS o WHERE ${sql.join(conditions, sql` AND `)} ORDER BY o.id LIMIT ${filter.limit}
    ), place AS (
      SELECT s.id AS shown_id, below.id FROM shown AS s JOIN registry.organisation AS below ON below.path @> ARRAY[s.id]
    ), counted AS (
      SELECT f.organisation_id, count(*) FILTER (WHERE f.role = 'learner') AS learners,
        count(*) FILTER (WHERE f.role = 'teacher' OR f.role = 'staff' AND NOT EXISTS (SELECT FROM registry.affiliation AS t
          WHERE t.person_id = f.person_id AND t.organisation_id = f.organisation_id AND t.role = 'teacher' AND t.valid_until IS NULL)) AS staff
      FROM registry.affiliation AS f
      WHERE f.valid_until IS NULL AND f.organisation_id = ANY(ARRAY(SELECT id FROM place)) GROUP BY 1
    ), total AS (
      SELECT p.shown_id, coalesce(sum(c.learners), 0)::int AS learners, coalesce(sum(c.staff), 0)::int AS staff
      FROM place AS p LEFT JOIN counted AS c ON c.organisation_id = p.id GROUP BY 1
    )
    SELECT ${summary} AS organisation, total.learners, total.staff FROM shown AS o JOIN total ON total.shown_id = o.id ORDER BY o.id`.execute(
    db,
  );
  return rows.map(({ organisation, learners, staff }) => ({ ...organisation, counts: { learners, staff } }));
}
