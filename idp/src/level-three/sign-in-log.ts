import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { EduTrustError } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { type RetentionRule, rowsBefore } from '@edutrust/platform/retention';
import { findByEducationId } from '@edutrust/registry/people';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { networkAddress } from '../throttling/networks.ts';
import { isLevelThree, signInLogMonths } from './rules.ts';

export interface Tried {
  readonly personId?: string | undefined;
  /** `signed-in`, or the code of the refusal. */
  readonly outcome: string;
  /** As the session's `acr`, or the method that was tried. */
  readonly method: string;
}

/**
 * Keeps a try to sign in with where it came from. The port is the one that reached us; behind a declared proxy its
 * `X-Client-Port` (nginx: `$remote_port`).
 */
export async function logSignIn(
  context: Pick<ServiceContext, 'config' | 'db' | 'clock'>,
  request: Pick<FastifyRequest, 'ip' | 'headers' | 'raw' | 'isBehindUndeclaredProxy'>,
  { personId, outcome, method }: Tried,
): Promise<void> {
  if (!isLevelThree(context)) return;
  const address = request.isBehindUndeclaredProxy ? null : networkAddress(request.ip);
  await sql`
    INSERT INTO idp.sign_in_log (id, at, person_id, outcome, method, address, port, organisation_id)
    VALUES (${uuidv7()}, ${context.clock.now()}, ${personId ?? null}::uuid, ${outcome}, ${method}, ${address}::inet, ${portOf(request)},
      (SELECT home_organisation_id FROM registry.person WHERE id = ${personId ?? null}::uuid))`.execute(context.db);
}

/** Runs a try; what it refuses is kept, and thrown on. */
export async function loggingRefusals<Value>(
  context: Pick<ServiceContext, 'config' | 'db' | 'clock'>,
  request: FastifyRequest,
  { typed, ...tried }: Omit<Tried, 'outcome'> & { readonly typed?: string | undefined },
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EduTrustError && error.status < 500)
      await logSignIn(context, request, {
        ...tried,
        personId: tried.personId ?? (await personOf(context, typed)),
        outcome: error.code,
      });
    throw error;
  }
}

/** Whose ID was typed; undefined for what is none, or nobody's. */
async function personOf(context: Pick<ServiceContext, 'config' | 'db'>, typed: string | undefined) {
  if (typed === undefined || !isLevelThree(context)) return undefined;
  try {
    return (await findByEducationId(context.db, typed))?.id;
  } catch (error) {
    if (error instanceof EduTrustError) return undefined;
    throw error;
  }
}

function portOf({ headers, raw, ip }: Pick<FastifyRequest, 'headers' | 'raw' | 'ip'>): number | null {
  const { remoteAddress, remotePort } = raw.socket;
  const isDirect = remoteAddress !== undefined && networkAddress(remoteAddress) === networkAddress(ip);
  if (isDirect) return remotePort ?? null;
  const told = Number(headers['x-client-port']);
  return Number.isInteger(told) && told > 0 && told < 65_536 ? told : null;
}

export interface KeptTry {
  readonly id: string;
  readonly at: Date;
  readonly person: { readonly id: string; readonly fullName: string } | null;
  readonly outcome: string;
  readonly method: string;
  readonly address: string | null;
  readonly port: number | null;
}

/** The newest tries of people of these organisations; those of nobody only for who oversees the whole department. */
export async function listTries(
  db: Database,
  scope: readonly string[],
  { onlyRefused, limit, cursor }: { readonly onlyRefused: boolean; readonly limit: number; readonly cursor?: string },
): Promise<KeptTry[]> {
  const { rows } = await sql<KeptTry>`
    SELECT l.id, l.at, CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'fullName', p.full_name) END AS person,
      l.outcome, l.method, host(l.address) AS address, l.port
    FROM idp.sign_in_log AS l LEFT JOIN registry.person AS p ON p.id = l.person_id
    LEFT JOIN registry.organisation AS o ON o.id = l.organisation_id
    WHERE (o.path && ${[...scope]}::uuid[] OR l.organisation_id IS NULL AND EXISTS (
        SELECT FROM registry.organisation AS root WHERE root.parent_id IS NULL AND root.id = ANY(${[...scope]}::uuid[])))
      ${onlyRefused ? sql`AND l.outcome <> 'signed-in'` : sql``} ${cursor ? sql`AND l.id < ${cursor}::uuid` : sql``}
    ORDER BY l.id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export const signInLogRetention: RetentionRule = {
  code: 'signIns',
  what: { vi: 'nhật ký đăng nhập có địa chỉ và cổng', en: 'sign-ins with address and port' },
  keepMonths: signInLogMonths,
  source: 'QCVN 12:2026/BCA §3.9.2.1.9 (at least 12 months)',
  erase: rowsBefore('idp.sign_in_log', 'at'),
};
