/** The door of the sources for the command and the journeys. */

export { runSource, type SourceRun } from './run.ts';
export { readSources } from './store.ts';
