import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { disclose, longAnswerMs, refersTo } from '@edutrust/platform/http';
import { type AuditFilter, countAudit, listAudit, logNames } from '@edutrust/platform/ledger';
import { type Route, route } from '@edutrust/platform/route';
import { listOf, Page, Time } from '@edutrust/platform/schemas';
import { timeZone } from '@edutrust/platform/vietnam-time';
import { sql } from 'kysely';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { requires, scopeOf } from '../permissions/permissions.ts';
import { AuditEntry, LedgerVerdict } from '../schemas.ts';
import { namesOf, type SubjectNames } from './names.ts';

const tags = ['audit'];

/** Undefined for those who see everything: entries without an organisation (the system's) are theirs too. */
async function organisationsBelow(db: Database, scope: readonly string[]): Promise<string[] | undefined> {
  const { rows } = await sql<{ id: string; isRoot: boolean }>`
      SELECT id, parent_id IS NULL AS "isRoot" FROM registry.organisation WHERE path && ${[...scope]}::uuid[]`.execute(
    db,
  );
  return rows.some(({ isRoot }) => isRoot) ? undefined : rows.map(({ id }) => id);
}

/** What the list and its counts are asked for; they may not differ. */
const Filter = {
  type: Type.Optional(Type.String({ maxLength: 60, description: 'exact, or a prefix that ends in a dot' })),
  actor: Type.Optional(refersTo('person', 'people.read')),
  subject: Type.Optional(Type.String({ maxLength: 100 })),
  from: Type.Optional(Time),
  until: Type.Optional(Time),
};
const FilterQuery = Type.Object(Filter);

/** Of what was asked for, what the reader may see. */
async function filterOf(
  db: Database,
  { type, actor: actorId, subject, from, until }: Type.Static<typeof FilterQuery>,
  actor: Actor | null,
): Promise<AuditFilter> {
  const organisationIds = await organisationsBelow(db, actor ? scopeOf(actor, 'audit.read') : []);
  return {
    ...(organisationIds ? { organisationIds } : {}),
    ...(type ? { type } : {}),
    ...(actorId ? { actorId } : {}),
    ...(subject ? { subjectId: subject } : {}),
    ...(from ? { from: new Date(from) } : {}),
    ...(until ? { until: new Date(until) } : {}),
  };
}

/** More than these, the newest, are not counted: who looks at a longer time narrows it down. */
const mostCounted = 100_000;

const countEntries = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/audit/counts',
    access: requires('audit.read'),
    schema: {
      tags,
      summary: 'How much happened, by hour or by day of Vietnam: of the same entries as the list',
      querystring: Type.Object({ ...Filter, by: Type.Enum(['hour', 'day'], { default: 'day' }) }),
      response: {
        200: Type.Object({
          items: Type.Array(Type.Object({ from: Time, count: Type.Integer() }), {
            description: 'The oldest first; an hour or day without entries is not there',
          }),
          isWhole: Type.Boolean({ description: `Otherwise the newest ${mostCounted} are counted` }),
        }),
      },
    },
    handle: async ({ query, actor }) => {
      const { counts, isWhole } = await countAudit(db, await filterOf(db, query, actor), {
        by: query.by,
        timeZone,
        most: mostCounted,
      });
      return { items: counts.map(({ from, count }) => ({ from: from.toISOString(), count })), isWhole };
    },
  });

const listEntries = ({ db }: ServiceContext, others: SubjectNames) =>
  route({
    method: 'GET',
    url: '/api/v1/audit',
    access: requires('audit.read'),
    discloses: tells('audit.list'),
    schema: {
      tags,
      summary: 'What happened, newest first',
      querystring: Type.Object({
        ...Filter,
        ...Page,
      }),
      response: { 200: listOf(AuditEntry) },
    },
    handle: async (request) => {
      const { query, actor } = request;
      const entries = await listAudit(db, {
        ...(await filterOf(db, query, actor)),
        limit: query.limit,
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      const names = await namesOf(db, entries, actor ? scopeOf(actor, 'audit.read') : [], others);
      disclose(
        request,
        entries.flatMap(({ subject }) => {
          const named = names.get(subject.id);
          if (!named?.isSeen) return [];
          return subject.kind === 'person' ? [subject.id] : (named.about ?? []);
        }),
      );
      return {
        items: entries.map(({ at, actor: by, subject, ...entry }) => {
          const actorId = by.kind === 'person' ? by.personId : by.kind === 'app' ? by.clientId : by.name;
          const known = names.get(actorId);
          return {
            ...entry,
            at: at.toISOString(),
            // Somebody whom the reader does not reach acted for their organisation: that is what is shown (T3).
            actor:
              known && !known.isSeen
                ? { kind: 'organisation', id: known.homeId ?? '', name: known.homeName }
                : { kind: by.kind, id: actorId, name: known?.name ?? null },
            subject: { ...subject, name: names.get(subject.id)?.isSeen ? (names.get(subject.id)?.name ?? null) : null },
          };
        }),
        nextCursor: entries.length === query.limit ? (entries.at(-1)?.id ?? null) : null,
      };
    },
  });

const verify = ({ ledger }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/audit/verify',
    access: requires('audit.verify'),
    schema: {
      tags,
      summary: 'Recomputes the logs and says whether an entry was altered, and which',
      response: { 200: Type.Object({ items: Type.Array(LedgerVerdict) }) },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async () => ({ items: await Promise.all(logNames.map((log) => ledger.verify(log))) }),
  });

/** The explorer of the audit log: identifiers come from the log, names from the registry for those who may see them. */
export const auditRoutes = (context: ServiceContext, others: SubjectNames): Route[] => [
  listEntries(context, others),
  countEntries(context),
  verify(context),
];
