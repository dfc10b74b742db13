import process from 'node:process';

/** What a figure has to reach; `unit` as it is printed. */
export interface Goal {
  readonly figure: number;
  readonly unit: '×' | '%' | 'ms' | 's' | 'MB' | 'kB';
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Row {
  readonly what: string;
  /** With its unit. */
  readonly value: string;
  /** What it is compared with. */
  readonly against?: string;
  /** Absent where nothing was promised. */
  readonly goal?: Goal;
}

/** Whether the goal is reached; undefined where there is none. */
export function isMet({ goal }: Row): boolean | undefined {
  if (!goal) return undefined;
  const { figure, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
  return figure >= atLeast && figure <= atMost; // and never when it is no number
}

/** `0.45 × (goal ≥ 0.65): missed`. */
export function judged(row: Row): string {
  if (!row.goal) return '';
  const { figure, unit, atLeast, atMost } = row.goal;
  const digits = figure < 10 ? 2 : figure < 100 ? 1 : 0;
  const wanted = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  return `${figure.toFixed(digits)} ${unit} (goal ${wanted}): ${isMet(row) ? 'met' : 'missed'}`;
}

/** CPU milliseconds (user and system) per operation: the median of five rounds after one that warms up. */
export async function cpuPerOperation(operation: () => unknown, rounds = 400): Promise<number> {
  const round = async () => {
    const before = process.cpuUsage();
    for (let count = 0; count < rounds; count += 1) await operation();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / rounds;
  };
  await round();
  const figures: number[] = [];
  for (let count = 0; count < 5; count += 1) figures.push(await round());
  return figures.sort((one, other) => one - other)[2] ?? Number.NaN;
}

const ownCpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * {@link cpuPerOperation} of several in turn, so that a machine that is busy for a while is so for all: the lower quartile
 * of many short rounds each. `read` gives the milliseconds spent so far: CPU of this process when absent.
 */
export async function cpuInTurn<Name extends string>(
  operations: Readonly<Record<Name, () => unknown>>,
  { rounds = 24, count = 100, read = ownCpu }: { rounds?: number; count?: number; read?: () => number } = {},
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(operations) as Name[]; // its own keys
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const before = read();
      for (let index = 0; index < count; index += 1) await operations[name]();
      if (round > 0) figures[name].push((read() - before) / count); // the first one warms up
    }
  }
  return Object.fromEntries(names.map((name) => [name, quartile(figures[name])])) as Record<Name, number>;
}

/** The lower quartile: what the work costs where nothing else is in its way. */
export function quartile(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 4)] ?? Number.NaN;
}

export const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 3 : 0)} ms`;
