import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A held roster is applied by two people: what was asked for last is found from the plan. */
export const rosterApprovals: SchemaMigrations['migrations'][number] = {
  name: '016-roster-approvals',
  sql: 'ALTER TABLE registry.roster_plan ADD COLUMN approval_id uuid REFERENCES registry.approval (id);',
};
