export { accessBook } from './keep.ts';
export { type OperationName, operations, tells } from './operations.ts';
