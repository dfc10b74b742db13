import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPhone, testCity } from '../../testing/city.ts';
import { revokeEnrolment } from './certificate.ts';

const officer = { kind: 'system', name: 'test' } as const;

test('J4: an enrolment whose certificate stayed valid is asked to be revoked again, and the certificate is', async () => {
  await using world = await testCity();
  const { context } = world;
  const phone = new TestPhone(world, world.city.people.principal);
  await phone.enrolAndApprove();
  const one = async () =>
    (
      await context.pool.query<{ id: string; revoked_at: Date | null }>(
        `SELECT e.id, c.revoked_at FROM signing.enrolment AS e JOIN certs.certificate AS c ON c.serial = e.certificate_serial`,
      )
    ).rows[0];
  const { id } = (await one()) ?? { id: '' };
  // What a process leaves that dies between the two, when its job was lost or waits.
  await context.pool.query(`UPDATE signing.enrolment SET state = 'revoked', reason = 'lost', ended_at = now()`);
  await context.pool.query('DELETE FROM graphile_worker._private_jobs');
  await revokeEnrolment(context, id, 'lost', officer);
  const revokedAt = (await one())?.revoked_at;
  assert.ok(revokedAt, 'the certificate is revoked');
  await revokeEnrolment(context, id, 'replaced', officer);
  assert.deepEqual((await one())?.revoked_at, revokedAt, 'and once');
});
