/** The door of what takes two people: kinds are values of their owners; everything else about them is here, once. */

export { markApplied } from './approve.ts';
export { type EvidenceVerdict, listDecided, mustBeApproved, verifyApproval } from './evidence.ts';
export type {
  ApprovalKind,
  ApprovalPorts,
  Fact,
  GivenCredential,
} from './kind.ts';
export { ProposedApproval, propose, withdrawProposal } from './propose.ts';
export { mustNotBeRecovered, recordCredentialAct, recordCredentialsChosen } from './rules.ts';
export { createApprovals } from './service.ts';
