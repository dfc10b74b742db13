import type { ServiceContext } from '@edutrust/platform/context';
import { copyInto } from '@edutrust/platform/copy';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { type RawBuilder, sql } from 'kysely';
import { createIdentifierVault, type StateIdentifier } from '../people/identifiers.ts';
import { setAside } from './in-step.ts';
import { openKnown, type Rows } from './known.ts';
import type { Kept, Planning, Sink } from './population.ts';
import type { KnownRow, PersonRow } from './row.ts';
import { linesOf, openSpool, type Spool } from './spool.ts';

/** Rows of people on their way to the table `staged`, where they are compared. */
export interface KeptPeople extends Kept<PersonRow> {
  addKnown(known: KnownRow): Promise<void> | void;
  /**
   * Brings the rows into the transaction's own table `staged`: names, days and blind indexes, no number. Known ones that are
   * still in step come as such (`is_in_step`: the person, school and class of the row, nothing that it says); the others are
   * taken apart now, and what is refused of them goes to the sink.
   */
  stage(planning: Planning, sink: Sink): Promise<void>;
  /**
   * Seals the numbers of the rows that are written, and of no others, into the transaction's own table `sealed`.
   * `which` selects their `row` from `staged AS r`.
   */
  seal(planning: Pick<Planning, 'context' | 'transaction'>, which: RawBuilder<unknown>): Promise<void>;
}

const columns = `row, new_person_id, organisation_id, class_code, grade, full_name, birth_date, gender, moet_id_index, personal_number_index,
  local_code, details, gone, role, title, homeroom_of, guardian_name, guardian_birth_date, guardian_number_index, relation, person_id, mark`;

/**
 * Keeps rows of people until all of them are read. A number of the state's is turned into its blind index at once and
 * sealed only for the rows that are written: most rows of most rosters say what is known.
 */
export async function keepPeople({ secrets }: Pick<ServiceContext, 'secrets'>): Promise<KeptPeople> {
  const vault = createIdentifierVault(secrets);
  const rows = await openSpool();
  const numbers = await openSpool();
  const known = await openKnown();
  const index = (kind: StateIdentifier, number: string | null | undefined) =>
    number ? `\\\\x${vault.indexOf(kind, number).toString('hex')}` : '\\N';
  const addTo = (spool: Spool, one: PersonRow): Promise<void> | void => {
    const { moetId, personalNumber, guardianNumber } = one;
    const written = spool.write(
      `${one.row}\t${uuidv7()}\t${one.organisationId}\t${text(one.classCode)}\t${one.grade ?? '\\N'}\t${text(one.fullName)}\t${one.birthDate ?? '\\N'}\t${one.gender ?? '\\N'}\t${index('moet_id', moetId)}\t${index('personal_number', personalNumber)}\t${text(one.localCode)}\t${one.details ? text(JSON.stringify(one.details)) : '{}'}\t${text(one.gone)}\t${one.role ?? 'learner'}\t${text(one.title)}\t${text(one.homeroomOf)}\t${text(one.guardianName)}\t${one.guardianBirthDate ?? '\\N'}\t${index('personal_number', guardianNumber)}\t${one.relation ?? '\\N'}\t${one.personId ?? '\\N'}\t${one.fingerprint ? `\\\\x${one.fingerprint}` : '\\N'}\n`,
    );
    if (!moetId && !personalNumber && !guardianNumber) return written;
    const kept = numbers.write(`${one.row}\t${moetId ?? ''}\t${personalNumber ?? ''}\t${guardianNumber ?? ''}\n`);
    if (written || kept) return Promise.all([written, kept]).then(() => undefined);
  };
  const copy = (transaction: Transaction, spool: Spool) =>
    copyInto(transaction, `COPY staged (${columns}) FROM STDIN`, spool.read());
  return {
    add: (one) => addTo(rows, one),
    addKnown: known.add,
    async stage(planning, sink) {
      const { transaction, takeApart } = planning;
      await sql`
        CREATE TEMPORARY TABLE staged (
          row int NOT NULL, new_person_id uuid NOT NULL, organisation_id uuid NOT NULL, class_code text, grade int, full_name text,
          birth_date date, gender text, moet_id_index bytea, personal_number_index bytea, local_code text, details jsonb NOT NULL,
          gone text, role text NOT NULL, title text, homeroom_of text, guardian_name text, guardian_birth_date date,
          guardian_number_index bytea, relation text, mark bytea,
          person_id uuid, guardian_id uuid, refusal text, doubt text, skip text, referred text, is_in_step boolean NOT NULL DEFAULT false,
          is_settled boolean NOT NULL DEFAULT false, is_governed boolean NOT NULL DEFAULT true, is_here boolean NOT NULL DEFAULT true
        ) ON COMMIT DROP`.execute(transaction);
      await copy(transaction, rows);
      if (known.hasAny())
        await setAside(planning, known, async (which) => {
          await using woken = await openSpool();
          for await (const one of known.those(await rowsOf(transaction, which))) {
            const taken = takeApart(one);
            if ('row' in taken) await addTo(woken, taken.row as PersonRow);
            else if ('refused' in taken) sink.refuse(taken.refused);
            else if ('skipped' in taken) sink.skip(taken.skipped);
          }
          await copy(transaction, woken);
        });
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
      await known[Symbol.asyncDispose]();
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
async function rowsOf(transaction: Transaction, which: RawBuilder<unknown>): Promise<Rows> {
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
    if (page.length < perPage) {
      await sql`DROP TABLE wanted`.execute(transaction);
      return { size, has: (row: number) => ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0 };
    }
  }
}
