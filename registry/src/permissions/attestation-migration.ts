import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A role that somebody wrote into the table gives nothing (Q3). */
export const attestedRoles: SchemaMigrations['migrations'][number] = {
  name: '012-attested-roles',
  sql: `
        ALTER TABLE registry.role_assignment ADD COLUMN attestation bytea;
        COMMENT ON COLUMN registry.role_assignment.attestation IS
          'keyed hash: this program granted the role; rows that somebody else wrote have none that is right, and give nothing';`,
};
