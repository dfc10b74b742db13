import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { dataProtectionMigration } from './data-requests/migration.ts';
import { guardianLimits } from './guardians/migration.ts';
import { listMigration } from './people/list-migration.ts';

/** Migrations of capabilities that bring their own, in their order. */
export const lifeMigrations: SchemaMigrations['migrations'] = [dataProtectionMigration, guardianLimits, listMigration];
