import type { Database } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import type { Resource } from '@edutrust/platform/http';
import { findApp } from './apps.ts';

/** Whose an app is; nobody's when there is none: refused as another's would be. */
export async function ofApp(db: Database, clientId: string): Promise<Resource> {
  const found = await findApp(db, clientId).catch((error: unknown) => {
    if (error instanceof NotFound) return undefined;
    throw error;
  });
  return found ? { organisationId: found.organisationId } : {};
}
