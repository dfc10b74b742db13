import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { allMigrations } from '@edutrust/edutrust/app';
import { testDatabase } from '@edutrust/testing/database';

const root = new URL('../..', import.meta.url).pathname;

/** Whose a schema is: only that workspace writes to it (docs/architecture.md). */
const owners: Readonly<Record<string, string>> = {
  platform: 'platform',
  registry: 'registry',
  certs: 'certs',
  idp: 'idp',
  signing: 'signing-service',
  sync: 'directory-sync',
};

/** Which tables of others a workspace reads by SQL, and why not through a door (ADR 0082). */
const readers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  registry: {
    'platform.ledger_entry': 'the evidence of an approval carries its entry of the log',
    'platform.ledger_leaf': 'and where that entry stands in the tree',
  },
  certs: {
    'registry.organisation': 'lists are narrowed to the reader’s organisations in the same statement',
    'registry.person': 'a request names its person; renewal leaves out who has left',
  },
  idp: {
    'platform.ledger_entry': 'a person’s own history is read from the log',
    'registry.affiliation': 'a sign-in reads who is named, and which apps are theirs, in one statement (R2)',
    'registry.enrolment': 'one statement says which lesson a pupil sits in, at each sign-in of one',
    'registry.education_id_alias': 'an ID of a merged record signs in the one that stays',
    'registry.organisation': 'which apps a school has, and where people signed in',
    'registry.person': 'claims are what the registry says at that moment',
    'registry.role_assignment': 'two people see the roles of whom they let in',
  },
  'signing-service': {
    'certs.authority': 'what revoking an authority would stop is counted over both',
    'certs.certificate': 'a signature is made only while its certificate is valid, in the same transaction (ADR 0036)',
    'certs.responder': 'as certs.authority',
    'registry.approval': 'an enrolment shows how far its approval is',
    'registry.class': 'documents name the class they are of (ADR 0036)',
    'registry.enrolment': 'who belonged to the class in that year (ADR 0036)',
    'registry.organisation': 'documents name their organisation; lists are narrowed to the reader’s (ADR 0036)',
    'registry.person': 'documents name their learner and signers (ADR 0036)',
  },
  'directory-sync': {
    'registry.affiliation': 'filters of SCIM become SQL over who belongs where',
    'registry.class': 'OneRoster’s classes, filtered in SQL',
    'registry.enrolment': 'and who is in them',
    'registry.organisation': 'and over the organisations that a client system reads',
    'registry.person': 'as registry.affiliation',
  },
  platform: {},
};

const owned = Object.keys(owners).join('|');
const bySql = new RegExp(
  `\\b(FROM|JOIN|INTO|UPDATE|DELETE FROM|TRUNCATE|TABLE)\\s+(${owned})\\.([a-z_]+)\\b(?!\\s*\\()`,
  'g',
);
const byBuilder = new RegExp(
  `\\b(selectFrom|innerJoin|leftJoin|insertInto|updateTable|deleteFrom)\\(\\s*'(${owned})\\.([a-z_]+)`,
  'g',
);
const reads = new Set(['FROM', 'JOIN', 'selectFrom', 'innerJoin', 'leftJoin']);

/** The tables of other workspaces that SQL in a workspace names. */
function foreignTables(workspace: string) {
  const files = globSync(`${workspace}/src/**/*.ts`, { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts') && !/\/(testing\/|test-)/.test(file),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(bySql), ...text.matchAll(byBuilder)]
      .filter(([, , schema = '']) => owners[schema] !== workspace)
      .map(([, how = '', schema, table]) => ({ file, isRead: reads.has(how), table: `${schema}.${table}` }));
  });
}

for (const [workspace, known] of Object.entries(readers)) {
  test(`H1: SQL of ${workspace} writes to no other schema and reads from others only what is listed with its reason`, () => {
    const found = foreignTables(workspace);
    assert.deepEqual(
      found.filter(({ isRead }) => !isRead),
      [],
      'ask the workspace whose table it is',
    );
    assert.deepEqual(
      found.filter(({ table }) => !(table in known)),
      [],
      'ask through a door, or add the table with the reason (ADR 0082)',
    );
    const named = new Set(found.map(({ table }) => table));
    assert.deepEqual(
      Object.keys(known).filter((table) => !named.has(table)),
      [],
      'no longer read: take it from the list',
    );
  });
}

/** Foreign keys without an index, and why what they point to is never looked for in them. */
const unindexed: Readonly<Record<string, string>> = {
  'certs.authority (issuer_id)': 'a handful of rows',
  'certs.authority (key_id)': 'a handful of rows',
  'certs.responder (issuer_id)': 'a handful of rows',
  'certs.responder (key_id)': 'a handful of rows',
  'certs.request (key_id)': 'keys stay',
  'registry.approval (approver_id)': 'people stay: who is erased keeps an empty record',
  'registry.approval_act (person_id)': 'people stay',
  'registry.approval_collect (person_id)': 'people stay',
  'registry.roster_undo (person_id)': 'people stay',
  'registry.person (home_organisation_id)': 'organisations stay',
  'registry.role_assignment (organisation_id)': 'organisations stay',
  'registry.year_plan_school (organisation_id)': 'organisations stay',
  'registry.transfer (class_id)': 'classes stay',
  'registry.data_request (approval_id)': 'approvals stay',
  'registry.roster_plan (approval_id)': 'approvals stay',
  'registry.year_plan (approval_id)': 'approvals stay',
  'idp.consent (client_id)': 'an app that goes is rare and takes its time',
  'idp.guardian_consent (client_id)': 'as idp.consent',
  'signing.remote_authorisation (enrolment_id)': 'enrolments stay',
  'signing.session (enrolment_id)': 'enrolments stay',
};

test('what points to a row that may go has an index: a row that goes reads no whole table', async () => {
  await using database = await testDatabase(allMigrations);
  const { rows } = await database.pool.query<{ name: string }>(
    `
    SELECT c.conrelid::regclass || ' (' || string_agg(a.attname, ', ' ORDER BY k.place) || ')' AS name
    FROM pg_constraint AS c JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (number, place) ON true
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number
    WHERE c.contype = 'f' AND c.connamespace::regnamespace::text = ANY($1) AND NOT EXISTS (
      SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indisvalid AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
    GROUP BY c.oid, c.conrelid ORDER BY 1`,
    [Object.keys(owners)],
  );
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(unindexed).sort(),
  );
});
