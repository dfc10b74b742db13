import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { accessMigration } from './accesses/migration.ts';
import { applyingMigration } from './changes/applying-migration.ts';
import { rosterApprovals } from './changes/approval-migration.ts';
import { undoMigration } from './changes/undo-migration.ts';
import { lifeMigrations } from './life-migrations.ts';
import { archiveMigration } from './lifecycle/archive-migration.ts';
import { matchMigration } from './matching/migration.ts';
import { noticeAddresses } from './notices/address-migration.ts';
import { attestedRoles } from './permissions/attestation-migration.ts';

export const migrations: SchemaMigrations = {
  schema: 'registry',
  migrations: [
    {
      name: '001-people',
      sql: `
        CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
        CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

        -- What people type without marks: «dang thi anh nguyet». Immutable, because the dictionary never changes here.
        CREATE FUNCTION registry.fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
          AS $$ SELECT lower(public.unaccent('public.unaccent', normalize($1, NFC))) $$;

        CREATE SEQUENCE registry.education_id_position AS bigint MINVALUE 0 MAXVALUE 899999999 START 0;

        CREATE TABLE registry.organisation (
          id uuid PRIMARY KEY,
          kind text NOT NULL CHECK (kind IN ('department', 'ward', 'school', 'centre')),
          level text CHECK (level IN ('primary', 'lower-secondary', 'upper-secondary')),
          code text NOT NULL UNIQUE,
          name text NOT NULL,
          folded_name text GENERATED ALWAYS AS (registry.fold(name)) STORED,
          parent_id uuid REFERENCES registry.organisation,
          path uuid[] NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON COLUMN registry.organisation.path IS 'from the root to the organisation itself';
        CREATE INDEX organisation_path ON registry.organisation USING gin (path);
        CREATE INDEX organisation_parent ON registry.organisation (parent_id);

        CREATE TABLE registry.person (
          id uuid PRIMARY KEY,
          education_id text NOT NULL UNIQUE,
          full_name text NOT NULL,
          folded_name text GENERATED ALWAYS AS (registry.fold(full_name)) STORED,
          birth_date date,
          gender text CHECK (gender IN ('female', 'male')),
          status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'left', 'merged')),
          merged_into uuid REFERENCES registry.person,
          moet_id_sealed bytea,
          moet_id_index bytea,
          personal_number_sealed bytea,
          personal_number_index bytea,
          details jsonb NOT NULL DEFAULT '{}',
          version int NOT NULL DEFAULT 1,
          created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX person_name ON registry.person USING gin (folded_name gin_trgm_ops);
        CREATE UNIQUE INDEX person_moet_id ON registry.person (moet_id_index) WHERE status <> 'merged';
        CREATE INDEX person_personal_number ON registry.person (personal_number_index);

        CREATE TABLE registry.education_id_alias (
          education_id text PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          since timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX education_id_alias_person ON registry.education_id_alias (person_id);

        CREATE TABLE registry.affiliation (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          role text NOT NULL CHECK (role IN ('learner', 'teacher', 'staff', 'guardian')),
          title text,
          valid_from date NOT NULL,
          valid_until date
        );
        CREATE UNIQUE INDEX affiliation_current ON registry.affiliation (person_id, organisation_id, role) WHERE valid_until IS NULL;
        CREATE INDEX affiliation_members ON registry.affiliation (organisation_id, role) WHERE valid_until IS NULL;
        CREATE INDEX affiliation_person ON registry.affiliation (person_id);

        CREATE TABLE registry.class (
          id uuid PRIMARY KEY,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          school_year int NOT NULL,
          code text NOT NULL,
          grade int NOT NULL CHECK (grade BETWEEN 1 AND 12),
          homeroom_teacher_id uuid REFERENCES registry.person,
          UNIQUE (organisation_id, school_year, code)
        );

        CREATE TABLE registry.enrolment (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          class_id uuid NOT NULL REFERENCES registry.class,
          valid_from date NOT NULL,
          valid_until date
        );
        CREATE UNIQUE INDEX enrolment_current ON registry.enrolment (person_id, class_id) WHERE valid_until IS NULL;
        CREATE INDEX enrolment_class ON registry.enrolment (class_id) WHERE valid_until IS NULL;

        CREATE TABLE registry.guardianship (
          guardian_id uuid NOT NULL REFERENCES registry.person,
          child_id uuid NOT NULL REFERENCES registry.person,
          relation text NOT NULL CHECK (relation IN ('mother', 'father', 'guardian')),
          valid_from date NOT NULL,
          valid_until date,
          PRIMARY KEY (child_id, guardian_id)
        );
        CREATE INDEX guardianship_guardian ON registry.guardianship (guardian_id);

        CREATE TABLE registry.role_assignment (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          role text NOT NULL,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          granted_at timestamptz NOT NULL DEFAULT now(),
          ended_at timestamptz
        );
        CREATE UNIQUE INDEX role_assignment_current ON registry.role_assignment (person_id, role, organisation_id) WHERE ended_at IS NULL;`,
    },
    {
      name: '002-roster',
      sql: `
        CREATE TABLE registry.roster_plan (
          id uuid PRIMARY KEY,
          file_name text NOT NULL,
          file_sha256 text NOT NULL,
          organisation_ids uuid[] NOT NULL,
          status text NOT NULL CHECK (status IN ('planned', 'held', 'applied', 'superseded')),
          held_reason jsonb,
          totals jsonb NOT NULL,
          created_at timestamptz NOT NULL,
          created_by jsonb NOT NULL,
          applied_at timestamptz
        );
        CREATE TABLE registry.roster_change (
          plan_id uuid NOT NULL REFERENCES registry.roster_plan ON DELETE CASCADE,
          row int NOT NULL,
          action text NOT NULL CHECK (action IN ('added', 'changed', 'left')),
          person_id uuid NOT NULL,
          version int,
          organisation_id uuid NOT NULL,
          class_code text,
          full_name text NOT NULL,
          birth_date date,
          gender text,
          moet_id_sealed bytea,
          moet_id_index bytea,
          personal_number_sealed bytea,
          personal_number_index bytea,
          details jsonb,
          fields jsonb NOT NULL,
          PRIMARY KEY (plan_id, action, row)
        );
        CREATE TABLE registry.roster_refusal (
          plan_id uuid NOT NULL REFERENCES registry.roster_plan ON DELETE CASCADE,
          row int NOT NULL,
          column_name text NOT NULL,
          value text NOT NULL,
          reason jsonb NOT NULL,
          PRIMARY KEY (plan_id, row, column_name)
        );
        CREATE UNLOGGED TABLE registry.roster_row (
          plan_id uuid NOT NULL,
          row int NOT NULL,
          new_person_id uuid NOT NULL,
          organisation_id uuid NOT NULL,
          class_code text NOT NULL,
          full_name text NOT NULL,
          folded_name text NOT NULL,
          birth_date date NOT NULL,
          gender text,
          moet_id_sealed bytea,
          moet_id_index bytea,
          personal_number_sealed bytea,
          personal_number_index bytea,
          details jsonb NOT NULL,
          person_id uuid,
          refusal text
        );
        CREATE INDEX roster_row_plan ON registry.roster_row (plan_id, row);`,
    },
    {
      name: '003-roster-people',
      sql: `
        CREATE INDEX roster_row_person ON registry.roster_row (plan_id, person_id);
        CREATE INDEX roster_row_class ON registry.roster_row (plan_id, organisation_id, class_code);
        CREATE INDEX roster_change_person ON registry.roster_change (plan_id, person_id);`,
    },
    {
      name: '004-demo-city',
      // Where it was seeded before, the table is there.
      sql: 'CREATE TABLE IF NOT EXISTS registry.demo_city (city jsonb NOT NULL);',
    },
    {
      name: '005-notices',
      sql: `
        ALTER TABLE registry.person ADD COLUMN email text;
        COMMENT ON COLUMN registry.person.email IS 'Where notices go; never an identifier';
        CREATE TABLE registry.notice (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          at timestamptz NOT NULL DEFAULT now(),
          kind text NOT NULL,
          data jsonb NOT NULL,
          mailed_at timestamptz
        );
        CREATE INDEX notice_person ON registry.notice (person_id, id DESC);`,
    },
    {
      name: '006-nursery-to-grade-12',
      // Grades from the nursery (-3) up, schools of every level, and guardianships that can end and start again.
      sql: `
        ALTER TABLE registry.class DROP CONSTRAINT class_grade_check,
          ADD CONSTRAINT class_grade_check CHECK (grade BETWEEN -3 AND 12);
        COMMENT ON COLUMN registry.class.grade IS '-3 nhà trẻ, -2 mầm, -1 chồi, 0 lá, then 1 to 12';
        ALTER TABLE registry.organisation DROP CONSTRAINT organisation_level_check,
          ADD CONSTRAINT organisation_level_check CHECK (level IN
            ('preschool', 'primary', 'lower-secondary', 'upper-secondary', 'continuing', 'multi-level'));
        ALTER TABLE registry.guardianship ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
        ALTER TABLE registry.guardianship DROP CONSTRAINT guardianship_pkey, ADD PRIMARY KEY (id);
        CREATE UNIQUE INDEX guardianship_current ON registry.guardianship (child_id, guardian_id) WHERE valid_until IS NULL;`,
    },
    {
      name: '007-home-organisation',
      // Kept here and not by the code: one-by-one changes, rosters by the million and hands on the database alike pass
      // through the table of affiliations (ADR 0040).
      sql: `
        ALTER TABLE registry.person ADD COLUMN home_organisation_id uuid REFERENCES registry.organisation;
        COMMENT ON COLUMN registry.person.home_organisation_id IS
          'who governs facts, credentials and standing: one current affiliation, staff before learner; a guardian alone has none';

        CREATE FUNCTION registry.keep_home() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            -- A home stays as long as the person belongs there; after that the next one, and the last one for a leaver.
            UPDATE registry.person AS p SET home_organisation_id = chosen.organisation_id
            FROM (SELECT DISTINCT ON (f.person_id) f.person_id, f.organisation_id
                  FROM registry.affiliation AS f
                  WHERE f.valid_until IS NULL AND f.role <> 'guardian' AND f.person_id IN (SELECT person_id FROM touched)
                  ORDER BY f.person_id, f.role = 'learner', f.valid_from, f.id) AS chosen
            WHERE p.id = chosen.person_id AND p.home_organisation_id IS DISTINCT FROM chosen.organisation_id
              AND NOT EXISTS (SELECT FROM registry.affiliation AS h
                WHERE h.person_id = p.id AND h.organisation_id = p.home_organisation_id
                  AND h.valid_until IS NULL AND h.role <> 'guardian');
            RETURN NULL;
          END $$;
        CREATE TRIGGER keep_home_added AFTER INSERT ON registry.affiliation
          REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.keep_home();
        CREATE TRIGGER keep_home_changed AFTER UPDATE ON registry.affiliation
          REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.keep_home();
        CREATE TRIGGER keep_home_removed AFTER DELETE ON registry.affiliation
          REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.keep_home();

        UPDATE registry.person AS p SET home_organisation_id = chosen.organisation_id
        FROM (SELECT DISTINCT ON (f.person_id) f.person_id, f.organisation_id
              FROM registry.affiliation AS f WHERE f.role <> 'guardian'
              ORDER BY f.person_id, f.valid_until DESC NULLS FIRST, f.role = 'learner', f.valid_from, f.id) AS chosen
        WHERE p.id = chosen.person_id;`,
    },
    {
      name: '008-approvals',
      sql: `
        CREATE TABLE registry.approval (
          id uuid PRIMARY KEY,
          kind text NOT NULL,
          envelope text NOT NULL,
          digest bytea NOT NULL UNIQUE,
          content_sha256 bytea NOT NULL,
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          approve_action text NOT NULL,
          concerns_id uuid REFERENCES registry.person,
          maker_id uuid NOT NULL REFERENCES registry.person,
          approver_id uuid REFERENCES registry.person,
          state text NOT NULL CHECK (state IN
            ('proposed', 'confirmed', 'approved', 'applied', 'refused', 'withdrawn', 'expired', 'failed')),
          reason text,
          wrong_codes int NOT NULL DEFAULT 0,
          created_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL,
          confirmed_at timestamptz,
          closed_at timestamptz,
          attestation bytea,
          CHECK (approver_id <> maker_id),
          CHECK (approver_id <> concerns_id),
          CHECK ((state IN ('approved', 'applied')) <= (approver_id IS NOT NULL AND attestation IS NOT NULL))
        );
        COMMENT ON COLUMN registry.approval.envelope IS 'canonical JSON (RFC 8785): the very bytes that the digest is of';
        COMMENT ON COLUMN registry.approval.attestation IS 'keyed hash over the decision: rows that somebody else wrote have none that is right';
        CREATE INDEX approval_open ON registry.approval (organisation_id, id) WHERE state IN ('proposed', 'confirmed');
        CREATE INDEX approval_expiry ON registry.approval (expires_at) WHERE state IN ('proposed', 'confirmed');
        CREATE INDEX approval_maker ON registry.approval (maker_id, id);
        CREATE INDEX approval_concerns ON registry.approval (concerns_id, id);
        CREATE TABLE registry.approval_act (
          approval_id uuid NOT NULL REFERENCES registry.approval,
          act text NOT NULL CHECK (act IN ('confirm', 'approve')),
          person_id uuid NOT NULL REFERENCES registry.person,
          at timestamptz NOT NULL,
          credential_id text NOT NULL,
          public_key bytea NOT NULL,
          assertion jsonb NOT NULL,
          assertion_sha256 bytea NOT NULL UNIQUE,
          attestation bytea NOT NULL,
          PRIMARY KEY (approval_id, act)
        );
        COMMENT ON TABLE registry.approval_act IS 'evidence: kept for ever, never changed';
        CREATE TABLE registry.approval_collect (
          approval_id uuid NOT NULL REFERENCES registry.approval,
          person_id uuid NOT NULL REFERENCES registry.person,
          sealed bytea NOT NULL,
          until timestamptz NOT NULL,
          PRIMARY KEY (approval_id, person_id)
        );
        CREATE TABLE registry.credential_act (
          id uuid PRIMARY KEY,
          person_id uuid NOT NULL REFERENCES registry.person,
          by_id uuid REFERENCES registry.person,
          kind text NOT NULL CHECK (kind IN ('code-made', 'code-used', 'recovered')),
          at timestamptz NOT NULL
        );
        COMMENT ON COLUMN registry.credential_act.by_id IS 'null: the program itself';
        CREATE INDEX credential_act_person ON registry.credential_act (person_id, at);
        CREATE INDEX credential_act_by ON registry.credential_act (by_id, at);`,
    },
    {
      name: '009-rosters',
      // Rosters of every kind; a school's own codes; columns that a person confirmed; what a plan says beside its changes.
      sql: `
        CREATE TABLE registry.local_code (
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          kind text NOT NULL CHECK (kind IN ('learner', 'staff')),
          code text NOT NULL,
          person_id uuid NOT NULL REFERENCES registry.person,
          PRIMARY KEY (organisation_id, kind, code)
        );
        COMMENT ON TABLE registry.local_code IS 'A school''s own code of a person: means nothing outside of that school';
        CREATE INDEX local_code_person ON registry.local_code (person_id);

        CREATE TABLE registry.roster_columns (
          organisation_id uuid NOT NULL REFERENCES registry.organisation,
          kind text NOT NULL,
          header_sha256 text NOT NULL,
          fields jsonb NOT NULL,
          confirmed_at timestamptz NOT NULL,
          PRIMARY KEY (organisation_id, kind, header_sha256)
        );

        ALTER TABLE registry.roster_plan
          ADD COLUMN kind text NOT NULL DEFAULT 'learners',
          ADD COLUMN school_year int,
          ADD COLUMN completeness text NOT NULL DEFAULT 'partial' CHECK (completeness IN ('partial', 'classes', 'schools')),
          ADD COLUMN origin_ids uuid[] NOT NULL DEFAULT '{}',
          ADD COLUMN sheet text,
          ADD COLUMN columns jsonb NOT NULL DEFAULT '[]',
          ADD COLUMN notes jsonb NOT NULL DEFAULT '[]',
          ADD COLUMN skipped jsonb NOT NULL DEFAULT '[]',
          ADD COLUMN unchanged int NOT NULL DEFAULT 0,
          ADD COLUMN digest bytea;
        COMMENT ON COLUMN registry.roster_plan.origin_ids IS 'where referred people are now: who approves governs these too';
        -- A plan of before has no digest and was read by other rules: the file is imported again.
        UPDATE registry.roster_plan SET status = 'superseded' WHERE status IN ('planned', 'held');

        ALTER TABLE registry.roster_change DROP CONSTRAINT roster_change_action_check,
          ADD CONSTRAINT roster_change_action_check CHECK (action IN ('added', 'changed', 'left', 'referred')),
          ALTER COLUMN person_id DROP NOT NULL,
          ADD COLUMN grade int, ADD COLUMN local_code text, ADD COLUMN role text, ADD COLUMN title text, ADD COLUMN homeroom_of text,
          ADD COLUMN verdict text, ADD COLUMN child_id uuid, ADD COLUMN data jsonb;
        COMMENT ON COLUMN registry.roster_change.verdict IS 'of a referred row: same when name and birth date agree, else other';

        ALTER TABLE registry.roster_row
          ALTER COLUMN class_code DROP NOT NULL, ALTER COLUMN full_name DROP NOT NULL,
          ALTER COLUMN folded_name DROP NOT NULL, ALTER COLUMN birth_date DROP NOT NULL,
          ADD COLUMN grade int, ADD COLUMN local_code text, ADD COLUMN gone text, ADD COLUMN role text, ADD COLUMN title text,
          ADD COLUMN homeroom_of text, ADD COLUMN guardian_name text, ADD COLUMN guardian_birth_date date,
          ADD COLUMN guardian_number_sealed bytea, ADD COLUMN guardian_number_index bytea, ADD COLUMN relation text,
          ADD COLUMN doubt text, ADD COLUMN skip text, ADD COLUMN referred text,
          ADD COLUMN is_governed boolean NOT NULL DEFAULT false, ADD COLUMN is_here boolean NOT NULL DEFAULT false;`,
    },
    { name: '010-roster-guardians', sql: 'ALTER TABLE registry.roster_row ADD COLUMN guardian_id uuid;' },
    {
      name: '011-search',
      // What people type is found by an index, whatever the number of people: ADR 0093.
      sql: `
        CREATE INDEX person_education_id_prefix ON registry.person (education_id text_pattern_ops);
        CREATE INDEX affiliation_place ON registry.affiliation (organisation_id, role) INCLUDE (person_id, valid_until);
        CREATE INDEX affiliation_role ON registry.affiliation (role, person_id) INCLUDE (valid_until) WHERE role <> 'learner';
        CREATE INDEX person_left ON registry.person (id) WHERE status = 'left';`,
    },
    attestedRoles,
    undoMigration,
    applyingMigration,
    archiveMigration,
    rosterApprovals,
    noticeAddresses,
    accessMigration,
    matchMigration,
    ...lifeMigrations,
  ],
};
