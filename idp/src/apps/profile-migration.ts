import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What an app is held to, and the certificates that it may prove itself with. */
export const appProfiles: SchemaMigrations['migrations'][number] = {
  name: '020-app-profiles',
  sql: `
    ALTER TABLE idp.app
      ADD COLUMN security_profile text NOT NULL DEFAULT 'standard'
        CONSTRAINT app_security_profile_check CHECK (security_profile IN ('standard', 'fapi2', 'fapi2-signed')),
      ADD COLUMN certificates text[] NOT NULL DEFAULT '{}',
      ADD CONSTRAINT app_profile_check CHECK (security_profile = 'standard' OR (
        kind IN ('web', 'machine') AND requires_pkce AND id_token_alg <> 'RS256'
        AND (jwks IS NOT NULL OR jwks_uri IS NOT NULL OR certificates <> '{}')));
    COMMENT ON COLUMN idp.app.security_profile IS 'fapi2: FAPI 2.0 Security Profile; fapi2-signed: Message Signing too';
    COMMENT ON COLUMN idp.app.certificates IS 'base64 of the DER of each certificate that it proves itself with (RFC 8705 §2.2)';`,
};
