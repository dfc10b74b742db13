import { type Database, kyselyOn } from '@edutrust/platform/database';
import { listPeople, personClaims } from '@edutrust/registry/people';
import { migrations } from '@edutrust/registry/service';
import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { testDatabase } from '@edutrust/testing/database';
import type { Pool } from 'pg';
import type { Row } from '../measure.ts';

/** A sixth of the city: enough that whatever reads a table to its end is seen, few enough to be made in a minute. */
const many = 440_000;
const few = 10_000;
const asked = 40;

interface Person {
  readonly id: string;
  readonly educationId: string;
  readonly name: string;
}

/** What people wait for, in a city of hundreds of thousands, and what an app asks of a person in a small one and a large. */
export async function growth(): Promise<Row[]> {
  const small = await inCity(few, ({ db }, people) => claimsOf(db, people));
  const rows: Row[] = [];
  const large = await inCity(many, async ({ db, rootId }, people) => {
    rows.push(...(await searches(db, rootId, many, people)));
    return claimsOf(db, people);
  });
  rows.push({
    what: `what an app asks of a person, ${few / 1000} k → ${many / 1000} k`,
    value: `${large.toFixed(2)} ms`,
    against: `${small.toFixed(2)} ms in the small city`,
    goal: { figure: large / small, unit: '×', atMost: 1.3 },
  });
  return rows;
}

/** What people wait for who look for somebody. */
export async function searches(db: Database, rootId: string, size: number, people: readonly Person[]): Promise<Row[]> {
  const rows: Row[] = [];
  const search = async (what: string, queryOf: (person: Person) => string, atMost: number) => {
    const p95 = await slowest(people, (person) =>
      listPeople(db, { scope: [rootId], detailScope: [rootId], limit: 50, query: queryOf(person) }),
    );
    rows.push({
      what: `search by ${what}, ${size / 1000} k people`,
      value: `${p95.toFixed(1)} ms`,
      against: 'p95, wall clock',
      goal: { figure: p95, unit: 'ms', atMost },
    });
  };
  await search('education ID', ({ educationId }) => educationId, 5);
  await search('the first five digits of one', ({ educationId }) => educationId.slice(0, 5), 5);
  await search('full name without marks', ({ name }) => withoutMarks(name), 100);
  await search('given name', ({ name }) => name.split(' ').at(-1) ?? '', 100);
  return rows;
}

const claimsOf = (db: Database, people: readonly Person[]) => slowest(people, ({ id }) => personClaims(db, id), 0.5);

async function inCity<Result>(
  size: number,
  work: (city: { readonly db: Database; readonly rootId: string }, people: readonly Person[]) => Promise<Result>,
): Promise<Result> {
  await using database = await testDatabase([migrations]);
  const { rootId } = await makeCrowd(database.db, size);
  await database.pool.query('VACUUM ANALYZE');
  return await work({ db: kyselyOn(database.pool), rootId }, await somePeople(database.pool, size));
}

/** Forty who are asked about, from everywhere. */
export async function somePeople(pool: Pool, size: number): Promise<Person[]> {
  const { rows } = await pool.query<Person>(
    `SELECT id, education_id AS "educationId", full_name AS name FROM registry.person
     WHERE abs(hashtext(id::text)) % $1 = 0 ORDER BY education_id LIMIT $2`,
    [Math.floor(size / asked / 2), asked],
  );
  return rows;
}

/** The wall-clock milliseconds that a part of the questions stays below; each person is asked about once before. */
async function slowest(people: readonly Person[], ask: (person: Person) => Promise<unknown>, part = 0.95) {
  const times: number[] = [];
  for (const isWarm of [false, true]) {
    for (const person of people) {
      const from = performance.now();
      await ask(person);
      if (isWarm) times.push(performance.now() - from);
    }
  }
  times.sort((one, other) => one - other);
  return times[Math.floor((times.length - 1) * part)] ?? Number.NaN;
}

const withoutMarks = (text: string) =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D');
