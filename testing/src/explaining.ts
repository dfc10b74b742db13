import { kyselyOn } from '@edutrust/platform/database';
import type { TestDatabase } from './database.ts';

/**
 * A pool whose questions are explained as they ran, each with the rows that its steps read; and what is written in a
 * transaction, which is taken back before it is done.
 */
export function explaining(pool: TestDatabase['pool']) {
  const plans: string[] = [];
  const client = {
    connect: async () => {
      const connection = await pool.connect();
      let isOpen = false;
      const explain = async (text: string, values: unknown[]) => {
        if (isOpen) await connection.query('SAVEPOINT explained');
        const { rows } = await connection.query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ${text}`, values);
        if (isOpen) await connection.query('ROLLBACK TO explained');
        plans.push([text, ...rows.map((row: Record<string, string>) => row['QUERY PLAN'])].join('\n'));
      };
      return {
        query: async (text: string, values: unknown[]) => {
          if (/^(?:begin|start transaction)/.test(text)) isOpen = true;
          else if (/^(?:commit|rollback)/.test(text)) isOpen = false;
          else if ((isOpen ? /^\s*(?:select|with|insert|update|delete)\b/i : /^\s*(?:select|with)\b/i).test(text))
            await explain(text, values);
          return connection.query(text, values);
        },
        release: () => connection.release(),
      };
    },
    end: async () => undefined,
  };
  // Kysely asks nothing else of a pool.
  return { db: kyselyOn(client as unknown as TestDatabase['pool']), plans };
}

/** Each step with the rows that it gave and those that it read in vain. */
export function stepsOf(plan: string): [string, number][] {
  const lines = plan.split('\n');
  return lines.flatMap((line, index): [string, number][] => {
    const rows = /rows=([\d.]+) loops=(\d+)/.exec(line);
    if (!rows) return [];
    const removed = /Rows Removed by (?:Join )?Filter: (\d+)/.exec(
      lines.slice(index + 1).find((next) => next.includes('Rows Removed') || next.includes('->')) ?? '',
    );
    return [[line, (Number(rows[1]) + Number(removed?.[1] ?? 0)) * Number(rows[2])]];
  });
}
