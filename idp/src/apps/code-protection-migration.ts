import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Between PKCE and a nonce there was a yes or no; software that knows neither is a third (`protocol.ts`). */
export const codeProtection: SchemaMigrations['migrations'][number] = {
  name: '037-code-protection',
  sql: `
    ALTER TABLE idp.app ADD COLUMN code_protection text NOT NULL DEFAULT 'pkce'
      CONSTRAINT app_code_protection_check CHECK (code_protection IN ('pkce', 'nonce', 'none'));
    COMMENT ON COLUMN idp.app.code_protection IS 'what keeps the code of another sign-in out: nonce: of an app with a secret (RFC 9700 §2.1.1); none: of a web app whose software knows neither';
    UPDATE idp.app SET code_protection = 'nonce' WHERE NOT requires_pkce;
    ALTER TABLE idp.app
      DROP CONSTRAINT app_pkce_check,
      DROP CONSTRAINT app_profile_check,
      DROP COLUMN requires_pkce,
      ADD COLUMN requires_pkce boolean NOT NULL GENERATED ALWAYS AS (code_protection = 'pkce') STORED,
      ADD CONSTRAINT app_pkce_check CHECK (code_protection = 'pkce' OR kind = 'web'
        OR (code_protection = 'nonce' AND secret_hash IS NOT NULL)),
      ADD CONSTRAINT app_profile_check CHECK (security_profile = 'standard' OR (
        kind IN ('web', 'machine') AND code_protection = 'pkce' AND id_token_alg <> 'RS256'
        AND (jwks IS NOT NULL OR jwks_uri IS NOT NULL OR certificates <> '{}')));
    COMMENT ON COLUMN idp.app.requires_pkce IS 'what processes of before this release read while they are replaced one by one';`,
};
