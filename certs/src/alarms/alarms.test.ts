import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openWorkshop } from '../../testing/workshop.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { refreshRevocationLists } from '../revocation/revocation-list.ts';
import { findAlarms } from './alarms.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A workshop whose clock the test sets. */
async function openAt() {
  let offset = 0;
  const shop = await openWorkshop({ clock: { now: () => new Date(Date.now() + offset) } });
  return {
    ...shop,
    setClock: (ms: number) => {
      offset = ms;
    },
    codes: async () => (await findAlarms(shop.context)).map(({ code, about }) => (about ? `${code} ${about}` : code)),
  };
}

test('C7: with the clock an hour back nothing is issued, nothing is kept, and an alarm says so, until it is set right', async () => {
  await using shop = await openAt();
  const { db } = shop.context;
  const rows = async () =>
    (await sql<{ n: number }>`SELECT count(*) AS n FROM certs.certificate`.execute(db)).rows[0]?.n;
  // Nothing was issued lately: only the revocation lists tell how late it is.
  shop.setClock(6 * hourMs);
  await refreshRevocationLists(shop.context);
  const before = await rows();
  shop.setClock(5 * hourMs);
  await assert.rejects(shop.issue('Đồng hồ chậm'), { code: 'certificates/clock' });
  assert.equal(await rows(), before);
  assert.deepEqual(await shop.codes(), ['clock-behind']);

  // Processes whose clocks differ by seconds do not stop each other.
  shop.setClock(6 * hourMs - 5_000);
  const { der } = await shop.issue('Lệch vài giây');
  assert.deepEqual(await shop.codes(), []);
  const { notBefore } = parseCertificate(der);
  const backdatedMs = Date.now() + 6 * hourMs - notBefore.getTime();
  assert.ok(backdatedMs > 0 && backdatedMs < 10 * 60_000, 'it begins now, a few minutes back for slow clocks');
});

test('C5: a list past half of its life without a newer one is an alarm, and another when it is over', async () => {
  await using shop = await openAt();
  assert.deepEqual(await shop.codes(), []);
  shop.setClock(12.4 * hourMs);
  assert.deepEqual(await shop.codes(), [], 'the next one is due, and gets half an hour');
  shop.setClock(13 * hourMs);
  assert.deepEqual(await shop.codes(), ['list-late people', 'list-late root', 'list-late services']);
  shop.setClock(25 * hourMs);
  assert.deepEqual(await shop.codes(), ['list-over people', 'list-over root', 'list-over services']);
  await refreshRevocationLists(shop.context);
  assert.deepEqual(await shop.codes(), []);
});

test('what ends soon and was not replaced is an alarm, with what to do', async () => {
  await using shop = await openAt();
  shop.setClock(340 * dayMs);
  await refreshRevocationLists(shop.context);
  assert.deepEqual(await shop.codes(), [
    'service-ending ocsp/people',
    'service-ending ocsp/services',
    'service-ending receipts/services',
  ]);
  shop.setClock(9 * 365 * dayMs);
  await refreshRevocationLists(shop.context);
  const alarms = await findAlarms(shop.context);
  assert.deepEqual(
    alarms.filter(({ code }) => code === 'authority-ending').map(({ about }) => about),
    ['people', 'services'],
  );
  for (const { sentence } of alarms) assert.match(sentence.vi, /\. |\.$/);
});

test('C4: a revocation that is in no list yet, because the key is out of reach, is an alarm until the list is made', async () => {
  await using shop = await openAt();
  const { serial } = await shop.issue('Thu hồi lúc mất khoá');
  const { db } = shop.context;
  await sql`UPDATE certs.certificate SET revoked_at = now(), revocation_reason = 'keyCompromise' WHERE serial = ${serial}`.execute(
    db,
  );
  assert.deepEqual(await shop.codes(), ['revocation-unlisted people']);
  await refreshRevocationLists(shop.context);
  assert.deepEqual(await shop.codes(), []);
});
