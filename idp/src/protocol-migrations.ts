import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { backchannelRequests } from './ciba/migration.ts';

/** What the provider's later protocols keep. */
export const protocolMigrations: SchemaMigrations['migrations'] = [backchannelRequests];
