import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { composeApp, loadPages, openContext, serviceNames } from '@edutrust/edutrust/app';
import { seedDemo as seedAccounts } from '@edutrust/idp/demo';
import type { Actor } from '@edutrust/platform/actor';
import { readConfig } from '@edutrust/platform/config';
import { answersOf, type HttpServer, type ReferredKind, visit } from '@edutrust/platform/http';
import { type DemoCity, seedDemo as seedCity } from '@edutrust/registry/demo';
import { type Role, roles } from '@edutrust/registry/permissions';
import { seedDemo as seedSigning } from '@edutrust/signing-service/demo';
import { createAuthority } from '@edutrust/signing-service/testing/authority';
import { testDatabase } from '@edutrust/testing/database';
import type pg from 'pg';
import { pino } from 'pino';
import { plantCanaries } from './canaries.ts';
import { watchBook } from './kept.ts';
import { type Belongings, idNamesDecidedOtherwise, idsDecidedOtherwise, type Row, rows } from './routes.ts';
import { secretsIn, storedSecrets } from './secrets.ts';

/** Parameters that name no thing of anybody's but what it looks like. */
const digests: Readonly<Record<string, string>> = { header: 'a'.repeat(64) };

/** What the route's access let through, answered before the handler runs: nothing is changed by asking. */
const reached = 299;
/** A name that nobody of school A may read in anything of school B. */
const canary = 'Kanari Bê';

interface World extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly city: DemoCity;
  /** Every route, `METHOD path`, as it was registered. */
  readonly registered: readonly {
    readonly name: string;
    readonly action: string | undefined;
    readonly freshWithinSeconds: number | undefined;
    readonly schema: unknown;
    readonly bodyLimit: number | undefined;
  }[];
  /** Everything that was logged, at the most talkative level. */
  readonly logged: string[];
  /** Stops before the handler. */
  readonly gateOnly: HttpServer;
  /** Answers. */
  readonly whole: HttpServer;
  readonly things: Readonly<Record<'own' | 'other' | 'above', Belongings>>;
}

