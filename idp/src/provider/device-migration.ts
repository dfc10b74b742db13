import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Devices without a keyboard, and the codes that they show. */
export const deviceCodes: SchemaMigrations['migrations'][number] = {
  name: '019-device-codes',
  sql: `
        ALTER TABLE idp.app DROP CONSTRAINT app_kind_check, DROP CONSTRAINT app_secret_check,
          ADD CONSTRAINT app_kind_check CHECK (kind IN ('web', 'spa', 'native', 'device', 'machine')),
          ADD CONSTRAINT app_secret_check CHECK ((kind IN ('spa', 'native', 'device')) = (secret_hash IS NULL));
        CREATE TABLE idp.device_code (LIKE idp.authorization_code INCLUDING ALL);
        COMMENT ON TABLE idp.device_code IS 'devices that wait until somebody types their code elsewhere (RFC 8628)';
        CREATE UNIQUE INDEX device_code_user ON idp.device_code ((payload->>'userCode'));
        CREATE INDEX device_code_person ON idp.device_code (person_id);
        CREATE INDEX device_code_session ON idp.device_code (session_uid);`,
};
