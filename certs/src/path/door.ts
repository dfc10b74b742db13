/** The door of path validation. */
export { documentSignerFault } from './document-signer.ts';
export { purposes } from './extensions.ts';
export { type PastQuestion, type PastVerdict, validateInPast } from './past.ts';
export { type PathRequest, type PathVerdict, validatePath } from './path.ts';
export { type RefusalCode, type Refused, refusals } from './reason.ts';
