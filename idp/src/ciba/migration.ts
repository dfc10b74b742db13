import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Sign-ins that an app asks for and a person allows on their phone (OpenID CIBA). */
export const backchannelRequests: SchemaMigrations['migrations'][number] = {
  name: '023-ciba',
  sql: `
    ALTER TABLE idp.app ADD COLUMN ciba jsonb,
      ADD CONSTRAINT app_ciba_check CHECK (ciba IS NULL OR kind = 'web');
    COMMENT ON COLUMN idp.app.ciba IS 'how it hears of an answer that was given on a phone (OpenID CIBA §4): delivery and notificationUri';
    CREATE TABLE idp.backchannel_request (LIKE idp.authorization_code INCLUDING ALL,
      handle uuid NOT NULL UNIQUE,
      client_id text NOT NULL,
      encrypted_id bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      answered_at timestamptz);
    COMMENT ON TABLE idp.backchannel_request IS 'sign-ins that apps asked for and that wait for the answer of their person';
    COMMENT ON COLUMN idp.backchannel_request.handle IS 'in the addresses of the page: good in a browser, never at the token endpoint';
    COMMENT ON COLUMN idp.backchannel_request.encrypted_id IS 'the auth_req_id, which the app is told again when it is pinged';
    CREATE UNIQUE INDEX backchannel_request_open ON idp.backchannel_request (person_id, client_id) WHERE answered_at IS NULL;
    CREATE INDEX backchannel_request_person ON idp.backchannel_request (person_id, created_at);
    CREATE INDEX backchannel_request_session ON idp.backchannel_request (session_uid);`,
};
