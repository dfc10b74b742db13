export { findAccessAlarms, findingsBetween } from './check.ts';
export { accessBook } from './keep.ts';
export { listLooks } from './looks.ts';
export { tells } from './operations.ts';
