import type { ServiceContext } from '@edutrust/platform/context';
import { copyInto } from '@edutrust/platform/copy';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { type RawBuilder, sql } from 'kysely';
import { createIdentifierVault, type StateIdentifier } from '../people/identifiers.ts';
import type { Kept, Planning } from './population.ts';
import type { PersonRow } from './row.ts';
import { openSpool } from './spool.ts';

/** Rows of people on their way to the table `staged`, where they are compared. */
export interface KeptPeople extends Kept<PersonRow> {
  /** Brings the rows into the transaction's own table `staged`: names, days and blind indexes, no number. */
  stage(transaction: Transaction): Promise<void>;
  /**
   * Seals the numbers of the rows that are written, and of no others, into the transaction's own table `sealed`.
   * `which` selects their `row` from `staged AS r`.
   */
  seal(planning: Pick<Planning, 'context' | 'transaction'>, which: RawBuilder<unknown>): Promise<void>;
}

const columns = `row, new_person_id, organisation_id, class_code, grade, full_name, birth_date, gender, moet_id_index, personal_number_index,
  local_code, details, gone, role, title, homeroom_of, guardian_name, guardian_birth_date, guardian_number_index, relation, person_id`;

/**
 * Keeps rows of people until all of them are read. A number of the state's is turned into its blind index at once and
 * sealed only for the rows that are written: most rows of most rosters say what is known.
 */
export async function keepPeople({ secrets }: Pick<ServiceContext, 'secrets'>): Promise<KeptPeople> {
  const vault = createIdentifierVault(secrets);
  const rows = await openSpool();
  const numbers = await openSpool();
  const index = (kind: StateIdentifier, number: string | null | undefined) =>
    number ? `\\\\x${vault.indexOf(kind, number).toString('hex')}` : '\\N';
  return {
    add(one) {
      const { moetId, personalNumber, guardianNumber } = one;
      const written = rows.write(
        `${one.row}\t${uuidv7()}\t${one.organisationId}\t${text(one.classCode)}\t${one.grade ?? '\\N'}\t${text(one.fullName)}\t${one.birthDate ?? '\\N'}\t${one.gender ?? '\\N'}\t${index('moet_id', moetId)}\t${index('personal_number', personalNumber)}\t${text(one.localCode)}\t${one.details ? text(JSON.stringify(one.details)) : '{}'}\t${text(one.gone)}\t${one.role ?? 'learner'}\t${text(one.title)}\t${text(one.homeroomOf)}\t${text(one.guardianName)}\t${one.guardianBirthDate ?? '\\N'}\t${index('personal_number', guardianNumber)}\t${one.relation ?? '\\N'}\t${one.personId ?? '\\N'}\n`,
      );
      if (!moetId && !personalNumber && !guardianNumber) return written;
      const kept = numbers.write(`${one.row}\t${moetId ?? ''}\t${personalNumber ?? ''}\t${guardianNumber ?? ''}\n`);
      if (written || kept) return Promise.all([written, kept]).then(() => undefined);
    },
    async stage(transaction) {
      await sql`
        CREATE TEMPORARY TABLE staged (
          row int NOT NULL, new_person_id uuid NOT NULL, organisation_id uuid NOT NULL, class_code text, grade int, full_name text,
          birth_date date, gender text, moet_id_index bytea, personal_number_index bytea, local_code text, details jsonb NOT NULL,
          gone text, role text NOT NULL, title text, homeroom_of text, guardian_name text, guardian_birth_date date,
          guardian_number_index bytea, relation text,
          person_id uuid, guardian_id uuid, refusal text, doubt text, skip text, referred text,
          is_settled boolean NOT NULL DEFAULT false, is_governed boolean NOT NULL DEFAULT true, is_here boolean NOT NULL DEFAULT true
        ) ON COMMIT DROP`.execute(transaction);
      await copyInto(transaction, `COPY staged (${columns}) FROM STDIN`, rows.read());
      await sql`ANALYZE staged (organisation_id, class_code, moet_id_index, personal_number_index, local_code)`.execute(
        transaction,
      );
    },
    async seal({ transaction }, which) {
      const wanted = await rowsOf(transaction, which);
      const hex = (kind: StateIdentifier, number: string | undefined) =>
        number ? `\\\\x${vault.seal(kind, number).sealed.toString('hex')}` : '\\N';
      await sql`
        CREATE TEMPORARY TABLE sealed (row int PRIMARY KEY, moet_id_sealed bytea, personal_number_sealed bytea, guardian_number_sealed bytea)
        ON COMMIT DROP`.execute(transaction);
      async function* sealed() {
        for await (const lines of linesOf(numbers.read())) {
          let copied = '';
          for (const line of lines) {
            const [row = '', moet, personal, guardian] = line.split('\t');
            if (wanted.has(Number(row)))
              copied += `${row}\t${hex('moet_id', moet)}\t${hex('personal_number', personal)}\t${hex('personal_number', guardian)}\n`;
          }
          if (copied !== '') yield Buffer.from(copied);
        }
      }
      if (wanted.size > 0) await copyInto(transaction, 'COPY sealed FROM STDIN', sealed());
      await sql`ANALYZE sealed`.execute(transaction);
    },
    async [Symbol.asyncDispose]() {
      await rows[Symbol.asyncDispose]();
      await numbers[Symbol.asyncDispose]();
    },
  };
}

/** A value of COPY's text format (PostgreSQL, COPY, "Text Format"). */
function text(value: string | null | undefined): string {
  if (value === null || value === undefined) return '\\N';
  return /[\\\t\n\r]/.test(value)
    ? value.replaceAll(/[\\\t\n\r]/g, (one) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[one] ?? one)
    : value;
}

/** The numbers of rows, a bit each: a million people are 125 kB. */
async function rowsOf(transaction: Transaction, which: RawBuilder<unknown>) {
  const perPage = 50_000;
  await sql`CREATE TEMPORARY TABLE wanted (row int PRIMARY KEY) ON COMMIT DROP`.execute(transaction);
  await sql`INSERT INTO wanted ${which}`.execute(transaction);
  let bits = new Uint8Array(1024);
  let size = 0;
  for (let after = -1; ; ) {
    const { rows } = await sql<{ rows: number[] | null }>`
      SELECT array_agg(row ORDER BY row) AS rows FROM (
        SELECT row FROM wanted WHERE row > ${after} ORDER BY row LIMIT ${perPage}) AS page`.execute(transaction);
    const page = rows[0]?.rows ?? [];
    for (const row of page) {
      if (row >> 3 >= bits.length) {
        const wider = new Uint8Array(Math.max(bits.length * 2, (row >> 3) + 1));
        wider.set(bits);
        bits = wider;
      }
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
    size += page.length;
    after = page.at(-1) ?? after;
    if (page.length < perPage) return { size, has: (row: number) => ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0 };
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
}
