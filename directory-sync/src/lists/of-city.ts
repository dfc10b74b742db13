import { type Database, statement, type Transaction } from '@edutrust/platform/database';

const ofCity = statement<{ isSo: boolean }, [organisationId: string]>(
  'sync.of-city',
  'SELECT parent_id IS NULL AS "isSo" FROM registry.organisation WHERE id = $1',
);

/** Whether an organisation is the one above all: whoever has a place is below it. */
export const isOfCity = async (on: Database | Transaction, organisationId: string): Promise<boolean> =>
  (await ofCity(on, organisationId))[0]?.isSo ?? false;
