import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** The register of parcels of school reports, and which reports each holds. */
export const parcels: SchemaMigrations['migrations'][number] = {
  name: '021-parcels',
  sql: `
    ALTER TABLE signing.request
      DROP CONSTRAINT request_kind_check,
      ADD CONSTRAINT request_kind_check CHECK (kind IN ('transcript', 'school-report', 'upload', 'extract', 'parcel',
        'study-confirmation', 'graduation-certificate', 'decision', 'diploma'));
    CREATE TABLE signing.parcel (
      id uuid PRIMARY KEY,
      request_id uuid NOT NULL UNIQUE REFERENCES signing.request,
      organisation_id uuid NOT NULL,
      class_id uuid NOT NULL,
      school_year int NOT NULL,
      number int NOT NULL CHECK (number > 0),
      replaces_id uuid REFERENCES signing.parcel,
      made_by uuid NOT NULL,
      made_at timestamptz NOT NULL,
      receipt text,
      sent_by uuid,
      sent_at timestamptz,
      UNIQUE (organisation_id, school_year, number),
      CHECK ((receipt IS NULL) = (sent_at IS NULL) AND (receipt IS NULL) = (sent_by IS NULL))
    );
    CREATE INDEX parcel_replaces ON signing.parcel (replaces_id);
    COMMENT ON TABLE signing.parcel IS
      'the register of parcels for the ministry''s warehouse: one row of numbers a school year and organisation';
    COMMENT ON COLUMN signing.parcel.request_id IS 'the container on its way to the seal';
    COMMENT ON COLUMN signing.parcel.receipt IS 'what the warehouse answered, as the clerk wrote it down; null: not sent';
    CREATE TABLE signing.parcel_item (
      parcel_id uuid NOT NULL REFERENCES signing.parcel,
      request_id uuid NOT NULL REFERENCES signing.request,
      PRIMARY KEY (parcel_id, request_id)
    );
    CREATE INDEX parcel_item_request ON signing.parcel_item (request_id);
    COMMENT ON TABLE signing.parcel_item IS 'issued school reports that a parcel holds, each with both files';`,
};
