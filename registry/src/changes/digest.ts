import { sql } from 'kysely';

/**
 * SHA-256 over every change of a plan, in their order: what a person sees and approves is what is applied (D16, Q2).
 */
export function digestOf(planId: string) {
  return sql<Buffer>`(SELECT sha256(coalesce(string_agg(sha256(convert_to(c::text, 'UTF8')), ''::bytea ORDER BY action, row), ''::bytea))
    FROM registry.roster_change AS c WHERE plan_id = ${planId})`;
}
