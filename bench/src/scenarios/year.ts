import process from 'node:process';
import { migrations } from '@edutrust/registry/service';
import { applyYear, beginYearPlan, prepareYear, undoYear } from '@edutrust/registry/year-plan';
import type { TestContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import type { Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess, postmasterOf } from '../processor.ts';
import { wholeCity } from '../whole-city.ts';

const cityPerSecond = Math.round(2_600_000 / 1_800);
const lookEveryMs = 5_000;

/** The whole city, every school of which begins a new school year; and all of it undone. */
export async function year(): Promise<Row[]> {
  await using whole = await wholeCity([migrations]);
  return await rollOver(whole.context); // before it is closed
}

type SchoolState = 'ready' | 'applied' | 'undone';

/**
 * A city of which every school rolls over in August: one plan, approved by two people, as its jobs do it; then undone. A
 * city is more than so many people one after another: one of the last quarter costs what one of the first did, and memory stays.
 */
export async function rollOver(context: TestContext): Promise<Row[]> {
  await sql`UPDATE registry.class SET school_year = school_year - 1`.execute(context.db); // it is the next year now
  await sql`UPDATE registry.roster_plan SET status = 'superseded' WHERE status = 'held'`.execute(context.db); // one that waits holds its schools up
  const { rows: roots } = await sql<{ id: string }>`
    SELECT id FROM registry.organisation WHERE parent_id IS NULL`.execute(context.db);
  const actor = { kind: 'system', name: 'cli' } as const;
  const id = await beginYearPlan(context, roots[0]?.id ?? '', actor);
  const postmaster = await postmasterOf(context.databaseUrl);
  const run = (end: SchoolState, work: () => Promise<void>) => watched(context, { id, end, postmaster }, work);
  const move = (state: 'applying' | 'undoing') =>
    sql`UPDATE registry.year_plan SET state = ${state} WHERE id = ${id}`.execute(context.db);
  const planned = await run('ready', () => prepareYear(context, id));
  await move('applying');
  const applied = await run('applied', () => applyYear(context, id));
  await move('undoing');
  const undone = await run('undone', () => undoYear(context, id));
  if (undone.people !== applied.people) throw new Error(`${undone.people} undone of ${applied.people}`);
  const runs = { planned, applied, undone };
  const row = (what: string, ms: number): Row => ({
    what,
    value: `${((applied.people / ms) * 1000).toFixed(0)} people/s`,
    against: `2.6 M in 30 min are ${cityPerSecond}/s`,
    goal: { figure: ((applied.people / ms) * 1000) / cityPerSecond, unit: '×', atLeast: 1 },
  });
  return [
    row(
      `new year of ${applied.schools} schools, ${applied.people.toLocaleString('en')} people: planned ${seconds(planned.ms)}, applied ${seconds(applied.ms)}`,
      planned.ms + applied.ms,
    ),
    row(`the same undone in ${seconds(undone.ms)}`, undone.ms),
    ...Object.entries(runs).map(
      ([name, { people, node, postgres, firstQuarter, lastQuarter, megabytes }]): Row => ({
        what: `… ${name}: CPU a person`,
        value: `${((node + postgres) / people).toFixed(3)} ms`,
        against: `${(node / people).toFixed(3)} of it in Node; in the first quarter ${firstQuarter.toFixed(3)}, in the last ${lastQuarter.toFixed(3)}; at most ${megabytes.toFixed(0)} MB`,
        goal: { figure: lastQuarter / firstQuarter, unit: '×', atMost: 1.2 },
      }),
    ),
  ];
}

interface Watched {
  readonly schools: number;
  readonly people: number;
  readonly ms: number;
  /** CPU, milliseconds. */
  readonly node: number;
  readonly postgres: number;
  /** CPU a person, milliseconds. */
  readonly firstQuarter: number;
  readonly lastQuarter: number;
  /** Resident at the most. */
  readonly megabytes: number;
}

async function watched(
  context: TestContext,
  { id, end, postmaster }: { readonly id: string; readonly end: SchoolState; readonly postmaster: number },
  work: () => Promise<void>,
): Promise<Watched> {
  const count = async () => {
    const { rows } = await sql<{ schools: number; people: number }>`
      SELECT count(*) AS schools, coalesce(sum(learners), 0)::int AS people FROM registry.year_plan_school
      WHERE year_plan_id = ${id} AND state = ${end}`.execute(context.db);
    return rows[0] ?? { schools: 0, people: 0 };
  };
  const cpu = () => ({ node: cpuOfProcess(process.pid), postgres: cpuOfPostgres(postmaster) });
  const started = performance.now();
  const before = cpu();
  const points = [{ people: 0, ...before }];
  let bytes = 0;
  const look = async () => {
    bytes = Math.max(bytes, process.memoryUsage.rss());
    points.push({ people: (await count()).people, ...cpu() });
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const ms = performance.now() - started;
  await look();
  const { schools, people } = await count();
  const after = points.at(-1) ?? { people: 0, ...before };
  const reached = (part: number) => points.find((point) => point.people >= part * people) ?? after;
  const perPerson = (from: number, to: number) => {
    const [one, other] = [reached(from), reached(to)];
    return (other.node + other.postgres - one.node - one.postgres) / (other.people - one.people);
  };
  return {
    schools,
    people,
    ms,
    node: after.node - before.node,
    postgres: after.postgres - before.postgres,
    firstQuarter: perPerson(0, 0.25),
    lastQuarter: perPerson(0.75, 1),
    megabytes: bytes / 1e6,
  };
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
