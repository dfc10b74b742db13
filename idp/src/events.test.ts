import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { EventDefinition } from '@edutrust/platform/events';
import type { Json } from '@edutrust/platform/json';
import { sql } from 'kysely';
import { testIdp } from '../testing/idp.ts';
import { type IdpEvent, idpEvents, record } from './events.ts';

/** Anything that the schema of a member of an event takes. */
function sample(schema: {
  type?: string;
  enum?: readonly string[];
  pattern?: string;
  format?: string;
  anyOf?: object[];
  items?: object;
}): Json {
  if (schema.anyOf) return sample(schema.anyOf[0] ?? {});
  if (schema.enum) return schema.enum[0] ?? null;
  if (schema.type === 'array') return [sample(schema.items ?? {})];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  if (schema.format === 'date-time') return '2026-11-26T00:00:00.000Z';
  if (schema.pattern?.includes('{64}')) return 'a'.repeat(64); // a digest
  return schema.pattern ? randomUUID() : 'x';
}

test('T3: whatever happens to a person’s account stands in the audit of their home organisation, whoever recorded it', async () => {
  await using world = await testIdp();
  const { context, city } = world;
  const { pupil, principal } = city.people;
  const events = (Object.entries(idpEvents.table) as [string, EventDefinition][])
    .filter(([, { subject }]) => subject === 'person')
    .flatMap(([type, { data }]) =>
      [pupil, principal].map((id) => ({
        type,
        actor: { kind: 'system', name: 'test' },
        subject: { kind: 'person', id },
        data: Object.fromEntries(Object.entries(data ?? {}).map(([name, schema]) => [name, sample(schema)])),
      })),
    ) as IdpEvent[]; // of the table, whatever stands there
  assert.ok(events.length > 40, `${events.length} events`);
  const since = new Date().toISOString();
  await context.db.transaction().execute((transaction) => record(transaction, ...events));
  const { rows } = await sql<{ type: string }>`
    SELECT e.type FROM platform.ledger_entry AS e JOIN registry.person AS p ON p.id::text = e.subject_id
    WHERE e.at >= ${since} AND e.organisation_id = p.home_organisation_id`.execute(context.db);
  assert.deepEqual(rows.map(({ type }) => type).sort(), events.map(({ type }) => type).sort());

  // And what a person does: activates with a passkey, is signed in.
  await world.enter(city.people.teacher);
  const { rows: done } = await sql<{ type: string; isHome: boolean }>`
    SELECT e.type, e.organisation_id IS NOT DISTINCT FROM p.home_organisation_id AS "isHome"
    FROM platform.ledger_entry AS e JOIN registry.person AS p ON p.id::text = e.subject_id
    WHERE p.id = ${city.people.teacher} AND e.at >= ${since}`.execute(context.db);
  assert.ok(done.length >= 3, JSON.stringify(done));
  assert.deepEqual(
    done.filter(({ isHome }) => !isHome),
    [],
  );
});
