import type { ContextSeed } from '@edutrust/testing/context';
import { seedDemo } from '../src/demo/demo.ts';

/** The demo city, put into a database once and copied for each test: `seedDemo` then only says who is who. */
export const demoSeed: ContextSeed = { key: 'demo', fill: seedDemo };
