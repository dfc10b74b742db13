import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** What a signature looks like on paper: a person's own hand, an organisation's seal. */
export const pictures: SchemaMigrations['migrations'][number] = {
  name: '031-pictures',
  sql: `
    CREATE TABLE signing.picture (
      id uuid PRIMARY KEY,
      person_id uuid UNIQUE,
      organisation_id uuid,
      width int NOT NULL CHECK (width > 0),
      height int NOT NULL CHECK (height > 0),
      mask bytea NOT NULL,
      width_mm real CHECK (width_mm > 0),
      approval_id uuid UNIQUE,
      made_by uuid NOT NULL,
      made_at timestamptz NOT NULL,
      approved_at timestamptz,
      CHECK (num_nonnulls(person_id, organisation_id) = 1),
      CHECK ((organisation_id IS NULL) = (width_mm IS NULL)),
      CHECK ((organisation_id IS NULL) = (approval_id IS NULL))
    );
    CREATE UNIQUE INDEX picture_seal ON signing.picture (organisation_id) WHERE approved_at IS NOT NULL;
    COMMENT ON TABLE signing.picture IS
      'ink drawn where a signature is seen (Decree 30/2020/ND-CP, annex I): of a person, or the seal of an organisation, which a second person approves';
    COMMENT ON COLUMN signing.picture.mask IS 'four bits a pixel, deflated';
    COMMENT ON COLUMN signing.picture.width_mm IS 'true width of a seal';
    ALTER TABLE signing.step ADD COLUMN look jsonb;
    COMMENT ON COLUMN signing.step.look IS 'what is seen at its place: {"kind": "picture"} or {"kind": "line", "text"}; null: the usual block';`,
};
