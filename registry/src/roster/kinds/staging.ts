import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { createIdentifierVault } from '../../people/identifiers.ts';
import type { Gender } from '../../tables.ts';
import type { Planning } from './kind.ts';

/** A row that says something sensible by itself, as it waits to be compared. */
export interface StagedRow {
  readonly row: number;
  readonly organisationId: string;
  readonly classCode?: string | null;
  readonly grade?: number | null;
  readonly fullName: string | null;
  readonly birthDate: string | null;
  readonly gender?: Gender | null;
  readonly moetId: string | null;
  readonly personalNumber: string | null;
  readonly localCode: string | null;
  readonly details?: Readonly<Record<string, string>>;
  /** The row itself says that the person is not there: the word of its status. */
  readonly gone?: string | null;
  readonly role?: 'learner' | 'teacher' | 'staff';
  readonly title?: string | null;
  readonly homeroomOf?: string | null;
  readonly guardianName?: string;
  readonly guardianBirthDate?: string | null;
  readonly guardianNumber?: string | null;
  readonly relation?: string;
}

/** Rows go into the unlogged staging table in batches: numbers sealed, with their blind indexes. */
export function createRowWriter({ context, transaction, planId }: Planning) {
  const vault = createIdentifierVault(context.secrets);
  let rows: object[] = [];
  return {
    add(one: StagedRow): void {
      const moet = one.moetId ? vault.seal('moet_id', one.moetId) : undefined;
      const personal = one.personalNumber ? vault.seal('personal_number', one.personalNumber) : undefined;
      const guardian = one.guardianNumber ? vault.seal('personal_number', one.guardianNumber) : undefined;
      rows.push({
        row: one.row,
        new_person_id: uuidv7(),
        organisation_id: one.organisationId,
        class_code: one.classCode ?? null,
        grade: one.grade ?? null,
        full_name: one.fullName,
        birth_date: one.birthDate,
        gender: one.gender ?? null,
        moet_id_sealed: hex(moet?.sealed),
        moet_id_index: hex(moet?.index),
        personal_number_sealed: hex(personal?.sealed),
        personal_number_index: hex(personal?.index),
        local_code: one.localCode,
        details: one.details ?? {},
        gone: one.gone ?? null,
        role: one.role ?? 'learner',
        title: one.title ?? null,
        homeroom_of: one.homeroomOf ?? null,
        guardian_name: one.guardianName ?? null,
        guardian_birth_date: one.guardianBirthDate ?? null,
        guardian_number_sealed: hex(guardian?.sealed),
        guardian_number_index: hex(guardian?.index),
        relation: one.relation ?? null,
      });
    },
    async flush(): Promise<void> {
      const batch = rows;
      rows = [];
      if (batch.length === 0) return;
      await sql`
        INSERT INTO registry.roster_row (${columns}, plan_id, folded_name)
        SELECT ${columns}, ${planId}, registry.fold(full_name)
        FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb) AS r (
          row int, new_person_id uuid, organisation_id uuid, class_code text, grade int, full_name text, birth_date date, gender text,
          moet_id_sealed bytea, moet_id_index bytea, personal_number_sealed bytea, personal_number_index bytea, local_code text,
          details jsonb, gone text, role text, title text, homeroom_of text, guardian_name text, guardian_birth_date date,
          guardian_number_sealed bytea, guardian_number_index bytea, relation text)`.execute(transaction);
    },
  };
}

const columns = sql.raw(
  `row, new_person_id, organisation_id, class_code, grade, full_name, birth_date, gender, moet_id_sealed, moet_id_index,
   personal_number_sealed, personal_number_index, local_code, details, gone, role, title, homeroom_of, guardian_name,
   guardian_birth_date, guardian_number_sealed, guardian_number_index, relation`,
);

/** bytea as PostgreSQL reads it from text. */
function hex(bytes: Buffer | undefined): string | null {
  return bytes ? `\\x${bytes.toString('hex')}` : null;
}
