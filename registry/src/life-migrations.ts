import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { countsMigration } from './changes/counts-migration.ts';
import { inStepMigration } from './changes/in-step-migration.ts';
import { dataProtectionMigration } from './data-requests/migration.ts';
import { guardianLimits } from './guardians/migration.ts';
import { lifelongMigration } from './people/lifelong-migration.ts';
import { listMigration } from './people/list-migration.ts';
import { mergeMigration } from './people/merge-migration.ts';
import { mergedMigration } from './people/merged-migration.ts';
import { uploadMigration } from './roster/uploads/migration.ts';
import { transferMigration } from './transfers/migration.ts';
import { yearPlanMigration } from './year-plan/migration.ts';

/** Migrations of capabilities that bring their own, in their order. */
export const lifeMigrations: SchemaMigrations['migrations'] = [
  dataProtectionMigration,
  guardianLimits,
  transferMigration,
  yearPlanMigration,
  countsMigration,
  listMigration,
  uploadMigration,
  mergeMigration,
  lifelongMigration,
  inStepMigration,
  mergedMigration,
];
