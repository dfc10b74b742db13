import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** A lesson on the school's shared computers, and what a session has to do with one. */
export const lessonsMigration: SchemaMigrations['migrations'][number] = {
  name: '027-lessons',
  sql: `
        CREATE TABLE idp.lesson (
          id uuid PRIMARY KEY,
          class_id uuid NOT NULL,
          kind text NOT NULL CHECK (kind IN ('lab', 'exam')),
          apps text[] NOT NULL,
          started_at timestamptz NOT NULL,
          ends_at timestamptz NOT NULL,
          ended_at timestamptz,
          CHECK (kind = 'exam' OR apps = '{}')
        );
        COMMENT ON COLUMN idp.lesson.apps IS 'of an exam: the apps that open, and no others';
        COMMENT ON COLUMN idp.lesson.ends_at IS 'the bell; ended_at is when its sessions were ended and the apps told';
        CREATE UNIQUE INDEX lesson_class ON idp.lesson (class_id) WHERE ended_at IS NULL;
        ALTER TABLE idp.session ADD COLUMN lesson_id uuid, ADD COLUMN room_id uuid,
          ADD COLUMN ends_at timestamptz NOT NULL DEFAULT 'infinity';
        COMMENT ON COLUMN idp.session.room_id IS 'the enrolled computer: the next badge there ends it';
        COMMENT ON COLUMN idp.session.ends_at IS 'the bell of its lesson: from then on it is nobody''s, whatever asks';
        CREATE INDEX session_lesson ON idp.session (lesson_id) WHERE lesson_id IS NOT NULL;
        CREATE INDEX session_room ON idp.session (room_id) WHERE room_id IS NOT NULL;`,
};