async function openWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await testDatabase([]));
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-routes-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'secret.key'), '5a'.repeat(32));
  const config = readConfig({
    DATABASE_URL: database.url,
    EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
    EDUTRUST_DATA: join(directory, 'var'),
  });
  const logged: string[] = [];
  const log = pino(
    { level: 'trace' },
    new Writable({
      write: (line, _encoding, done) => {
        logged.push(String(line));
        done();
      },
    }),
  );
  const context = await openContext(config, log, { serves: false });
  stack.defer(() => context.close());
  const city = await seedCity(context);
  await seedAccounts(context, city);
  await seedSigning(context, city);
  const authenticate = async ({ headers }: { headers: Record<string, unknown> }): Promise<Actor | null> =>
    typeof headers['x-actor'] === 'string' ? actorOf(headers['x-actor']) : null;
  const registered: World['registered'][number][] = [];
  const pages = await loadPages();
  const gate = await composeApp(context, serviceNames, pages, {
    authenticate,
    onServer: (app) => {
      app.addHook('onRoute', ({ method, url, config, schema, bodyLimit }) => {
        const access = config?.access;
        const { action, freshWithinSeconds } = access?.kind === 'action' ? access : {};
        // Fastify adds HEAD beside each GET.
        if (method !== 'HEAD')
          registered.push({ name: `${method} ${url}`, action, freshWithinSeconds, schema, bodyLimit });
      });
      app.addHook('preHandler', async (_request, reply) => reply.code(reached).send({}));
    },
  });
  const whole = await composeApp(context, serviceNames, pages, { authenticate });
  for (const { app } of [gate, whole]) {
    await app.ready();
    stack.defer(() => app.close());
  }
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const { pool } = database;
  const things = {
    own: await makeBelongings(pool, primary.id, city),
    other: await makeBelongings(pool, lower.id, city),
    above: await makeBelongings(pool, city.departmentId, city),
  };
  await pool.query('UPDATE registry.person SET full_name = $1 WHERE id = $2', [canary, things.other.person]);
  const kept = stack.move();
  return {
    pool,
    city,
    registered,
    logged,
    gateOnly: gate.app,
    whole: whole.app,
    things,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function actorOf(header: string): Actor {
  const {
    role,
    organisation,
    ageSeconds = 0,
    person,
  } = JSON.parse(header) as {
    role?: Role;
    organisation?: string;
    ageSeconds?: number;
    person: string;
  };
  return {
    kind: 'person',
    personId: person,
    sessionId: 'a session',
    roles: role && organisation ? [{ role, organisationId: organisation }] : [],
    acr: 'passkey',
    authenticatedAt: new Date(Date.now() - ageSeconds * 1000),
  };
}

/** Things of every kind that belong to the organisation, by the tables: what matters here is whose they are. */
async function makeBelongings(pool: pg.Pool, organisation: string, city: DemoCity): Promise<Belongings> {
  const one = async (text: string, values: unknown[] = [organisation]): Promise<string> => {
    const { rows: found } = await pool.query<{ id: string }>(text, values);
    assert.ok(found[0], text);
    return found[0].id;
  };
  const name = `${canary} ${organisation}`;
  const person = await one(
    "SELECT person_id AS id FROM registry.affiliation WHERE organisation_id = $1 AND valid_until IS NULL AND role <> 'guardian' ORDER BY role, person_id LIMIT 1",
  );
  const target = await one(
    `INSERT INTO sync.target (id, name, kind, settings, sealed_secret, contract, organisation_id)
     VALUES (gen_random_uuid(), left($2, 60), 'ldap', '{}', '', '{"learners": [], "others": [], "roles": ["learner"]}', $1)
     RETURNING id`,
    [organisation, name],
  );
  const client = await one(
    `INSERT INTO sync.client (id, name, kind, organisation_id, contract, may_write, token_sha256)
     VALUES (gen_random_uuid(), left($2, 60), 'scim', $1, '{"learners": ["name"], "others": ["name"], "roles": ["learner"]}', false,
       sha256(gen_random_uuid()::text::bytea)) RETURNING id`,
    [organisation, name],
  );
  const makeTransfer = (side: 'from' | 'to') =>
    one(
      `INSERT INTO registry.transfer (id, person_id, from_id, to_id, asked_side, asked_by, note, state, asked_at, expires_at, closed_at)
       SELECT gen_random_uuid(), $2, CASE $4 WHEN 'from' THEN $1::uuid ELSE o.id END, CASE $4 WHEN 'from' THEN o.id ELSE $1::uuid END,
         'from', $2, $3, 'withdrawn', now(), now(), now()
       FROM registry.organisation AS o WHERE o.id <> ALL($5::uuid[]) LIMIT 1 RETURNING id`,
      [organisation, person, name, side, [city.departmentId, ...city.schools.slice(0, 2).map(({ id }) => id)]],
    );
  return {
    organisation,
    person,
    class: await one(
      `INSERT INTO registry.class (id, organisation_id, school_year, code, grade)
       VALUES (gen_random_uuid(), $1, 2026, '5X', 5) RETURNING id`,
    ),
    guardianship: await one(
      `INSERT INTO registry.guardianship (id, guardian_id, child_id, relation, valid_from)
       SELECT gen_random_uuid(), $2, person_id, 'guardian', '2020-01-01' FROM registry.affiliation
       WHERE organisation_id = $1 AND valid_until IS NULL AND role <> 'guardian' ORDER BY role, person_id DESC LIMIT 1 RETURNING id`,
      [organisation, city.people.guardian],
    ),
    role: await one(
      `INSERT INTO registry.role_assignment (id, person_id, role, organisation_id)
       VALUES (gen_random_uuid(), $2, 'teacher', $1) RETURNING id`,
      [organisation, person],
    ),
    app: await one(
      `INSERT INTO idp.app (client_id, name, purpose, kind, organisation_id, redirect_uris, post_logout_redirect_uris, scopes,
         sector, is_approved, created_at)
       VALUES ('app-' || $1::uuid, $2, '{"vi": "x", "en": "x"}', 'spa', $1::uuid, '{}', '{}', '{}', $1::uuid::text, false, now()) RETURNING client_id AS id`,
      [organisation, name],
    ),
    target,
    source: await one(
      `INSERT INTO sync.source (id, name, kind, settings, sealed_secret, organisation_id, rosters, is_whole, applies, owner_id, owner_acr)
       VALUES (gen_random_uuid(), left($2, 60), 'ldap', '{}', '', $1, '{staff}', false, false, $3, '') RETURNING id`,
      [organisation, name, person],
    ),
    question: await one(
      `INSERT INTO registry.match_question (id, organisation_id, kind, fingerprint, person_id, rule, score, reasons, facts, asked_at)
       VALUES (gen_random_uuid(), $1, 'learner', '', $2, 'looks-alike', 60, '{}', '{}', now()) RETURNING id`,
      [organisation, person],
    ),
    run: await one(
      `INSERT INTO sync.run (id, target_id, mode, state, totals, started_at)
       VALUES (gen_random_uuid(), $1, 'plan', 'done', '{"added":0,"changed":0,"disabled":0,"unchanged":0,"failed":0}', now())
       RETURNING id`,
      [target],
    ),
    client,
    webhook: await one(
      `INSERT INTO sync.webhook (id, client_id, url, types, scheme, sealed_secret, position, next_at)
       VALUES (gen_random_uuid(), $1, 'https://sis.example.edu.vn', '{person.changed}', 'v1', '', 0, now()) RETURNING id`,
      [client],
    ),
    export: await one(
      `INSERT INTO sync.export (id, client_id, format, schedule) VALUES (gen_random_uuid(), $1, 'csv', 'none') RETURNING id`,
      [client],
    ),
    sealingMachine: await one(
      `INSERT INTO signing.sealing_machine (id, organisation_id, person_id, name, state, public_key, token_sha256,
         certificate, certificate_until, issuers, crls, ocsp_responses, approval_id, created_at)
       SELECT gen_random_uuid(), $1, person_id, $2, 'refused', '', sha256($2::text::bytea), $3, now(), '{}', '{}', '{}',
         gen_random_uuid(), now() FROM registry.affiliation
       WHERE organisation_id = $1 AND role = 'staff' AND valid_until IS NULL LIMIT 1 RETURNING id`,
      [organisation, name, createAuthority().anchors[0]],
    ),
    enrolment: await one(
      `INSERT INTO signing.enrolment (id, person_id, organisation_id, title, state, custody, approval_code, created_at, device_name,
         credential_id, credential_public_key, credential_counter, transports, is_synced, attestation_object, prf_salt, public_key_spki)
       VALUES (gen_random_uuid(), $2, $1, $3, 'awaiting-approval', 'hsm', '123 456', now(), 'phone', gen_random_uuid()::text, '', 0,
         '{}', false, '', '', '') RETURNING id`,
      [organisation, person, name],
    ),
    request: await one(
      `WITH file AS (
         INSERT INTO signing.document (id, bytes, sha256, size_bytes, pages, created_at)
         SELECT id, id::text::bytea, sha256(id::text::bytea), 36, 1, now() FROM (SELECT gen_random_uuid() AS id) AS new RETURNING id)
       INSERT INTO signing.request (id, kind, title, organisation_id, signer_id, signer_title, state, code, unsigned_document_id, created_at)
       SELECT gen_random_uuid(), 'transcript', $3, $1, $2, 'x', 'waiting', gen_random_uuid()::text, id, now()
       FROM file RETURNING id`,
      [organisation, city.people.principal, name],
    ),
    transcriptRun: await one(
      `INSERT INTO signing.transcript_run (id, class_id, organisation_id, input, total, state, created_at)
       SELECT gen_random_uuid(), id, $1::uuid, '{}', 0, 'done', now() FROM registry.class
       WHERE organisation_id = $1::uuid AND code = '5X' LIMIT 1 RETURNING id`,
    ),
    certificate: await one(
      `INSERT INTO certs.certificate (serial, issuer_id, profile, subject, organisation_id, request_key, state, tbs, der, public_key_sha256,
         not_before, not_after)
       VALUES (replace(gen_random_uuid()::text, '-', ''), 'people', 'official', $2, $1, gen_random_uuid()::text, 'issued', '', '', '',
         now(), now() + interval '1 year') RETURNING serial AS id`,
      [organisation, name],
    ),
    badge: await one(
      `INSERT INTO idp.badge (id, person_id, serial, secret_hash, code_hash, is_stand_in, issued_at, expires_at)
       VALUES (gen_random_uuid(), $1, lpad((random() * 99999999)::int::text, 8, '0'), decode(md5(random()::text), 'hex'),
         decode(md5(random()::text), 'hex'), false, now(), now() + interval '1 day') RETURNING serial AS id`,
      [person],
    ),
    dataRequest: await one(
      `INSERT INTO registry.data_request (id, kind, subject_id, asked_as, wish, organisation_id, state, received_at, acknowledge_by, due_at)
       VALUES (gen_random_uuid(), 'erase', $2, 'paper', $3, $1, 'received', now(), now(), now()) RETURNING id`,
      [organisation, person, name],
    ),
    dataBreach: await one(
      `INSERT INTO registry.data_breach (id, organisation_id, found_at, what, data_kinds, measures, tells_people, report_by, created_at)
       VALUES (gen_random_uuid(), $1, now(), $2, '{basic}', '', false, now(), now()) RETURNING id`,
      [organisation, name],
    ),
    yearPlan: await one(
      `INSERT INTO registry.year_plan (id, organisation_id, school_year, state, created_at, created_by)
       VALUES (gen_random_uuid(), $1, 2026, 'applied', now(), '{"kind": "system", "name": "test"}') RETURNING id`,
    ),
    transfer: await makeTransfer('to'),
    askedTransfer: await makeTransfer('from'),
    certificateRequest: await one(
      `INSERT INTO certs.request (id, profile, organisation_id, custody, state, requested_at, reason)
       VALUES (gen_random_uuid(), 'seal', $1, 'key-store', 'waiting', now(), $2) RETURNING id`,
      [organisation, name],
    ),
  };
}

/** Where a thing's own view, or the list of its kind, says what the caller may do to it. */
const viewsOfThings: Readonly<Partial<Record<keyof Belongings, string>>> = {
  organisation: 'GET /api/v1/organisations/:id',
  class: 'GET /api/v1/classes/:id',
  person: 'GET /api/v1/people/:id',
  app: 'GET /api/v1/apps/:clientId',
  target: 'GET /api/v1/sync/targets',
  source: 'GET /api/v1/sync/sources',
  client: 'GET /api/v1/sync/clients',
  certificate: 'GET /api/v1/certificates/:serial',
};

/** N7: answers with names that are not marked, and why. */
const unmarkedAnswers: Readonly<Record<string, string>> = {
  'GET /api/v1/verify/:code': 'the document that has the code on it says so itself',
  'GET /api/v1/verify/files/:sha256': 'who knows the digest has the file, which says so itself',
  'GET /api/v1/sync/clients/:id/people/:person': 'all of it is about the person of the path: the handler says so',
  'GET /api/v1/sync/targets/:id/people/:person': 'all of it is about the person of the path: the handler says so',
  'POST /api/v1/verify': 'the file that was sent says so itself',
  'POST /api/v1/verify/diplomas':
    'who asks has said the name, the number and the birth date themselves; only initials come back',
};

const isRead = (name: string) => name.startsWith('GET ');
/** Method and path of what a route can be given a body by; nobody's things in the path. */
function writeOf(name: string): { readonly method: 'POST'; readonly url: string } | undefined {
  const [methods = '', path = ''] = name.split(' ');
  const method = methods.split(',').find((one) => one !== 'GET' && one !== 'HEAD');
  return method ? { method: method as 'POST', url: path.replace(/:[a-zA-Z]+/g, nobody).replace('*', 'x') } : undefined;
}
/** A starved machine says so (V16, E13). */
const busy = 503;
const mebibyte = 1024 * 1024;
/** E2: routes that take more, a file each. */
const largeBodies: readonly string[] = [
  'POST /api/v1/signing/organisations/:organisationId/uploads',
  'PUT /api/v1/signing/picture',
  'POST /api/v1/signing/organisations/:organisationId/seal-picture',
  'POST /api/v1/signing/classes/:id/marks/import',
  'POST /csc/v2/signatures/signDoc',
  'POST /api/v1/app-documents',
  'POST /api/v1/sealing/batches',
  'POST /api/v1/verify',
  'POST /verify',
  'POST /verify/:code',
  'PATCH /api/v1/roster/uploads/:id',
];

/** L4: what may be done without an entry in the log, and why. */
const withoutEntry: Readonly<Record<string, string>> = {
  'POST /api/v1/accounts/states': 'reads: who looked stands in the book of accesses',
  'POST /api/v1/audit/verify': 'asks for a check, which says itself what it found',
  'POST /api/v1/sync/sources/:id/runs': 'asks for a run, which has its own entry',
  'POST /api/v1/roster/uploads': 'a file on its way changes nobody: the plan that is made of it has its entry',
  'POST /api/v1/sync/exports/:id/files': 'asks for a file; who fetches it has an entry',
};

const nobody = '00000000-0000-7000-8000-000000000000';

describe('T1: every route × every role × whose things', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world?.[Symbol.asyncDispose]());

  /** Calls a route as it is registered, its parameters filled from the belongings. */
  async function call(
    name: string,
    row: Row,
    things: Belongings,
    actor?: { role?: Role; organisation?: string; ageSeconds?: number },
    app = world.gateOnly,
    more: { readonly body?: object; readonly query?: Record<string, string> } = {},
  ) {
    const [methods = '', path = ''] = name.split(' ');
    const of = row.kind === 'roles' && row.of ? things[row.of] : nobody;
    const example = row.kind === 'roles' ? row.body?.(things) : undefined;
    const body = example || more.body ? { ...example, ...more.body } : undefined;
    return app.inject({
      method: methods.split(',')[0] as 'GET',
      url: path
        .replace(/:([a-zA-Z]+)/g, (_, parameter) => things[parameter as keyof Belongings] ?? digests[parameter] ?? of)
        .replace('*', 'x'),
      headers: {
        'sec-fetch-site': 'same-origin',
        // Somebody else each time: one person may not ask as often as this table does.
        ...(actor ? { 'x-actor': JSON.stringify({ person: randomUUID(), ...actor }) } : {}),
      },
      ...(body ? { payload: body } : {}),
      ...(more.query ? { query: more.query } : {}),
    });
  }
  const actionRows = Object.entries(rows).flatMap(([name, row]) => (row.kind === 'roles' ? [{ name, row }] : []));

  test('every route has a row, and every row a route', () => {
    const names = world.registered.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !(name in rows)),
      [],
      'say in tests/house/routes.ts who may call these',
    );
    const isRoute = (name: string) => {
      const [methods = '', url = ''] = name.split(' ');
      return methods.split(',').every((method) => world.whole.hasRoute({ method: method as 'GET', url }));
    };
    assert.deepEqual(
      Object.keys(rows).filter((name) => !isRoute(name)),
      [],
      'these rows have no route any more',
    );
  });

  test('nobody gets past a route that asks who is calling, and a person without a role past one that asks for a role', async () => {
    for (const [name, row] of Object.entries(rows)) {
      if (row.kind === 'protocol') continue;
      const { statusCode } = await call(name, row, world.things.own);
      if (row.kind === 'anyone') assert.notEqual(statusCode, 401, name);
      else assert.equal(statusCode, 401, name);
      if (row.kind === 'roles') assert.equal((await call(name, row, world.things.own, {})).statusCode, 403, name);
      if (row.kind === 'signed-in')
        assert.notEqual((await call(name, row, world.things.own, {})).statusCode, 403, name);
    }
  });

  test('a role reaches what is of its organisation and below, and nothing beside or above', async () => {
    const { own, other, above } = world.things;
    const wrong: string[] = [];
    for (const { name, row } of actionRows) {
      for (const role of roles) {
        const isAllowed = row.roles.includes(role);
        const cases = row.of
          ? ([
              ['its own', own.organisation, own, isAllowed],
              ['a school below', above.organisation, own, isAllowed],
              ['another school', own.organisation, other, false],
              ['above', own.organisation, above, false],
              ['nowhere', nobody, own, false],
            ] as const)
          : row.top
            ? ([
                ['the department', above.organisation, own, isAllowed],
                ['its school', own.organisation, own, false],
              ] as const)
            : ([['its own', own.organisation, own, isAllowed]] as const);
        for (const [whose, organisation, things, expected] of cases) {
          const { statusCode } = await call(name, row, things, { role, organisation });
          // Without a resource the role is asked before the body is read.
          const isReached = statusCode === reached || (!row.of && statusCode === 400);
          if (isReached !== expected || (!isReached && ![403, 404].includes(statusCode)))
            wrong.push(`${name} as ${role} for ${whose}: ${statusCode}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  /** Every id-bearing field of every route, found in its own schemas. */
  function idFields() {
    return world.registered.flatMap(({ name, schema }) => {
      const found: {
        name: string;
        key: string;
        part: string;
        path: readonly string[];
        refersTo: string | undefined;
      }[] = [];
      for (const part of ['params', 'querystring', 'body']) {
        visit((schema as Record<string, unknown> | undefined)?.[part], [], (node, path) => {
          const isId = String(node.pattern ?? '').includes('[0-9a-f]{8}-[0-9a-f]{4}') || node.format === 'uuid';
          const field = path.findLast((step) => step !== '*') ?? '';
          if (!isId && !/Ids?$/.test(field)) return;
          const refersTo = node['x-refers-to'] as string | undefined;
          const key = `${name} ${part}.${path.join('.')}`;
          if (node.type === 'string' && !found.some((one) => one.key === key))
            found.push({ name, key, part, path, refersTo });
        });
      }
      return found;
    });
  }

  test('T9: every id in a path, a query or a body is decided by its kind, by its row, or says why it names nothing of others', () => {
    const fields = idFields();
    assert.ok(fields.length > 60, `${fields.length} fields`);
    const undecided = fields.filter(({ name, key, part, path, refersTo }) => {
      const row = rows[name];
      const isPath = part === 'params' && row?.kind === 'roles' && row.of !== undefined;
      const isOwn = (path.at(-1) ?? '') in idNamesDecidedOtherwise;
      return !refersTo && !isPath && !isOwn && !(key in idsDecidedOtherwise);
    });
    assert.deepEqual(
      undecided.map(({ key }) => key),
      [],
      'annotate with refersTo, or say in idsDecidedOtherwise why not',
    );
    const keys = new Set(fields.map(({ key }) => key));
    assert.deepEqual(
      Object.keys(idsDecidedOtherwise).filter((key) => !keys.has(key)),
      [],
      'there are no such fields',
    );
  });

  test('T9, T1: an id in a query or a body reaches what is the role’s own or below, and nothing beside, above or gone', async () => {
    const { own, other, above } = world.things;
    const wrong: string[] = [];
    let asked = 0;
    for (const { name, key, part, path, refersTo } of idFields()) {
      const row = rows[name];
      if (!refersTo || part === 'params' || row?.kind !== 'roles') continue;
      const kind = refersTo.split(' ')[0] as ReferredKind;
      const gone = { ...own, [kind]: nobody };
      for (const role of row.roles) {
        for (const [whose, organisation, things, expected] of [
          ['its own', own.organisation, own, true],
          ['a school below', above.organisation, own, true],
          ['another school', own.organisation, other, false],
          ['above', own.organisation, above, false],
          ['gone', own.organisation, gone, false],
        ] as const) {
          const isArray = path.at(-1) === '*';
          const field = path.find((step) => step !== '*') ?? '';
          const value = isArray ? [things[kind]] : things[kind];
          const set = { [field]: value };
          const { statusCode } = await call(name, row, own, { role, organisation }, world.gateOnly, {
            ...(part === 'body' ? { body: set } : { query: { [field]: String(things[kind]) } }),
          });
          asked += 1;
          const isReached = statusCode === reached;
          if (isReached !== expected || (!isReached && statusCode !== 403))
            wrong.push(`${key} as ${role} for ${whose}: ${statusCode}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(asked > 200, `${asked} requests`);
  });

  test('N7: every field of an answer by the name of a personal one is marked, or is the name of an office', () => {
    const named = /^(fullName|educationId|birthDate|email|aliases|holder|values|gender)$/;
    const isMarked = (node: unknown): boolean => {
      const { anyOf = [], ...own } = (node ?? {}) as Record<string, unknown> & { anyOf?: unknown[] };
      return own['x-personal'] === true || own['x-official'] === true || anyOf.some(isMarked);
    };
    const found: string[] = [];
    const unmarked: string[] = [];
    for (const { name, schema } of world.registered)
      for (const answer of answersOf(schema as object | undefined))
        visit(answer, [], (node, path) => {
          for (const [field, property] of Object.entries((node.properties ?? {}) as object)) {
            if (!named.test(field)) continue;
            found.push(name);
            if (!isMarked(property) && !(name in unmarkedAnswers))
              unmarked.push(`${name} ${[...path, field].join('.')}`);
          }
        });
    assert.ok(found.length > 80, `${found.length} fields`);
    assert.deepEqual(unmarked, []);
  });

  test('T1: what a thing says that the caller may do to it is what its routes let through', async () => {
    const { own, above } = world.things;
    const wrong: string[] = [];
    let compared = 0;
    for (const [of, view] of Object.entries(viewsOfThings)) {
      const viewRow = rows[view];
      assert.ok(viewRow, view);
      const acts = actionRows.filter(({ name, row }) => row.of === of && !isRead(name));
      for (const role of roles) {
        for (const organisation of [own.organisation, above.organisation]) {
          const shown = await call(view, viewRow, own, { role, organisation }, world.whole);
          if (shown.statusCode !== 200) continue;
          const { may, items } = shown.json();
          const said: string[] = may ?? items.find(({ id }: { id: string }) => id === own[of as keyof Belongings]).may;
          for (const { name, row } of acts) {
            const action = world.registered.find((route) => route.name === name)?.action ?? '';
            const { statusCode } = await call(name, row, own, { role, organisation });
            compared += 1;
            if ((statusCode === reached) !== said.includes(action))
              wrong.push(`${name} as ${role}: ${statusCode}, and ${view} says ${said}`);
          }
        }
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(compared > 150, `${compared} compared`);
  });

  test('T5: keys, roles, revocation and secrets ask an older sign-in to prove who it is', async () => {
    for (const { name, row } of actionRows) {
      const found = world.registered.find((route) => route.name === name);
      assert.equal(found?.freshWithinSeconds, row.fresh, name);
      const [role] = row.roles;
      if (row.fresh === undefined || !role) continue;
      const { organisation } = row.top ? world.things.above : world.things.own;
      const stale = await call(name, row, world.things.own, { role, organisation, ageSeconds: row.fresh + 60 });
      assert.deepEqual([stale.statusCode, stale.json().code], [401, 'session/step-up-required'], name);
    }
  });

  test('T3, N6: no list tells a school anything of another', async () => {
    const { own, other, above } = world.things;
    const lists = actionRows.filter(({ name, row }) => isRead(name) && !row.of && !row.top && !name.includes(':'));
    assert.ok(lists.length >= 9, `${lists.length} lists`);
    const seen: string[] = [];
    for (const { name, row } of lists) {
      for (const role of row.roles) {
        const mine = await call(name, row, own, { role, organisation: own.organisation }, world.whole);
        assert.equal(mine.statusCode, 200, `${name} as ${role}: ${mine.body}`);
        for (const secret of [other.person, other.organisation, above.app, other.app, other.target, other.request])
          assert.ok(!mine.body.includes(secret), `${name} as ${role} shows ${secret}`);
        const all = await call(name, row, own, { role, organisation: above.organisation }, world.whole);
        if (all.body.includes(other.organisation)) seen.push(name);
      }
    }
    assert.ok(new Set(seen).size >= 5, `who is above does see it: ${[...new Set(seen)]}`);
  });

  test('a path written otherwise is not a way around who is calling', async () => {
    for (const { name, row } of actionRows) {
      const [method = '', path = ''] = name.split(' ');
      const url = path.replace(/:[a-zA-Z]+/g, row.of ? world.things.own[row.of] : nobody);
      const variants = [
        url.replace('/api', '/%61pi'),
        url.replace('/api/v1', '/api//v1'),
        url.replace('/api/v1', '/api/./v1'),
        url.replace('/api/v1', '/x/../api/v1'),
        url.replace('/api', '/API'),
        url.replace('/v1', '%2fv1'),
        `${url}/`,
        `${url};x=1`,
        `${url}?_method=GET`,
      ];
      for (const variant of variants) {
        const { statusCode } = await world.whole.inject({
          method: method as 'GET',
          url: variant,
          headers: { 'sec-fetch-site': 'same-origin', 'x-http-method-override': 'GET' },
        });
        assert.ok([400, 401, 404].includes(statusCode), `${method} ${variant}: ${statusCode}`);
      }
    }
  });

  test('E2: a body is bounded before anybody is asked who they are, and what is larger than a mebibyte is a file', async () => {
    const writes = world.registered.filter(({ name }) => writeOf(name));
    assert.deepEqual(
      new Set(writes.filter(({ bodyLimit = 0 }) => bodyLimit > mebibyte).map(({ name }) => name)),
      new Set(largeBodies),
    );
    const open: string[] = [];
    for (const { name, bodyLimit = mebibyte } of writes) {
      if (largeBodies.includes(name)) continue;
      const { statusCode } = await world.whole.inject({
        ...writeOf(name),
        headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
        payload: `"${'a'.repeat(bodyLimit)}"`,
      });
      if (statusCode < 300 || (statusCode >= 500 && statusCode !== busy)) open.push(`${name}: ${statusCode}`);
    }
    assert.deepEqual(open, []);
  });

  test('E8: hostile JSON is a refusal at every route, and changes no prototype', async () => {
    const bodies = [
      '['.repeat(20_000) + ']'.repeat(20_000),
      `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
      '{"a":1,"a":2',
      '1e999',
      '"\\ud800"',
      'null',
      '',
    ];
    const broken: string[] = [];
    for (const { name } of world.registered) {
      const row = rows[name];
      const write = writeOf(name);
      if (!row || !write) continue;
      const [role] = row.kind === 'roles' ? row.roles : [];
      for (const payload of bodies) {
        const { statusCode, body } = await world.whole.inject({
          ...write,
          headers: {
            'sec-fetch-site': 'same-origin',
            'content-type': 'application/json',
            'x-actor': JSON.stringify({ person: randomUUID(), role, organisation: world.city.departmentId }),
          },
          payload,
        });
        if (statusCode >= 500 && statusCode !== busy)
          broken.push(`${name} ${payload.slice(0, 20)}: ${statusCode} ${body.slice(0, 200)}`);
      }
    }
    assert.deepEqual(broken, []);
    assert.ok(!('polluted' in {}));
  });

  test('L4: no act without its entry: while the log takes nothing, nothing that has one is done', async () => {
    const { pool, things, whole } = world;
    await pool.query(`CREATE FUNCTION pg_temp_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON platform.outbox FOR EACH STATEMENT EXECUTE FUNCTION pg_temp_full()`);
    const { rows: tables } = await pool.query<{ one: string }>(`
      SELECT string_agg(format('SELECT FROM %I.%I WHERE xmin::text::bigint >= $1', table_schema, table_name), ' UNION ALL ') AS one
      FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`);
    const now = async () => (await pool.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id')).rows[0]?.id;
    const hasWritten = async (since?: string) =>
      (await pool.query(`${tables[0]?.one} LIMIT 1`, [since])).rowCount !== 0;
    const done: string[] = [];
    let refused = 0;
    try {
      for (const { name, row } of actionRows) {
        if (isRead(name)) continue;
        const [role] = row.roles;
        const { organisation } = row.top ? things.above : things.own;
        const before = await now();
        const { statusCode } = await call(name, row, things.own, { role: role as Role, organisation }, whole);
        if (statusCode < 300 && (await hasWritten(before))) done.push(name);
        if (statusCode >= 500) refused += 1;
      }
    } finally {
      await pool.query('DROP TRIGGER full_disk ON platform.outbox; DROP FUNCTION pg_temp_full()');
    }
    assert.deepEqual(
      done.filter((name) => !(name in withoutEntry)),
      [],
    );
    assert.ok(refused > 10, `${refused} acts reached the log`);
  });

  /** Things of another school under the names that bodies and queries have for them. */
  const fieldsThatName: Readonly<Record<string, (of: Belongings) => string>> = {
    personId: ({ person }) => person,
    personIds: ({ person }) => person,
    into: ({ person }) => person,
    signerId: ({ person }) => person,
    actor: ({ person }) => person,
    subject: ({ person }) => person,
    organisationId: ({ organisation }) => organisation,
    parentId: ({ organisation }) => organisation,
    classId: (of) => of.class,
    requestIds: ({ request }) => request,
    q: () => 'Kanari',
  };

  // The last one: it does everything that its people may do to their own.
  test('T2, T3, T6, N1, N7: no answer to one school holds the canary of another: lists, plans, previews, errors, audit, whatever is asked for; no answer to anybody holds a stored secret; who is named has an entry, and nobody’s name is in the logs', async () => {
    const { pool, whole, things, city } = world;
    const [school, other] = city.schools;
    assert.ok(school && other);
    // The matrix lets one principal sign everywhere; here each school has its own.
    const signer = 'UPDATE signing.request SET signer_id = $2 WHERE organisation_id = $1';
    await pool.query(signer, [other.id, other.principalId]);
    const canaries = await plantCanaries(pool, city.schools);
    await plantWork(city, whole, canaries.wordOf);
    const people: readonly (readonly [Role, string])[] = [
      ['school-administrator', school.administratorId],
      ['teacher', school.teacherIds[0] ?? ''],
      ['clerk', school.clerkId ?? ''],
      ['signer', school.principalId],
    ];
    // Of a person whom everybody here may look at: a password, a badge, a PIN and a session, as they are stored.
    await plantSecrets(pool, things.own.person);
    await plantSecrets(pool, things.other.person);
    const secrets = await storedSecrets(pool);
    const bare = new Set<string>();
    const wrong = new Set<string>();
    const book = await watchBook(pool);
    const unkept = new Set<string>();
    const telling = new Set<string>();
    const statuses = new Map<number, number>();
    const broken: string[] = [];
    const seenAbove = new Set<string>();
    /** Questions about the other school's things, and about the own with one field of the other's. */
    const questions = (name: string, schema: unknown) => {
      const row = rows[name];
      const example = (of: Belongings) => (row?.kind === 'roles' ? row.body?.(of) : undefined);
      const found: { path: Belongings; body?: object | undefined; query?: Record<string, string> }[] = [
        { path: things.other, body: example(things.other) },
        { path: things.other, body: example(things.own) },
        { path: things.own, body: example(things.own) },
      ];
      for (const part of ['body', 'querystring'] as const)
        visit((schema as Record<string, unknown> | undefined)?.[part], [], (node, path) => {
          const [field = '', item] = path;
          const value = fieldsThatName[field]?.(things.other);
          if (value === undefined || node.type !== 'string') return;
          const set = { [field]: item === '*' ? [value] : value };
          found.push(
            part === 'body'
              ? { path: things.own, body: { ...example(things.own), ...set } }
              : { path: things.own, query: { [field]: value } },
          );
        });
      return found;
    };
    /** What somebody does is kept with them: whoever goes on has to be there. */
    const colleague = async () => {
      const id = randomUUID();
      await pool.query('INSERT INTO registry.person (id, education_id, full_name) VALUES ($1, $2, $3)', [
        id,
        `colleague-${id}`,
        'Ai Đó',
      ]);
      return id;
    };
    const routesByKind = Map.groupBy(world.registered, ({ name }) => (isRead(name) ? 'reads' : 'writes'));
    for (const { name, schema } of [...(routesByKind.get('reads') ?? []), ...(routesByKind.get('writes') ?? [])]) {
      const row = rows[name];
      if (!row || row.kind === 'protocol') continue; // a client's own contract: tests of directory-sync and idp
      const [methods = '', path = ''] = name.split(' ');
      for (const question of questions(name, schema)) {
        const of = row.kind === 'roles' && row.of ? question.path[row.of] : question.path.person;
        const url = path.replace(/:[a-zA-Z]+/g, of).replace('*', 'x');
        const ask = (actor: object) =>
          whole.inject({
            method: methods.split(',')[0] as 'GET',
            url,
            headers: { 'sec-fetch-site': 'same-origin', 'x-actor': JSON.stringify(actor) },
            ...(question.body ? { payload: question.body } : {}),
            ...(question.query ? { query: question.query } : {}),
          });
        for (const [role, person] of people) {
          await book.reset();
          const first = await ask({ role, organisation: school.id, person });
          // One person may not ask as often as this: a colleague goes on.
          const isTired = first.statusCode === 429;
          const reader = isTired ? await colleague() : person;
          const answer = isTired ? await ask({ role, organisation: school.id, person: reader }) : first;
          statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
          if (answer.statusCode === 500) broken.push(`${name} as ${role}: ${answer.body}`);
          const asked = `${url} ${JSON.stringify(question.body)} ${JSON.stringify(question.query)}`;
          const text = `${JSON.stringify(answer.headers)} ${answer.body}`;
          for (const leak of canaries.foreignIn(text, school.id, asked))
            wrong.add(`${name} as ${role} (${answer.statusCode}) shows ${leak}`);
          for (const column of secretsIn(text, secrets.values)) bare.add(`${name} as ${role} shows ${column}`);
          const { told, missing } = await book.missingOf(text, reader, asked);
          if (told > 0) telling.add(name);
          for (const one of missing)
            unkept.add(`${name} as ${role} (${answer.statusCode}) tells of ${one} and leaves no entry`);
        }
        if (isRead(name) && question.path === things.other) {
          for (const role of ['department-administrator', 'security-officer', 'auditor'] as const) {
            const { body } = await ask({ role, organisation: city.departmentId, person: randomUUID() });
            if (body.includes(canaries.wordOf(other.id))) seenAbove.add(name);
            for (const column of secretsIn(body, secrets.values)) bare.add(`${name} as ${role} shows ${column}`);
          }
        }
      }
    }
    assert.deepEqual([...wrong], []);
    assert.deepEqual([...bare], [], 'T6');
    for (const column of ['idp.account.password_hash', 'idp.badge.secret_hash', 'idp.pin.hash', 'idp.session.id_hash'])
      assert.ok(secrets.columns.has(column), `T6: ${column} was planted`);
    assert.deepEqual([...unkept], [], 'N7');
    assert.ok(telling.size >= 10, `N7: answers that tell of people: ${[...telling].join(', ')}`);
    assert.equal(statuses.get(429) ?? 0, 0, 'nobody was asked to wait');
    assert.deepEqual(broken, []);
    assert.ok((statuses.get(200) ?? 0) > 200 && (statuses.get(403) ?? 0) > 500, JSON.stringify([...statuses]));
    assert.ok(seenAbove.size >= 12, `who is above does see it: ${[...seenAbove].join(', ')}`);
    // N1: every name, title and subject in this city has the word in it.
    assert.ok(world.logged.length > 20, `${world.logged.length} lines were logged`);
    assert.deepEqual(
      world.logged.filter((line) => /Kanari/i.test(decodeURIComponent(line.replace(/%(?![0-9a-f]{2})/gi, '')))),
      [],
      'N1',
    );
  });
});

/** What is stored of somebody's ways to sign in. */
async function plantSecrets(pool: pg.Pool, personId: string): Promise<void> {
  await pool.query(
    `INSERT INTO idp.account (person_id, status, password_hash, user_handle, created_at)
     VALUES ($1::uuid, 'active', '$argon2id$v=19$m=19456,t=2,p=1$' || md5($1::uuid::text), decode(md5($1::uuid::text), 'hex'), now())
     ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash`,
    [personId],
  );
  await pool.query(
    `INSERT INTO idp.badge (id, person_id, serial, secret_hash, code_hash, is_stand_in, issued_at, expires_at)
     VALUES (gen_random_uuid(), $1::uuid, left(translate(md5($1::uuid::text), 'abcdef', '123456'), 8), sha256($1::uuid::text::bytea),
       sha256(('code' || $1::uuid::text)::bytea), false, now(), now() + interval '1 year')`,
    [personId],
  );
  await pool.query(
    `INSERT INTO idp.pin (person_id, kind, length, hash, made_at, failures)
     VALUES ($1::uuid, 'digits', 4, '$argon2id$pin$' || md5($1::uuid::text), now(), 0)
     ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash`,
    [personId],
  );
  await pool.query(
    `INSERT INTO idp.session (uid, id_hash, person_id, payload, device, signed_in_at, expires_at)
     VALUES (md5($1::uuid::text), sha256(('cookie' || $1::uuid::text)::bytea), $1::uuid, '{"acr":"pwd"}', 'Chrome', now(), now() + interval '1 day')`,
    [personId],
  );
}

/** What waits at the other school and names its people: a plan, and an approval; and a plan here that guesses at them. */
async function plantWork(city: DemoCity, app: HttpServer, wordOf: (schoolId: string) => string): Promise<void> {
  const [school, other] = city.schools;
  assert.ok(school && other);
  const ask = async (actor: object, url: string, payload: FormData | object) => {
    const form = payload instanceof FormData ? new Response(payload) : undefined;
    const answer = await app.inject({
      method: 'POST',
      url,
      headers: {
        'sec-fetch-site': 'same-origin',
        'x-actor': JSON.stringify(actor),
        ...(form ? { 'content-type': form.headers.get('content-type') ?? '' } : {}),
      },
      payload: form ? Buffer.from(await form.arrayBuffer()) : (payload as object),
    });
    assert.ok(answer.statusCode < 300, `${url}: ${answer.statusCode} ${answer.body}`);
    return answer;
  };
  const roster = (schoolCode: string, name: string) => {
    const form = new FormData();
    form.set(
      'file',
      new Blob([
        `Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh\n${schoolCode},6A1,7999999999,${name},01/02/2013\n`,
      ]),
      'danh-sach.csv',
    );
    return form;
  };
  const administrator = (at: { id: string; administratorId: string }) => ({
    role: 'school-administrator',
    organisation: at.id,
    person: at.administratorId,
  });
  await ask(administrator(other), '/api/v1/roster/plans', roster(other.code, `${wordOf(other.id)} An`));
  await ask(administrator(school), '/api/v1/roster/plans', roster(other.code, 'Kẻ Đoán Mò'));
  const department = {
    role: 'department-administrator',
    organisation: city.departmentId,
    person: city.people.administrator,
  };
  await ask(department, '/api/v1/roles', { personId: other.teacherIds[0], role: 'signer', organisationId: other.id });
}
