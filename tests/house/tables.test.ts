import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

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
