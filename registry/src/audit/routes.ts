import type { ServiceContext } from '@edutrust/platform/context';
import { type App, longAnswerMs, refersTo } from '@edutrust/platform/http';
import { isUuid } from '@edutrust/platform/ids';
import { type AuditEntry as Entry, listAudit, logNames } from '@edutrust/platform/ledger';
import { sql } from 'kysely';
import Type from 'typebox';
import { requires, scopeOf } from '../permissions/permissions.ts';
import { AuditEntry, LedgerVerdict, listOf, Page } from '../schemas.ts';

const tags = ['audit'];

/** The explorer of the audit log: identifiers come from the log, names from the registry for those who may see them. */
export function addAuditRoutes(app: App, { db, ledger }: ServiceContext): void {
  app.get(
    '/api/v1/audit',
    {
      config: { access: requires('audit.read') },
      schema: {
        tags,
        summary: 'What happened, newest first',
        querystring: Type.Object({
          type: Type.Optional(Type.String({ maxLength: 60, description: 'exact, or a prefix that ends in a dot' })),
          actor: Type.Optional(refersTo('person', 'people.read')),
          subject: Type.Optional(Type.String({ maxLength: 100 })),
          from: Type.Optional(Type.String({ format: 'date-time' })),
          until: Type.Optional(Type.String({ format: 'date-time' })),
          ...Page,
        }),
        response: { 200: listOf(AuditEntry) },
      },
    },
    async ({ query, actor }) => {
      const organisationIds = await organisationsBelow(actor ? scopeOf(actor, 'audit.read') : []);
      const entries = await listAudit(db, {
        limit: query.limit,
        ...(organisationIds ? { organisationIds } : {}),
        ...(query.type ? { type: query.type } : {}),
        ...(query.actor ? { actorId: query.actor } : {}),
        ...(query.subject ? { subjectId: query.subject } : {}),
        ...(query.from ? { from: new Date(query.from) } : {}),
        ...(query.until ? { until: new Date(query.until) } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      const names = await namesOf(entries);
      return {
        items: entries.map(({ at, actor: by, subject, ...entry }) => {
          const actorId = by.kind === 'person' ? by.personId : by.kind === 'app' ? by.clientId : by.name;
          return {
            ...entry,
            at: at.toISOString(),
            actor: { kind: by.kind, id: actorId, name: names.get(actorId) ?? null },
            subject: { ...subject, name: names.get(subject.id) ?? null },
          };
        }),
        nextCursor: entries.length === query.limit ? (entries.at(-1)?.id ?? null) : null,
      };
    },
  );

  app.post(
    '/api/v1/audit/verify',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('audit.verify') },
      schema: {
        tags,
        summary: 'Recomputes the logs and says whether an entry was altered, and which',
        response: { 200: Type.Object({ items: Type.Array(LedgerVerdict) }) },
      },
    },
    async () => ({ items: await Promise.all(logNames.map((log) => ledger.verify(log))) }),
  );

  /** Undefined for those who see everything: entries without an organisation (the system's) are theirs too. */
  async function organisationsBelow(scope: readonly string[]): Promise<string[] | undefined> {
    const { rows } = await sql<{ id: string; isRoot: boolean }>`
      SELECT id, parent_id IS NULL AS "isRoot" FROM registry.organisation WHERE path && ${[...scope]}::uuid[]`.execute(
      db,
    );
    return rows.some(({ isRoot }) => isRoot) ? undefined : rows.map(({ id }) => id);
  }

  async function namesOf(entries: readonly Entry[]): Promise<Map<string, string>> {
    const ids = entries
      .flatMap(({ actor, subject }) => [actor.kind === 'person' ? actor.personId : '', subject.id])
      .filter(isUuid);
    const { rows } = await sql<{ id: string; name: string }>`
      SELECT id, full_name AS name FROM registry.person WHERE id = ANY(${ids}::uuid[])
      UNION ALL SELECT id, name FROM registry.organisation WHERE id = ANY(${ids}::uuid[])`.execute(db);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}
