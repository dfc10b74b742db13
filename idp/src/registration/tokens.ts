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
  now: Date,
): Promise<{ id: string; token: string }> {
  const unknown = scopes.filter((scope) => !releasableScopes.some((known) => known === scope));
  if (unknown.length > 0)
    throw new InvalidInput('registration-tokens/unknown-scope', {
      vi: `Không có phạm vi: ${unknown.join(', ')}.`,
      en: `There is no such scope: ${unknown.join(', ')}.`,
    });
  const id = uuidv7();
  const token = randomBytes(32).toString('base64url');
  const madeBy = actor.kind === 'person' ? actor.personId : null;
  await sql`
    INSERT INTO idp.registration_token
      (id, secret_hash, organisation_id, scopes, is_sandbox, has_standard_defaults, uses_left, expires_at, made_by, made_at)
    VALUES (${id}, ${hashSecret(token)}, ${organisationId}, ${[...scopes]}, ${isSandbox}, ${hasStandardDefaults}, ${uses},
      ${expiresAt}, ${madeBy}, ${now})`.execute(transaction);
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

type UsedToken = Omit<TokenPolicy, 'uses' | 'expiresAt'> & { readonly id: string };

/** Remembers with which token an app registered itself. */
export async function registeredWith(transaction: Transaction, clientId: string, tokenId: string): Promise<void> {
  await sql`UPDATE idp.app SET registered_with = ${tokenId} WHERE client_id = ${clientId}`.execute(transaction);
}

/** One app more of a token; undefined for none, for one that is used up, too old or ended. Of many at once as many as are left. */
export async function useToken(transaction: Transaction, token: string, now: Date): Promise<UsedToken | undefined> {
  const { rows } = await sql<UsedToken>`
    UPDATE idp.registration_token SET uses_left = uses_left - 1
    WHERE secret_hash = ${hashSecret(token)} AND uses_left > 0 AND expires_at > ${now} AND ended_at IS NULL
    RETURNING id, organisation_id AS "organisationId", scopes, is_sandbox AS "isSandbox",
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

/** What can still be done with a token. */
export const tokenStates = ['usable', 'used-up', 'expired', 'ended'] as const;

/** A token as whoever manages apps sees it; the token itself is kept nowhere. */
export interface KeptToken {
  readonly id: string;
  readonly state: (typeof tokenStates)[number];
  readonly organisationId: string;
  readonly organisation: string;
  readonly scopes: readonly string[];
  readonly isSandbox: boolean;
  readonly hasStandardDefaults: boolean;
  readonly usesLeft: number;
  readonly expiresAt: string;
  /** Null before version 044. */
  readonly madeAt: string | null;
  /** Null: at the server. */
  readonly madeBy: { readonly id: string; readonly fullName: string } | null;
  /** What was registered with it, the first first. */
  readonly apps: readonly {
    readonly clientId: string;
    readonly name: string;
    readonly registeredAt: string;
    readonly isEnded: boolean;
  }[];
}

const mostListed = 500;

/** Tokens, the newest first, with what became of each; of one organisation, or of all. */
export async function listTokens(
  db: Database,
  now: Date,
  { organisationId = null }: { readonly organisationId?: string | null } = {},
): Promise<KeptToken[]> {
  const { rows } = await sql<KeptToken & { readonly ends: Date; readonly made: Date | null }>`
    SELECT k.id, k.organisation_id AS "organisationId", o.name AS organisation, k.scopes, k.is_sandbox AS "isSandbox",
      k.has_standard_defaults AS "hasStandardDefaults", k.uses_left AS "usesLeft", k.expires_at AS ends, k.made_at AS made,
      CASE WHEN k.ended_at IS NOT NULL THEN 'ended' WHEN k.uses_left = 0 THEN 'used-up'
        WHEN k.expires_at <= ${now} THEN 'expired' ELSE 'usable' END AS state,
      CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'fullName', p.full_name) END AS "madeBy",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('clientId', a.client_id, 'name', a.name,
           'registeredAt', to_char(a.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'isEnded', a.ended_at IS NOT NULL) ORDER BY a.created_at), '[]')
       FROM idp.app AS a WHERE a.registered_with = k.id) AS apps
    FROM idp.registration_token AS k
    JOIN registry.organisation AS o ON o.id = k.organisation_id
    LEFT JOIN registry.person AS p ON p.id = k.made_by
    WHERE ${organisationId}::uuid IS NULL OR k.organisation_id = ${organisationId}
    ORDER BY k.id DESC LIMIT ${mostListed}`.execute(db);
  return rows.map(({ ends, made, ...row }) => ({
    ...row,
    expiresAt: ends.toISOString(),
    madeAt: made?.toISOString() ?? null,
  }));
}
