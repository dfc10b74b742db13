import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

/** CPU milliseconds that a process has used, in all its threads that still run (Linux: `/proc/…/schedstat`, nanoseconds). */
export function cpuOfProcess(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // it ended in this moment
    }
  }
  return nanoseconds / 1e6;
}

/** The first process of the PostgreSQL server at the address: the parent of the one that answers us. */
export async function postmasterOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return Number(fieldsOf(rows[0]?.pid ?? 0)[1]);
  } finally {
    await client.end();
  }
}

/** CPU milliseconds of a PostgreSQL server: of its processes that run, and of those that have ended. */
export function cpuOfPostgres(postmaster: number): number {
  const [, , ...own] = fieldsOf(postmaster);
  const endedTicks = Number(own[11]) + Number(own[12]); // cutime and cstime, 100 a second
  let running = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(name) === postmaster || fieldsOf(Number(name))[1] === String(postmaster))
        running += cpuOfProcess(Number(name));
    } catch {
      // it ended in this moment
    }
  }
  return endedTicks * 10 + running;
}

/** `/proc/…/stat` behind the name, which may hold anything: state, parent, and so on (proc(5), fields 3 and after). */
function fieldsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
}
