import type { KnownRow } from './row.ts';
import { linesOf, openSpool, type Spool } from './spool.ts';

/** Numbers of rows. */
export interface Rows {
  readonly size: number;
  has(row: number): boolean;
}

/** Rows that were in step when they were last read, on the disk: their fingerprints, and their cells in case they are needed. */
export interface Known extends AsyncDisposable {
  add(known: KnownRow): Promise<void> | void;
  hasAny(): boolean;
  /** Row and fingerprint, in COPY's text format. */
  marks(): AsyncIterable<Buffer>;
  those(rows: Rows): AsyncGenerator<KnownRow>;
}

export async function openKnown(): Promise<Known> {
  let spools: { readonly marks: Spool; readonly cells: Spool } | undefined;
  const put = ({ marks, cells }: NonNullable<typeof spools>, one: KnownRow): Promise<void> | void => {
    const marked = marks.write(`${one.row}\t\\\\x${one.fingerprint}\n`);
    const kept = cells.write(`${JSON.stringify([one.row, one.fingerprint, one.cells])}\n`);
    if (marked || kept) return Promise.all([marked, kept]).then(() => undefined);
  };
  return {
    add(one) {
      if (spools) return put(spools, one);
      return Promise.all([openSpool(), openSpool()]).then(([marks, cells]) => {
        spools = { marks, cells };
        return put(spools, one);
      });
    },
    hasAny: () => spools !== undefined,
    async *marks() {
      if (spools) yield* spools.marks.read();
    },
    async *those(rows) {
      if (!spools || rows.size === 0) return;
      for await (const lines of linesOf(spools.cells.read()))
        for (const line of lines) {
          const [row, fingerprint, cells] = JSON.parse(line) as [number, string, string[]];
          if (rows.has(row)) yield { row, fingerprint, cells };
        }
    },
    async [Symbol.asyncDispose]() {
      await spools?.marks[Symbol.asyncDispose]();
      await spools?.cells[Symbol.asyncDispose]();
    },
  };
}
