import process from 'node:process';
import { appendToFeed, feedTypes, readFeed } from '@edutrust/directory-sync/feed';
import { migrations } from '@edutrust/directory-sync/service';
import { uuidv7 } from '@edutrust/platform/ids';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { cpuInTurn, milliseconds, type Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess, postmasterOf } from '../processor.ts';

const people = 10_000;
const events = 1_000_000;
/** Of a quiet school: one in so many of its events is kept in the feed, the others never were. */
const quietly = 500;
const pageSize = 200;

/**
 * The event feed with a million events in it: a page by its cursor for who hears of everything, and of a school of which
 * nearly nothing is heard; and what the index over its readers costs where events are written.
 */
export async function feed(): Promise<Row[]> {
  await using context = await testContext({ migrations: [registryMigrations, migrations] });
  const { rootId, schoolIds } = await makeCrowd(context.db, people);
  const [quiet = '', busy = ''] = schoolIds;
  const last = await fill(context, quiet);
  const postmaster = await postmasterOf(context.databaseUrl);
  const read = () => cpuOfProcess(process.pid) + cpuOfPostgres(postmaster);
  const page = (organisation_id: string, after: number) => async () => {
    const reader = { organisation_id, contract: { learners: [], others: [], roles: ['learner' as const] } };
    await readFeed(context.db, reader, { after, types: feedTypes, limit: pageSize });
  };
  const middle = Math.floor(last / 2);
  const pages = await cpuInTurn(
    { city: page(rootId, middle), school: page(busy, middle), quiet: page(quiet, 0), end: page(rootId, last) },
    { rounds: 12, count: 10, read },
  );
  const write = async () => (await cpuInTurn({ write: await writing(context) }, { rounds: 12, count: 5, read })).write;
  const indexed = await write();
  await sql`DROP INDEX sync.feed_reach`.execute(context.db);
  const bare = await write();
  return [
    {
      what: `feed of ${events / 1e6} M events, a page of ${pageSize} for the city`,
      value: milliseconds(pages.city),
      against: `for a school ${milliseconds(pages.school)}; nothing new ${milliseconds(pages.end)}; all CPU`,
    },
    { what: '… for a school of which little is heard', value: milliseconds(pages.quiet) },
    {
      what: `${pageSize} events written into it`,
      value: milliseconds(indexed),
      against: `without the index over readers ${milliseconds(bare)}: ${(indexed / bare).toFixed(2)} ×`,
    },
  ];
}

/** A million events about the crowd, each reaching what `appendToFeed` would have it reach; gives the last position. */
async function fill({ db, pool }: TestContext, quiet: string): Promise<number> {
  await sql`DROP INDEX sync.feed_reach`.execute(db);
  await sql`
    INSERT INTO sync.feed (position, event_id, at, type, subject_kind, subject_id, reach)
    SELECT row_number() OVER (), gen_random_uuid(), now(), 'person.changed', 'person', p.id,
      ARRAY(SELECT above || ':' || f.role FROM unnest(o.path) AS above)
    FROM generate_series(1, ${events / people}::int) AS n, registry.person AS p
      JOIN registry.affiliation AS f ON f.person_id = p.id JOIN registry.organisation AS o ON o.id = f.organisation_id
    WHERE o.id <> ${quiet}::uuid OR abs(hashtext(p.id || '-' || n)) % ${quietly}::int = 0`.execute(db);
  await sql`CREATE INDEX feed_reach ON sync.feed USING gin (reach)`.execute(db);
  const { rows } = await sql<{ last: number }>`
    INSERT INTO sync.feed_end (last, forgotten) SELECT max(position), 0 FROM sync.feed RETURNING last`.execute(db);
  await pool.query('VACUUM ANALYZE sync.feed');
  return rows[0]?.last ?? 0;
}

/** Writes events about as many people as a page has, new ones each time. */
async function writing({ db }: TestContext): Promise<() => Promise<void>> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM registry.person ORDER BY id LIMIT ${pageSize}`.execute(db);
  return () =>
    appendToFeed(
      db,
      rows.map(({ id }) => ({
        ...{ id: uuidv7(), at: new Date(), type: 'person.changed', data: {}, organisationId: null },
        actor: { kind: 'system', name: 'bench' },
        subject: { kind: 'person', id },
      })),
    );
}
