import { InvalidInput } from '@edutrust/platform/errors';
import { guardians } from './guardians.ts';
import { learners } from './learners.ts';
import { organisations } from './organisations.ts';
import type { Population } from './population.ts';
import { staff } from './staff.ts';

export { guardians, learners, organisations, staff };

const populations: ReadonlyMap<string, Population> = new Map(
  [learners, staff, organisations, guardians].map((one: Population) => [one.id, one]),
);

/** @throws InvalidInput `roster/no-kind` for what we cannot change by rows. */
export function populationOf(id: string): Population {
  const population = populations.get(id);
  if (population) return population;
  const list = [...populations.keys()].join(', ');
  throw new InvalidInput('roster/no-kind', {
    vi: `Không có loại danh sách «${id.slice(0, 40)}»; có: ${list}.`,
    en: `There is no roster of the kind "${id.slice(0, 40)}"; there are: ${list}.`,
  });
}
