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

export const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 3 : 0)} ms`;
