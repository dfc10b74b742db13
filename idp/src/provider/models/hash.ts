import { createHash } from 'node:crypto';
import { sql } from 'kysely';

/** What bearers present is stored as its SHA-256: a copy of the tables opens nothing. */
export function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}

export const inSeconds = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;
