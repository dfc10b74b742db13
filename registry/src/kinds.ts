import type { ApprovalKind } from './approvals/approvals.ts';
import { applyRosterKind } from './changes/approval.ts';
import { eraseKind } from './erasure/approval.ts';
import { correctKind } from './people/correction.ts';
import { mergeKind } from './people/merge-approval.ts';
import { splitKind } from './people/split.ts';
import { endRoleKind, grantRoleKind } from './permissions/role-approvals.ts';
import { applyYearKind, undoYearKind } from './year-plan/approval.ts';

/** The acts of this workspace that take two people. */
export const registryKinds: readonly ApprovalKind[] = [
  grantRoleKind,
  endRoleKind,
  mergeKind,
  splitKind,
  correctKind,
  applyRosterKind,
  eraseKind,
  applyYearKind,
  undoYearKind,
];
