import process from 'node:process';
import { createHttpServer } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { addRoutes } from '@edutrust/platform/route';
import { accessBook } from '@edutrust/registry/accesses';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { can, rolesOf } from '@edutrust/registry/permissions';
import { createRegistry, migrations } from '@edutrust/registry/service';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { cpuInTurn, type Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess, postmasterOf } from '../processor.ts';

type Disclosures = ReturnType<typeof accessBook>;

/** What the book of looks costs (N7): a child's record read by its school, with the entry and with a book that keeps nothing. */
export async function accesses(): Promise<Row[]> {
  await using context = await testContext({ migrations: [migrations] });
  const city = await seedDemo(context);
  const book = accessBook(context);
  const kept = await readerOf(context, city, book);
  const unkept = await readerOf(context, city, { ...book, keep: async () => undefined });
  const postmaster = await postmasterOf(context.databaseUrl);
  const read = () => cpuOfProcess(process.pid) + cpuOfPostgres(postmaster);
  const { withEntry, without } = await cpuInTurn(
    { withEntry: kept.read, without: unkept.read },
    { rounds: 16, count: 40, read },
  );
  const { rows } = await context.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM registry.access');
  if (!rows[0]?.count) throw new Error('no entry was kept');
  await Promise.all([kept.close(), unkept.close()]);
  return [
    {
      what: 'a child’s record read, with its entry',
      value: `${withEntry.toFixed(2)} ms`,
      against: `${without.toFixed(2)} ms without; all CPU, PostgreSQL's too`,
      goal: { figure: withEntry - without, unit: 'ms', atMost: 1 },
    },
  ];
}

/** The registry behind the real HTTP base, and one request of it: a pupil's record by the administrator of its school. */
async function readerOf(context: TestContext, city: DemoCity, disclosures: Disclosures) {
  const { config, log, store } = context;
  const app = await createHttpServer({
    ...{ config, log, store, readiness: {}, metrics: async () => '' },
    gate: {
      can: can(context.db),
      disclosures,
      authenticate: async () => {
        const roles = await rolesOf(context, city.schools[0]?.administratorId ?? '');
        const personId = uuidv7(); // one person may not ask as often as this
        return { kind: 'person', personId, sessionId: personId, roles, acr: 'passkey', authenticatedAt: new Date() };
      },
    },
  });
  addRoutes(app, createRegistry(context, {}).routes?.() ?? []);
  await app.ready();
  const url = `/api/v1/people/${city.people.pupil}`;
  return {
    read: async () => {
      const { statusCode, body } = await app.inject({ url, remoteAddress: '127.0.0.1' });
      if (statusCode !== 200) throw new Error(`${statusCode} ${body}`);
    },
    close: () => app.close(),
  };
}
