/** The door of path validation. */

export { purposes } from '../certificate/extensions.ts';
export { documentSignerFault } from './document-signer.ts';
export { type PastQuestion, type PastVerdict, validateInPast } from './past.ts';
export { type PathRequest, type PathVerdict, validatePath } from './path.ts';
export { type RefusalCode, type Refused, refusals } from './reason.ts';
