import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { testIdp } from '@edutrust/idp/testing/idp';
import { getPerson } from '@edutrust/registry/people';
import { protectedRoles, rolesOf } from '@edutrust/registry/permissions';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';

type World = Awaited<ReturnType<typeof testIdp>>;

/**
 * Q3: an operator with SQL and without the key, who also is somebody small: a teacher with a session, a password and a
 * code of their own. Each attempt writes rows; nobody may come in as somebody else, more strongly, or with a role more.
 */
describe('Q3: an operator with SQL and without the key', () => {
  let world: World;
  let own: TestBrowser;
  let puppet: string;
  let victim: string;
  const cookieName = 'edutrust.session';

  before(async () => {
    world = await testIdp();
    puppet = world.city.people.teacher;
    victim = world.city.people.administrator;
    own = new TestBrowser();
    await world.signIn(own, await world.activate(puppet));
    await world.enter(victim);
  });
  after(() => world?.[Symbol.asyncDispose]());

  const query = async <Row>(text: string, values: unknown[] = []) =>
    (await world.context.pool.query(text, values)).rows as Row[];
  const hashOf = (text: string) => createHash('sha256').update(text).digest();
  const cookie = () => {
    const [name, value] = own
      .header(new URL(world.origin))
      .split('; ')
      .map((pair) => pair.split('='))
      .find(([key]) => key?.includes('session') && !key.endsWith('.sig') && !key.includes('legacy')) ?? ['', ''];
    return { name: name ?? cookieName, value: value ?? '' };
  };
  /** Who the program takes the bearer of this cookie for. */
  const whoIs = (value: string) => {
    const others = own.header(new URL(world.origin)).replace(`${cookie().name}=${cookie().value}`, '');
    return world.idp.authenticate({ headers: { cookie: `${cookie().name}=${value}; ${others}` } } as Parameters<
      World['idp']['authenticate']
    >[0]);
  };
  const sessionOf = async (personId: string) => {
    const [row] = await query<{ uid: string; attestation: Buffer; payload: { acr: string; loginTs: number } }>(
      'SELECT uid, attestation, payload FROM idp.session WHERE person_id = $1 ORDER BY created_at DESC LIMIT 1',
      [personId],
    );
    assert.ok(row);
    return row;
  };

  let attempts = 0;
  /** What is written is taken back afterwards; `work` gives the cookie that it hopes to come in with, if any. */
  function attempt(what: string, work: () => Promise<string | undefined>): void {
    attempts += 1;
    test(`Q3: ${what}`, async () => {
      const roles = await rolesOf(world.context, puppet);
      const client = await world.context.pool.connect();
      const kept: Record<string, unknown[]> = {};
      const tables = ['registry.role_assignment', 'idp.session', 'idp.account', 'idp.passkey', 'idp.activation'];
      for (const table of tables) kept[table] = (await client.query(`SELECT * FROM ${table}`)).rows;
      client.release();
      const value = await work();
      const actor = value === undefined ? null : await whoIs(value);
      if (actor?.kind === 'person') {
        assert.equal(actor.personId, puppet, 'nobody else');
        assert.equal(actor.acr, 'pwd', 'no more strongly');
        assert.ok(Date.now() - actor.authenticatedAt.getTime() >= 0);
      }
      const now = await rolesOf(world.context, puppet);
      for (const role of now)
        assert.ok(
          roles.some((before) => before.role === role.role),
          `gained ${role.role}`,
        );
      for (const table of ['idp.session', 'registry.role_assignment'])
        await query(
          `DELETE FROM ${table} WHERE NOT (to_jsonb(${table.split('.')[1]}.*) ->> '${table === 'idp.session' ? 'uid' : 'id'}' = ANY($1))`,
          [(kept[table] as { uid?: string; id?: string }[]).map((row) => row.uid ?? row.id)],
        );
    });
  }

  test('Q3: the operator is the teacher, by password', async () => {
    const actor = await whoIs(cookie().value);
    assert.ok(actor?.kind === 'person');
    assert.deepEqual([actor.personId, actor.acr], [puppet, 'pwd']);
  });

  const insertSession = (attestation: Buffer | null, personId: string) => async () => {
    const value = randomBytes(20).toString('base64url');
    const loginTs = Math.floor(Date.now() / 1000);
    await query(
      `INSERT INTO idp.session (uid, id_hash, person_id, payload, device, signed_in_at, expires_at, attestation)
       VALUES ($1, $2, $3, $4, 'x', now(), now() + interval '1 day', $5)`,
      [
        randomUUID(),
        hashOf(value),
        personId,
        JSON.stringify({ accountId: personId, acr: 'passkey', loginTs }),
        attestation,
      ],
    );
    return value;
  };
  for (const [name, make] of [
    ['none', () => null],
    ['an invented one', () => randomBytes(32)],
    ['an empty one', () => Buffer.alloc(0)],
  ] as const)
    attempt(`a session of the administrator is written, with ${name} for an attestation`, () =>
      insertSession(make(), victim)(),
    );
  attempt('a session of the administrator with the attestation of the own', async () =>
    insertSession((await sessionOf(puppet)).attestation, victim)(),
  );
  attempt("a session of the administrator with the attestation of the administrator's", async () =>
    insertSession((await sessionOf(victim)).attestation, victim)(),
  );
  for (const [what, change] of [
    ['belongs to the administrator, by its column', 'person_id = $2'],
    [
      'belongs to the administrator, by column and payload',
      `person_id = $2::uuid, payload = payload || jsonb_build_object('accountId', $2::uuid)`,
    ],
    ['was opened by a passkey', `payload = payload || '{"acr": "passkey"}' || jsonb_build_object('x', $2::text)`],
    ['was opened just now', `payload = payload || jsonb_build_object('loginTs', 99999999999, 'x', $2::text)`],
  ] as const)
    attempt(`the own session says that it ${what}`, async () => {
      const { uid, payload, attestation } = await sessionOf(puppet);
      await query(`UPDATE idp.session SET ${change} WHERE uid = $1`, [uid, victim]);
      const seen = await whoIs(cookie().value);
      await query('UPDATE idp.session SET person_id = $2, payload = $3, attestation = $4 WHERE uid = $1', [
        uid,
        puppet,
        JSON.stringify(payload),
        attestation,
      ]);
      assert.equal(seen, null);
      return undefined;
    });
  attempt("the administrator's session gets the own cookie", async () => {
    const { uid } = await sessionOf(victim);
    const value = randomBytes(20).toString('base64url');
    await query('UPDATE idp.session SET id_hash = $2 WHERE uid = $1', [uid, hashOf(value)]);
    return value;
  });

  for (const role of [...protectedRoles, 'school-administrator', 'app-owner'])
    for (const [name, attestation] of [
      ['no attestation', null],
      ['an invented one', randomBytes(32)],
    ] as const)
      attempt(`the role ${role} is written with ${name}`, async () => {
        await query(
          `INSERT INTO registry.role_assignment (id, person_id, role, organisation_id, attestation) VALUES ($1, $2, $3, $4, $5)`,
          [randomUUID(), puppet, role, world.city.departmentId, attestation],
        );
        return undefined;
      });
  attempt("the administrator's role with its attestation, for the puppet", async () => {
    await query(
      `INSERT INTO registry.role_assignment (id, person_id, role, organisation_id, attestation)
       SELECT $3, $1, role, organisation_id, attestation FROM registry.role_assignment WHERE person_id = $2 LIMIT 1`,
      [puppet, victim, randomUUID()],
    );
    return undefined;
  });
  attempt('the own role of a teacher is called another', async () => {
    await query(`UPDATE registry.role_assignment SET role = 'auditor' WHERE person_id = $1 AND role = 'teacher'`, [
      puppet,
    ]);
    assert.ok(!(await rolesOf(world.context, puppet)).some(({ role }) => role === 'auditor'));
    await query(`UPDATE registry.role_assignment SET role = 'teacher' WHERE person_id = $1 AND role = 'auditor'`, [
      puppet,
    ]);
    return undefined;
  });
  attempt('the own role is moved up to the department', async () => {
    const { departmentId } = world.city;
    const [before] = await query<{ organisation_id: string }>(
      `SELECT organisation_id FROM registry.role_assignment WHERE person_id = $1 AND role = 'teacher'`,
      [puppet],
    );
    await query(`UPDATE registry.role_assignment SET organisation_id = $2 WHERE person_id = $1 AND role = 'teacher'`, [
      puppet,
      departmentId,
    ]);
    assert.ok(!(await rolesOf(world.context, puppet)).some(({ organisationId }) => organisationId === departmentId));
    await query(`UPDATE registry.role_assignment SET organisation_id = $2 WHERE person_id = $1 AND role = 'teacher'`, [
      puppet,
      before?.organisation_id,
    ]);
    return undefined;
  });

  for (const [what, attestation] of [
    ['with its attestation', 'a.password_attestation'],
    ['with none', 'NULL'],
  ] as const)
    attempt(`the own password is written for the administrator ${what}`, async () => {
      await query(
        `UPDATE idp.account AS v SET password_hash = a.password_hash, password_attestation = ${attestation}
         FROM idp.account AS a WHERE v.person_id = $1 AND a.person_id = $2`,
        [victim, puppet],
      );
      const thief = new TestBrowser();
      const { educationId } = await getPerson(world.context.db, victim);
      assert.notEqual((await world.signIn(thief, educationId)).page?.name, 'launcher');
      await query('UPDATE idp.account SET password_hash = NULL, password_attestation = NULL WHERE person_id = $1', [
        victim,
      ]);
      return undefined;
    });
  attempt('a passkey of their own is written for the administrator', async () => {
    const mine = new TestAuthenticator(world.origin);
    const id = randomUUID();
    await query(
      `INSERT INTO idp.passkey (id, person_id, credential_id, public_key, counter, transports, is_synced, name, created_at, attestation)
       VALUES ($1, $2, $3, $4, 0, '{}', true, 'x', now(), $5)`,
      [id, victim, mine.credentialId, mine.publicKey, randomBytes(32)],
    );
    const thief = new TestBrowser();
    const shown = await thief.get(`${world.origin}/signin?return_to=/`);
    const { options, verifyPath } = shown.page?.props.passkey ?? {};
    const [account] = await query<{ user_handle: Buffer }>('SELECT user_handle FROM idp.account WHERE person_id = $1', [
      victim,
    ]);
    const credential = mine.get(options);
    const userHandle = account?.user_handle.toString('base64url') ?? '';
    const answer = await thief.json(`${world.origin}${verifyPath}`, {
      credential: { ...credential, response: { ...credential.response, userHandle } },
    });
    await query('DELETE FROM idp.passkey WHERE id = $1', [id]);
    assert.equal(answer.status, 400);
    return undefined;
  });
  attempt('the own code is written over to the administrator', async () => {
    const code = await world.code(puppet);
    await query('UPDATE idp.activation SET revoked_at = now() WHERE person_id = $1 AND used_at IS NULL', [victim]);
    await query(
      'UPDATE idp.activation SET person_id = $1 WHERE person_id = $2 AND used_at IS NULL AND revoked_at IS NULL',
      [victim, puppet],
    );
    const thief = new TestBrowser();
    const shown = await thief.post(`${world.origin}/activate`, { code });
    assert.equal(shown.page?.props.step, 'code', 'it opens nobody');
    return undefined;
  });
  for (const [what, key, value] of [
    [
      'a finished activation',
      'idp:activated:',
      { personId: '', acr: 'passkey', amr: ['pop'], epoch: '0', isPupil: false },
    ],
    ['a ticket', 'idp:activation:', { activationId: randomUUID(), personId: '' }],
  ] as const)
    attempt(`${what} of the administrator is written into the short-lived store`, async () => {
      const token = randomBytes(32).toString('base64url');
      const name = `${key}${hashOf(token).toString('hex')}`;
      await query(
        `INSERT INTO platform.short_lived (key, value, expires_at) VALUES ($1, $2, now() + interval '5 minutes')`,
        [name, JSON.stringify({ ...value, personId: victim })],
      );
      assert.equal(await world.context.store.get(name), undefined);
      assert.equal(await world.context.store.take(name), undefined);
      return undefined;
    });

  test('Q3: there are at least thirty attempts with SQL', () => assert.ok(attempts >= 30, String(attempts)));
});
