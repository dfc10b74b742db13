import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Who teaches which subject of a class. */
export const subjectTeachers: SchemaMigrations['migrations'][number] = {
  name: '019-teachers-of-subjects',
  sql: `
    CREATE TABLE signing.subject_teacher (
      class_id uuid NOT NULL,
      subject text NOT NULL,
      person_id uuid NOT NULL,
      set_by uuid NOT NULL,
      set_at timestamptz NOT NULL,
      PRIMARY KEY (class_id, subject)
    );
    CREATE INDEX subject_teacher_person ON signing.subject_teacher (person_id, class_id);
    COMMENT ON TABLE signing.subject_teacher IS
      'who enters the marks of a subject of a class and signs for them; where there is none the class teacher does';`,
};
