import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { test } from 'node:test';
import { allMigrations, personalData } from '@edutrust/edutrust/app';
import { seedDemo } from '@edutrust/registry/demo';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';

const parts = personalData.flatMap((data) => data.parts);
const leftOut = Object.assign({}, ...personalData.map((data) => data.leftOut)) as Record<string, string>;
const covered = parts.flatMap(({ tables }) => tables);
const guide = new URL('../../docs/personal-data.md', import.meta.url);
const begins = '<!-- written by `npm run api` -->';

test('N4: every table that names a person is in a part of the copy, or left out with its reason', async () => {
  await using context = await testContext({ migrations: allMigrations });
  const { rows } = await context.pool.query<{ name: string }>(`
    SELECT DISTINCT c.table_schema || '.' || c.table_name AS name FROM information_schema.columns AS c
    JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema IN ('registry', 'idp', 'signing', 'certs', 'sync', 'platform')
      AND c.column_name ~ '((^|_)(person|subject|signer|guardian|child|teacher|learner|reader|duplicate)_id|^people)$' ORDER BY 1`);
  const named = rows.map(({ name }) => name);
  assert.ok(named.length > 30, String(named));
  const answered = new Set([...covered, ...Object.keys(leftOut)]);
  assert.deepEqual(
    named.filter((name) => !answered.has(name)),
    [],
    'give it to a part of its workspace’s `…Personal`, or say in `leftOut` why not',
  );
  assert.deepEqual(
    Object.keys(leftOut).filter((name) => covered.includes(name) || !named.includes(name)),
    [],
    'left out, and yet in a part or no table',
  );
});

test('N4: every table that names a person is erased with them, or kept by a law or reason that people read', async () => {
  await using context = await testContext({ migrations: allMigrations });
  const { rows } = await context.pool.query<{ name: string }>(`
    SELECT DISTINCT c.table_schema || '.' || c.table_name AS name FROM information_schema.columns AS c
    JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema IN ('registry', 'idp', 'signing', 'certs', 'sync', 'platform')
      AND c.column_name ~ '((^|_)(person|subject|signer|guardian|child|teacher|learner|reader)_id|^people)$'`);
  const erased = personalData.flatMap(({ erasures }) => erasures.flatMap(({ tables }) => tables));
  const kept = personalData.flatMap((data) => data.kept);
  const answered = [...erased, ...kept.flatMap(({ tables }) => tables)];
  assert.deepEqual(
    rows.map(({ name }) => name).filter((name) => !answered.includes(name)),
    [],
    'erase it in its workspace’s `…Erasures`, or say in `…Kept` by what law it stays',
  );
  assert.equal(new Set(answered).size, answered.length, 'no table twice');
  const codes = personalData.flatMap(({ erasures }) => erasures.map(({ code }) => code));
  assert.equal(new Set(codes).size, codes.length, 'a step is known by its code');
  const again = {
    ids: ['00000000-0000-7000-8000-000000000000'],
    names: [],
    educationIds: [],
    addresses: [],
    evidenceKinds: [],
  };
  for (const { erase, code } of personalData.flatMap(({ erasures }) => erasures))
    assert.equal(
      await context.db.transaction().execute((tx) => erase(tx, again)),
      0,
      `${code} of nobody erases nothing`,
    );
});

test('N4: each part reads the demo city, gives exactly the fields that it declares, and never a field of another kind', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  const { people } = await seedDemo(context);
  const given = new Set<string>();
  for (const part of parts) {
    for (const personId of [people.pupil, people.guardian, people.teacher, people.administrator]) {
      for (const row of await part.read(context, personId)) {
        assert.deepEqual(Object.keys(row).sort(), Object.keys(part.fields).sort(), part.code);
        given.add(part.code);
      }
    }
  }
  for (const code of ['record', 'affiliations', 'classes', 'guardianships', 'roles']) assert.ok(given.has(code), code);
  assert.equal(new Set(parts.map(({ code }) => code)).size, parts.length, 'no code twice');
});

test('N4: docs/personal-data.md lists the parts, their fields and what is left out, as the program has them', () => {
  const text = [
    '| part | what | fields |',
    '| --- | --- | --- |',
    ...parts.map(
      ({ code, what, fields }) =>
        `| \`${code}\` | ${what.en} · ${what.vi} | ${Object.keys(fields)
          .map((name) => `\`${name}\``)
          .join(', ')} |`,
    ),
    '',
    '| left out | why |',
    '| --- | --- |',
    ...Object.entries(leftOut).map(([table, why]) => `| \`${table}\` | ${why} |`),
    '',
  ].join('\n');
  const [intro = ''] = readFileSync(guide, 'utf8').split(begins);
  const whole = `${intro}${begins}\n\n${text}`;
  if (process.env.EDUTRUST_TEST_WRITE_API) writeFileSync(guide, whole);
  assert.equal(readFileSync(guide, 'utf8'), whole, 'the parts have changed: run `npm run api` and commit it');
});
