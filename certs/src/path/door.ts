/** The door of path validation. */

export { documentSignerFault } from './document-signer.ts';
export { type PastVerdict, validateInPast } from './past.ts';
export { type PathRequest, type PathVerdict, validatePath } from './path.ts';
export type { Refused } from './reason.ts';
