import { randomBytes } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { hashSecret } from '../apps/apps.ts';
import { record } from '../events.ts';
import { releasableScopes } from '../provider/claims.ts';

/** What who holds the token may register. */
export interface TokenPolicy {
  readonly organisationId: string;
  /** At most these. */
  readonly scopes: readonly string[];
  /** Apps in their sandbox alone: they meet invented people, and nobody has to approve them. */
  readonly isSandbox: boolean;
  /**
   * What its metadata leave out is as OpenID Connect Registration §2 has it, not as we would: ID tokens by RS256, and, as no
   * member says PKCE, a nonce in its place for apps with a secret.
   */
  readonly hasStandardDefaults: boolean;
  /** So many apps. */
  readonly uses: number;
  readonly expiresAt: Date;
}

/** The most that one token may do: apps, and days. */
export const mostUses = 50;
export const mostDays = 30;

/**
 * Makes an initial access token (RFC 7591 §3); it is in the answer and nowhere else.
 *
 * @throws InvalidInput `registration-tokens/unknown-scope`
 */
export async function makeToken(
  transaction: Transaction,
  { organisationId, scopes, isSandbox, hasStandardDefaults, uses, expiresAt }: TokenPolicy,
  actor: Actor,
): Promise<{ id: string; token: string }> {
  const unknown = scopes.filter((scope) => !releasableScopes.some((known) => known === scope));
  if (unknown.length > 0)
    throw new InvalidInput('registration-tokens/unknown-scope', {
      vi: `Không có phạm vi: ${unknown.join(', ')}.`,
      en: `There is no such scope: ${unknown.join(', ')}.`,
    });
  const id = uuidv7();
  const token = randomBytes(32).toString('base64url');
  await sql`
    INSERT INTO idp.registration_token (id, secret_hash, organisation_id, scopes, is_sandbox, has_standard_defaults, uses_left, expires_at)
    VALUES (${id}, ${hashSecret(token)}, ${organisationId}, ${[...scopes]}, ${isSandbox}, ${hasStandardDefaults}, ${uses}, ${expiresAt})`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'registration-token.made',
    actor,
    subject: { kind: 'registration-token', id },
    organisationId,
    data: {
      uses,
      isSandbox,
      expiresAt: expiresAt.toISOString(),
      ...(hasStandardDefaults ? { hasStandardDefaults } : {}),
    },
  });
  return { id, token };
}

/** One app more of a token; undefined for none, for one that is used up, too old or ended. Of many at once as many as are left. */
export async function useToken(
  transaction: Transaction,
  token: string,
  now: Date,
): Promise<Omit<TokenPolicy, 'uses' | 'expiresAt'> | undefined> {
  const { rows } = await sql<Omit<TokenPolicy, 'uses' | 'expiresAt'>>`
    UPDATE idp.registration_token SET uses_left = uses_left - 1
    WHERE secret_hash = ${hashSecret(token)} AND uses_left > 0 AND expires_at > ${now} AND ended_at IS NULL
    RETURNING organisation_id AS "organisationId", scopes, is_sandbox AS "isSandbox",
      has_standard_defaults AS "hasStandardDefaults"`.execute(transaction);
  return rows[0];
}

/** Nobody registers with it any longer; what was registered stays. @throws NotFound */
export async function endToken(
  transaction: Transaction,
  { id: organisationId, tokenId: id }: { readonly id: string; readonly tokenId: string },
  actor: Actor,
  now: Date,
): Promise<void> {
  const { numAffectedRows } = isUuid(id)
    ? await sql`
        UPDATE idp.registration_token SET ended_at = ${now}
        WHERE id = ${id} AND organisation_id = ${organisationId} AND ended_at IS NULL`.execute(transaction)
    : { numAffectedRows: 0n };
  if (numAffectedRows !== 1n)
    throw new NotFound('registration-tokens/not-found', {
      vi: 'Không có mã đăng ký này.',
      en: 'There is no such registration token.',
    });
  await record(transaction, {
    type: 'registration-token.ended',
    actor,
    subject: { kind: 'registration-token', id },
    organisationId,
  });
}

/** A token as whoever manages apps sees it; the token itself is kept nowhere. */
export interface KeptToken {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly isSandbox: boolean;
  readonly hasStandardDefaults: boolean;
  readonly usesLeft: number;
  readonly expiresAt: Date;
}

/** The tokens of an organisation with which an app can still be registered, the newest first. */
export async function listTokens(db: Database, organisationId: string, now: Date): Promise<KeptToken[]> {
  const { rows } = await sql<KeptToken>`
    SELECT id, scopes, is_sandbox AS "isSandbox", has_standard_defaults AS "hasStandardDefaults", uses_left AS "usesLeft", expires_at AS "expiresAt"
    FROM idp.registration_token
    WHERE organisation_id = ${organisationId} AND ended_at IS NULL AND uses_left > 0 AND expires_at > ${now}
    ORDER BY id DESC`.execute(db);
  return rows;
}
