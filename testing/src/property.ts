import process from 'node:process';
import fc from 'fast-check';

/**
 * Properties (fast-check) of the suite: every run asks the same values, so that a result tells of the change and not of
 * luck. `EDUTRUST_TEST_SEED=random` (or a number) asks others; fast-check prints the seed of a failure.
 */
const { EDUTRUST_TEST_SEED: seed = '20260901' } = process.env;
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });

export { fc };
