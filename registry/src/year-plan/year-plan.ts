export { applyYear, undoYear } from './apply.ts';
export { beginYearPlan, prepareYear } from './prepare.ts';
