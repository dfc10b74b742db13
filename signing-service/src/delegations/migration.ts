import type { SchemaMigrations } from '@edutrust/platform/migrations';

/** Who signs in whose place, as what, for which documents and until when. */
export const delegations: SchemaMigrations['migrations'][number] = {
  name: '026-delegations',
  sql: `
    CREATE TABLE signing.delegation (
      id uuid PRIMARY KEY,
      organisation_id uuid NOT NULL,
      signer_id uuid NOT NULL,
      delegate_id uuid NOT NULL CHECK (delegate_id <> signer_id),
      form text NOT NULL CHECK (form IN ('KT', 'TL', 'TUQ')),
      kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
      paper text CHECK (form <> 'TUQ' OR paper IS NOT NULL),
      valid_from timestamptz NOT NULL,
      valid_until timestamptz NOT NULL CHECK (valid_until > valid_from),
      made_at timestamptz NOT NULL,
      ended_at timestamptz
    );
    CREATE INDEX delegation_signer ON signing.delegation (signer_id, valid_until) WHERE ended_at IS NULL;
    COMMENT ON TABLE signing.delegation IS
      'KT., TL., TUQ. (Decree 30/2020/ND-CP, article 13): the head lets somebody sign kinds of documents in their place for a time';
    COMMENT ON COLUMN signing.delegation.paper IS 'number and date of the written authority; needed for TUQ.';
    ALTER TABLE signing.step ADD COLUMN on_behalf_of uuid;
    COMMENT ON COLUMN signing.step.on_behalf_of IS 'in whose place its signer signs; null: for themselves';`,
};
