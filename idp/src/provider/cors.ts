import type { Clock } from '@edutrust/platform/clock';
import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';

const freshMs = 30_000;
const mostOrigins = 1_000;

/** Whether an app that runs in the browser is registered at the origin (S7); known for half a minute. */
export function createAppOrigins(db: Database, clock: Clock): (origin: string) => Promise<boolean> {
  const known = new Map<string, { readonly readAt: number; readonly isApp: boolean }>();
  return async (origin) => {
    const held = known.get(origin);
    const now = clock.now().getTime();
    if (held && now - held.readAt < freshMs) return held.isApp;
    if (origin.length > 300 || !/^https?:\/\/[^\0\s/]+$/.test(origin)) return false;
    const { rows } = await sql<{ is_app: boolean }>`
      SELECT EXISTS (
        SELECT FROM idp.app AS a, unnest(a.redirect_uris) AS uri
        WHERE a.kind = 'spa' AND a.ended_at IS NULL AND (uri = ${origin} OR starts_with(uri, ${`${origin}/`}))) AS is_app`.execute(
      db,
    );
    const isApp = rows[0]?.is_app === true;
    if (known.size >= mostOrigins) known.clear();
    known.set(origin, { readAt: now, isApp });
    return isApp;
  };
}
