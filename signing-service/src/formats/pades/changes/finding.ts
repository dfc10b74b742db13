import type { LaterChange } from '../../../validation/later-change.ts';

/** One rule's finding, without its sentences. */
export type Finding = Pick<LaterChange, 'kind' | 'allowed'> & {
  readonly detail?: string;
  /** Numbers of what was added, changed or removed. */
  readonly objects?: readonly number[];
  /** Number of the field that was filled in. */
  readonly field?: number;
};
