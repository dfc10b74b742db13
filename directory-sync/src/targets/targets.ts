/** The door of the targets for the command and the journeys. */

export { runTarget } from '../engine/converge.ts';
export { examineTarget } from './doctor.ts';
export { writeLoadFile } from './load-file.ts';
export { addTarget } from './store.ts';
export { listTargets } from './views.ts';
