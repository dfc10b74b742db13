/** What the identity service shows people of their requests. */
export { requestKindNames, requestKinds, requestMoves } from './kinds.ts';
export { askForData, requestsOfAsker, withdrawRequest } from './requests.ts';
