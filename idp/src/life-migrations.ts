import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { breakGlassMigration } from './break-glass/migration.ts';
import { consentMigration } from './consent/migration.ts';
import { lessonsMigration } from './lessons/migration.ts';
import { levelThreeMigration } from './level-three/migration.ts';
import { earlierPasswordsMigration } from './password/earlier/imports.ts';
import { riskMigration } from './risk/migration.ts';
import { securityFiguresMigration } from './security-figures/figures.ts';
import { sessionsOfLeft } from './sessions/of-left-migration.ts';
import { purgedSignalMigration } from './shared-signals/migration.ts';
import { undoMigration } from './undo/migration.ts';
import { upstreamMigration } from './upstream/migration.ts';

/** Migrations of capabilities that bring their own, in their order. */
export const lifeMigrations: SchemaMigrations['migrations'] = [
  levelThreeMigration,
  upstreamMigration,
  lessonsMigration,
  earlierPasswordsMigration,
  securityFiguresMigration,
  purgedSignalMigration,
  riskMigration,
  undoMigration,
  breakGlassMigration,
  consentMigration,
  sessionsOfLeft,
];
