import type { SchemaMigrations } from './database/migrations.ts';

/** The ground's own tables. */
export const platformMigrations: SchemaMigrations = {
  schema: 'platform',
  migrations: [
    {
      name: '001-outbox',
      sql: `
        CREATE TABLE platform.outbox (
          id uuid PRIMARY KEY,
          transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
          position bigint GENERATED ALWAYS AS IDENTITY,
          at timestamptz NOT NULL,
          type text NOT NULL,
          actor jsonb NOT NULL,
          subject_kind text NOT NULL,
          subject_id text NOT NULL,
          organisation_id uuid,
          data jsonb NOT NULL
        );
        CREATE UNIQUE INDEX outbox_order ON platform.outbox (transaction_id, position);
        CREATE TABLE platform.outbox_checkpoint (
          consumer text PRIMARY KEY,
          transaction_id xid8 NOT NULL DEFAULT '0',
          position bigint NOT NULL DEFAULT 0
        );`,
    },
    {
      name: '002-ledger',
      sql: `
        CREATE TABLE platform.ledger_entry (
          id uuid PRIMARY KEY,
          log text NOT NULL,
          at timestamptz NOT NULL,
          type text,
          actor jsonb,
          subject_kind text,
          subject_id text,
          organisation_id uuid,
          data jsonb,
          leaf bytea
        );
        CREATE INDEX ledger_entry_log ON platform.ledger_entry (log, id);
        CREATE INDEX ledger_entry_subject ON platform.ledger_entry (subject_id, id);
        CREATE INDEX ledger_entry_actor ON platform.ledger_entry ((actor ->> 'personId'), id);
        CREATE TABLE platform.ledger_pending (log text, entry_id uuid, PRIMARY KEY (log, entry_id));
        CREATE TABLE platform.ledger_leaf (
          log text NOT NULL,
          index bigint NOT NULL,
          entry_id uuid NOT NULL UNIQUE,
          PRIMARY KEY (log, index)
        );
        CREATE TABLE platform.ledger_tile (
          log text NOT NULL,
          level int NOT NULL,
          index bigint NOT NULL,
          hashes bytea NOT NULL,
          PRIMARY KEY (log, level, index)
        );
        CREATE TABLE platform.ledger_checkpoint (
          log text NOT NULL,
          size bigint NOT NULL,
          root bytea NOT NULL,
          note text NOT NULL,
          at timestamptz NOT NULL,
          PRIMARY KEY (log, size)
        );
        CREATE TABLE platform.ledger_key (
          log text PRIMARY KEY,
          origin text NOT NULL,
          public_key bytea NOT NULL,
          sealed_private_key bytea NOT NULL
        );`,
    },
    {
      name: '003-short-lived-store',
      sql: `
        CREATE UNLOGGED TABLE platform.short_lived (
          key text PRIMARY KEY,
          value jsonb NOT NULL,
          expires_at timestamptz NOT NULL
        ) WITH (fillfactor = 70);
        CREATE INDEX short_lived_expiry ON platform.short_lived (expires_at);`,
    },
    {
      name: '004-mail',
      sql: `
        CREATE TABLE platform.mail (
          id uuid PRIMARY KEY,
          recipient text NOT NULL,
          subject jsonb NOT NULL,
          body jsonb NOT NULL,
          queued_at timestamptz NOT NULL DEFAULT now(),
          sent_at timestamptz
        );`,
    },
    {
      name: '005-workers',
      sql: `
        CREATE TABLE platform.worker (
          id text PRIMARY KEY,
          seen_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE platform.worker IS 'who runs jobs, and when each was last seen alive: the jobs of the others are given back';`,
    },
    {
      name: '006-linked-heads',
      sql: `
        ALTER TABLE platform.ledger_checkpoint ADD COLUMN previous bigint, ADD COLUMN link bytea;
        COMMENT ON COLUMN platform.ledger_checkpoint.link IS 'signature over the size of the head before and the note; null for heads of before';`,
    },
    {
      name: '007-outbox-readers',
      sql: `
        ALTER TABLE platform.outbox_checkpoint ADD COLUMN held_by uuid, ADD COLUMN held_until timestamptz;
        COMMENT ON COLUMN platform.outbox_checkpoint.held_by IS 'the reader that handles a batch now';`,
    },
    {
      name: '008-audit-of-an-organisation',
      sql: `
        CREATE INDEX ledger_entry_organisation ON platform.ledger_entry (organisation_id, id) WHERE organisation_id IS NOT NULL;`,
    },
    {
      name: '030-cosignatures',
      sql: `
        CREATE TABLE platform.ledger_cosignature (
          log text NOT NULL,
          size bigint NOT NULL,
          witness text NOT NULL,
          line text NOT NULL,
          at timestamptz NOT NULL,
          PRIMARY KEY (log, size, witness)
        );
        COMMENT ON TABLE platform.ledger_cosignature IS 'what witnesses of others said of a head (C2SP tlog-cosignature): lines of its note';
        CREATE INDEX ledger_cosignature_witness ON platform.ledger_cosignature (log, witness, size);
        CREATE INDEX ledger_cosignature_at ON platform.ledger_cosignature (log, at);`,
    },
  ],
};
