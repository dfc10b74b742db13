import type { SchemaMigrations } from '@edutrust/platform/migrations';

/**
 * Rows that were in step with the registry when they were last read. Forgotten here and not by the code: whatever changes
 * somebody, by the way or by the million, passes through these tables (ADR 0346).
 */
export const inStepMigration: SchemaMigrations['migrations'][number] = {
  name: '038-rows-in-step',
  sql: `
        CREATE TABLE registry.roster_in_step (
          fingerprint bytea PRIMARY KEY,
          person_id uuid NOT NULL,
          class_id uuid NOT NULL,
          personal_tag bytea,
          learned_on date NOT NULL
        );
        COMMENT ON TABLE registry.roster_in_step IS
          'a row of a roster by its keyed digest, and whom it said nothing new of; gone as soon as anything of theirs changes';
        COMMENT ON COLUMN registry.roster_in_step.personal_tag IS 'the beginning of the person''s blind index: who shares a number is looked at';
        CREATE INDEX roster_in_step_person ON registry.roster_in_step (person_id);
        CREATE INDEX roster_in_step_learned ON registry.roster_in_step (learned_on);

        CREATE FUNCTION registry.forget_person() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            DELETE FROM registry.roster_in_step WHERE person_id IN (SELECT id FROM touched);
            RETURN NULL;
          END $$;
        CREATE TRIGGER forget_in_step AFTER UPDATE ON registry.person
          REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_person();
        CREATE TRIGGER forget_in_step_removed AFTER DELETE ON registry.person
          REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_person();

        -- Who learns a row locks its person against this lock, and skips whom it cannot have: what is learned at this moment
        -- is seen by the statement that follows, or was never learned.
        CREATE FUNCTION registry.forget_belonging() RETURNS trigger LANGUAGE plpgsql AS $$
          DECLARE people uuid[];
          BEGIN
            IF TG_TABLE_NAME = 'affiliation' THEN people := ARRAY(SELECT DISTINCT person_id FROM touched WHERE role = 'learner');
            ELSIF TG_TABLE_NAME = 'local_code' THEN people := ARRAY(SELECT DISTINCT person_id FROM touched WHERE kind = 'learner');
            ELSE people := ARRAY(SELECT DISTINCT person_id FROM touched);
            END IF;
            IF cardinality(people) = 0 THEN RETURN NULL; END IF;
            PERFORM FROM registry.person WHERE id = ANY(people) ORDER BY id FOR KEY SHARE;
            DELETE FROM registry.roster_in_step WHERE person_id = ANY(people);
            RETURN NULL;
          END $$;
        DO $$
          DECLARE name text;
          BEGIN
            FOREACH name IN ARRAY ARRAY['affiliation', 'enrolment', 'local_code'] LOOP
              EXECUTE format('CREATE TRIGGER forget_in_step_added AFTER INSERT ON registry.%I
                REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_belonging()', name);
              EXECUTE format('CREATE TRIGGER forget_in_step_before AFTER UPDATE ON registry.%I
                REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_belonging()', name);
              EXECUTE format('CREATE TRIGGER forget_in_step_after AFTER UPDATE ON registry.%I
                REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_belonging()', name);
              EXECUTE format('CREATE TRIGGER forget_in_step_removed AFTER DELETE ON registry.%I
                REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_belonging()', name);
            END LOOP;
          END $$;

        CREATE FUNCTION registry.forget_class() RETURNS trigger LANGUAGE plpgsql AS $$
          DECLARE people uuid[];
          BEGIN
            IF TG_OP = 'DELETE' THEN
              people := ARRAY(SELECT DISTINCT person_id FROM registry.enrolment WHERE class_id IN (SELECT id FROM before));
            ELSE
              people := ARRAY(SELECT DISTINCT e.person_id FROM before AS b JOIN after AS a USING (id) JOIN registry.enrolment AS e ON e.class_id = b.id
                WHERE (b.organisation_id, b.school_year, b.code, b.grade) IS DISTINCT FROM (a.organisation_id, a.school_year, a.code, a.grade));
            END IF;
            IF cardinality(people) = 0 THEN RETURN NULL; END IF;
            PERFORM FROM registry.person WHERE id = ANY(people) ORDER BY id FOR KEY SHARE;
            DELETE FROM registry.roster_in_step WHERE person_id = ANY(people);
            RETURN NULL;
          END $$;
        CREATE TRIGGER forget_in_step_changed AFTER UPDATE ON registry.class
          REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_class();
        CREATE TRIGGER forget_in_step_removed AFTER DELETE ON registry.class
          REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION registry.forget_class();`,
};
