/** The door of the targets for the command and the journeys. */

export { type RunResult, runTarget } from '../engine/converge.ts';
export { type Diagnosis, examineTarget } from './doctor.ts';
export { addTarget, type NewTarget } from './store.ts';
export { listTargets, type TargetView } from './views.ts';
