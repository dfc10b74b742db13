import process from 'node:process';

export interface Row {
  readonly what: string;
  /** With its unit. */
  readonly value: string;
  /** What it is compared with, and the ratio. */
  readonly against?: string;
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

/**
 * {@link cpuPerOperation} of several in turn, so that a machine that is busy for a while is so for all: the lower quartile
 * of many short rounds each.
 */
export async function cpuInTurn<Name extends string>(
  operations: Readonly<Record<Name, () => unknown>>,
  { rounds = 24, count = 100 } = {},
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(operations) as Name[]; // its own keys
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const before = process.cpuUsage();
      for (let index = 0; index < count; index += 1) await operations[name]();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) figures[name].push((user + system) / 1000 / count); // the first one warms up
    }
  }
  const quartile = (values: number[]) => values.sort((one, other) => one - other)[Math.floor(rounds / 4)] ?? Number.NaN;
  return Object.fromEntries(names.map((name) => [name, quartile(figures[name])])) as Record<Name, number>;
}

export const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 3 : 0)} ms`;
