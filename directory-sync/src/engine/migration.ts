import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What is under way to a target, and how far a run came. */
export const flightMigration: SchemaMigrations['migrations'][number] = {
  name: '012-flights',
  sql: `
        CREATE TABLE sync.flight (
          target_id uuid NOT NULL, -- without a reference: it would be looked up at each change
          id uuid NOT NULL,
          holder uuid NOT NULL,
          person_ids uuid[] NOT NULL,
          PRIMARY KEY (target_id, id)
        );
        COMMENT ON TABLE sync.flight IS
          'who is being brought by which process: if it dies, what was delivered to them last is not known';
        ALTER TABLE sync.delivered SET (fillfactor = 80);

        ALTER TABLE sync.run ADD COLUMN done int4multirange NOT NULL DEFAULT '{}', ADD COLUMN delivered_at timestamptz;
        COMMENT ON COLUMN sync.run.done IS 'numbers of the changes that were done; a refused one says so itself';
        COMMENT ON COLUMN sync.run.delivered_at IS 'since when each change was answered, and that is written down';
        DROP INDEX sync.change_to_do; -- read in the order of their numbers`,
};

/** That nothing was lost which did not wait for the disk. */
export const unbrokenMigration: SchemaMigrations['migrations'][number] = {
  name: '014-unbroken',
  sql: `
        CREATE UNLOGGED TABLE sync.unbroken (target_id uuid PRIMARY KEY);
        COMMENT ON TABLE sync.unbroken IS
          'targets of which no flight was lost: a crash of the database empties it, and nobody who waits is believed then';
        ALTER TABLE sync.release SET (fillfactor = 80); -- the same fields of the same person count again`,
};
