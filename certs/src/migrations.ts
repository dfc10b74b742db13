import type { SchemaMigrations } from '@edutrust/platform/migrations';

export const migrations: SchemaMigrations = {
  schema: 'certs',
  migrations: [
    {
      name: '001-authority',
      sql: `
        CREATE TABLE certs.key (
          id uuid PRIMARY KEY,
          purpose text NOT NULL,
          algorithm text NOT NULL,
          public_key bytea NOT NULL,
          sealed_private_key bytea NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON COLUMN certs.key.public_key IS 'SubjectPublicKeyInfo, DER';

        CREATE TABLE certs.certificate (
          serial text PRIMARY KEY,
          issuer_id text NOT NULL,
          profile text NOT NULL,
          subject text NOT NULL,
          person_id uuid,
          organisation_id uuid,
          request_key text NOT NULL,
          state text NOT NULL CHECK (state IN ('intent', 'issued')),
          tbs bytea NOT NULL,
          der bytea,
          not_before timestamptz NOT NULL,
          not_after timestamptz NOT NULL,
          revoked_at timestamptz,
          revocation_reason text,
          ledger_entry uuid,
          created_at timestamptz NOT NULL DEFAULT now(),
          CHECK (state = 'intent' OR der IS NOT NULL)
        );
        COMMENT ON COLUMN certs.certificate.serial IS 'contents of the INTEGER in lower-case hexadecimal';
        CREATE UNIQUE INDEX certificate_request ON certs.certificate (request_key) WHERE state = 'issued';
        CREATE INDEX certificate_expiry ON certs.certificate (not_after) WHERE state = 'issued';
        CREATE INDEX certificate_person ON certs.certificate (person_id);
        CREATE INDEX certificate_revoked ON certs.certificate (issuer_id) WHERE revoked_at IS NOT NULL;

        CREATE TABLE certs.authority (
          id text PRIMARY KEY,
          name text NOT NULL,
          purpose text NOT NULL,
          issuer_id text REFERENCES certs.authority,
          key_id uuid NOT NULL REFERENCES certs.key,
          certificate bytea NOT NULL
        );

        CREATE TABLE certs.responder (
          purpose text NOT NULL CHECK (purpose IN ('ocsp', 'tsa')),
          issuer_id text NOT NULL REFERENCES certs.authority,
          key_id uuid NOT NULL REFERENCES certs.key,
          certificate bytea NOT NULL,
          PRIMARY KEY (purpose, issuer_id)
        );

        CREATE TABLE certs.revocation_list (
          issuer_id text NOT NULL REFERENCES certs.authority,
          number bigint NOT NULL,
          der bytea NOT NULL,
          this_update timestamptz NOT NULL,
          next_update timestamptz NOT NULL,
          PRIMARY KEY (issuer_id, number)
        );

        CREATE TABLE certs.time_stamp (
          serial text PRIMARY KEY,
          generated_at timestamptz NOT NULL,
          message_imprint bytea NOT NULL
        );`,
    },
    {
      name: '002-generations-deltas-stores',
      sql: `
        ALTER TABLE certs.key
          ADD COLUMN store text NOT NULL DEFAULT 'soft' CHECK (store IN ('soft', 'pkcs11', 'offline')),
          ALTER COLUMN sealed_private_key DROP NOT NULL,
          ADD CHECK ((store = 'soft') = (sealed_private_key IS NOT NULL));
        COMMENT ON COLUMN certs.key.store IS 'where the private key is: sealed here, in the token, or kept apart';

        ALTER TABLE certs.authority
          ADD COLUMN role text NOT NULL DEFAULT 'root' CHECK (role IN ('root', 'people', 'services')),
          ADD COLUMN retired_at timestamptz;
        UPDATE certs.authority SET role = id;
        ALTER TABLE certs.authority ALTER COLUMN role DROP DEFAULT;
        CREATE UNIQUE INDEX authority_current ON certs.authority (role) WHERE retired_at IS NULL;

        CREATE TABLE certs.cross_certificate (
          sha256 bytea PRIMARY KEY,
          certificate bytea NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now()
        );

        ALTER TABLE certs.certificate
          ADD COLUMN public_key_sha256 bytea,
          ADD COLUMN listed_in bigint,
          ADD COLUMN released_at timestamptz;
        COMMENT ON COLUMN certs.certificate.public_key_sha256 IS 'of SubjectPublicKeyInfo; null for certificates of before';
        COMMENT ON COLUMN certs.certificate.listed_in IS 'number of the list that first told of the last revocation or release';
        CREATE INDEX certificate_key ON certs.certificate (public_key_sha256);
        CREATE INDEX certificate_newest ON certs.certificate (issuer_id, not_before);
        CREATE INDEX certificate_changed ON certs.certificate (issuer_id, listed_in)
          WHERE revoked_at IS NOT NULL OR released_at IS NOT NULL;

        ALTER TABLE certs.revocation_list
          ADD COLUMN is_base boolean NOT NULL DEFAULT true,
          ADD COLUMN delta bytea;`,
    },
    {
      name: '003-anchors',
      sql: `
        CREATE TABLE certs.anchor (
          id uuid PRIMARY KEY,
          name text NOT NULL,
          certificate bytea NOT NULL,
          sha256 bytea NOT NULL,
          purposes text[] NOT NULL CHECK (purposes <@ ARRAY['documents', 'time-stamps'] AND purposes <> '{}'),
          trusted_from timestamptz,
          trusted_until timestamptz,
          permitted_names text[] NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(),
          ended_at timestamptz
        );
        CREATE UNIQUE INDEX anchor_trusted ON certs.anchor (sha256) WHERE ended_at IS NULL;`,
    },
    {
      name: '004-certificate-requests',
      sql: `
        CREATE TABLE certs.request (
          id uuid PRIMARY KEY,
          profile text NOT NULL CHECK (profile IN ('seal', 'official')),
          organisation_id uuid NOT NULL,
          person_id uuid,
          custody text NOT NULL CHECK (custody IN ('outside', 'key-store')),
          state text NOT NULL CHECK (state IN ('waiting', 'approved', 'issued', 'failed', 'refused', 'withdrawn')),
          public_key bytea,
          public_key_sha256 bytea,
          csr bytea,
          key_id uuid REFERENCES certs.key,
          renews text REFERENCES certs.certificate,
          requested_by uuid,
          requested_at timestamptz NOT NULL,
          decided_by uuid,
          decided_at timestamptz,
          reason text,
          certificate_serial text UNIQUE REFERENCES certs.certificate,
          CHECK ((profile = 'official') = (person_id IS NOT NULL)),
          CHECK (custody = 'key-store' OR public_key IS NOT NULL),
          CHECK (custody = 'outside' OR (person_id IS NULL AND csr IS NULL)),
          CHECK (state NOT IN ('approved', 'issued', 'failed') OR public_key IS NOT NULL),
          CHECK ((state = 'issued') = (certificate_serial IS NOT NULL)),
          CHECK (decided_by <> requested_by AND decided_by <> person_id)
        );
        COMMENT ON COLUMN certs.request.csr IS 'PKCS #10, DER: the proof of possession; null for a key that was certified before';
        COMMENT ON COLUMN certs.request.requested_by IS 'null: the program, which renews seals of the key store by itself';
        CREATE UNIQUE INDEX request_open
          ON certs.request (organisation_id, person_id, public_key_sha256, renews) NULLS NOT DISTINCT
          WHERE state IN ('waiting', 'approved');
        CREATE INDEX request_organisation ON certs.request (organisation_id, id);
        CREATE INDEX request_renews ON certs.request (renews);`,
    },
    {
      name: '005-key-of-every-certificate',
      // What was issued before 002 was found by no search for its key: neither revoked with its enrolment nor refused as
      // a shared key. TBSCertificate (RFC 5280 §4.1.2): the key is the seventh member, after an optional [0] version.
      sql: `
        CREATE FUNCTION pg_temp.element_end(der bytea, start int) RETURNS int LANGUAGE plpgsql AS $$
        DECLARE
          length int := get_byte(der, start + 1);
          value int := 0;
        BEGIN
          IF length < 128 THEN RETURN start + 2 + length; END IF;
          FOR i IN 1 .. length - 128 LOOP value := value * 256 + get_byte(der, start + 1 + i); END LOOP;
          RETURN start + 2 + length - 128 + value;
        END $$;
        CREATE FUNCTION pg_temp.public_key_of(tbs bytea) RETURNS bytea LANGUAGE plpgsql AS $$
        DECLARE
          length int := get_byte(tbs, 1);
          at int := CASE WHEN length < 128 THEN 2 ELSE 2 + length - 128 END;
        BEGIN
          IF get_byte(tbs, at) = 160 THEN at := pg_temp.element_end(tbs, at); END IF;
          FOR i IN 1 .. 5 LOOP at := pg_temp.element_end(tbs, at); END LOOP;
          RETURN substring(tbs FROM at + 1 FOR pg_temp.element_end(tbs, at) - at);
        END $$;
        UPDATE certs.certificate SET public_key_sha256 = sha256(pg_temp.public_key_of(tbs))
          WHERE public_key_sha256 IS NULL;
        DROP FUNCTION pg_temp.public_key_of(bytea), pg_temp.element_end(bytea, int);
        ALTER TABLE certs.certificate ALTER COLUMN public_key_sha256 SET NOT NULL;
        COMMENT ON COLUMN certs.certificate.public_key_sha256 IS 'of SubjectPublicKeyInfo';`,
    },
    {
      name: '006-request-approvals',
      sql: `
        ALTER TABLE certs.request ADD COLUMN approval_id uuid UNIQUE;
        COMMENT ON COLUMN certs.request.approval_id IS 'registry.approval that covers it; null for what the program renewed';`,
    },
    {
      name: '007-receipts',
      sql: `
        ALTER TABLE certs.responder DROP CONSTRAINT responder_purpose_check,
          ADD CHECK (purpose IN ('ocsp', 'tsa', 'receipts'));`,
    },
  ],
};
