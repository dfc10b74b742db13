import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { actingFor } from './acting-for/migration.ts';
import { codeProtection } from './apps/code-protection-migration.ts';
import { backchannelRequests } from './ciba/migration.ts';
import { codeIndexes } from './provider/code-migration.ts';
import { registrationDefaults, registrations, registrationUses } from './registration/migration.ts';
import { appDays } from './requests/uses.ts';

/** What the provider's later protocols keep. */
export const protocolMigrations: SchemaMigrations['migrations'] = [
  backchannelRequests,
  actingFor,
  registrations,
  appDays,
  codeProtection,
  registrationDefaults,
  registrationUses,
  codeIndexes,
];
