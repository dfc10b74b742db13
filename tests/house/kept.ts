import assert from 'node:assert/strict';
import type pg from 'pg';

interface Told {
  readonly id: string;
  readonly educationId: string;
  /** Undefined of those whose name is also that of an office, or of two people. */
  readonly name: string | undefined;
}

/**
 * Looks for people in answers and for their entries in the book of who looked at whose record (N7): whoever an answer
 * names by education ID, or a pupil or guardian by name, has one from that very answer.
 */
export async function watchBook(pool: pg.Pool) {
  const { rows } = await pool.query<Told>(`
    SELECT p.id, p.education_id AS "educationId", CASE WHEN count(*) OVER (PARTITION BY p.full_name) = 1 AND NOT EXISTS (
      SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.role IN ('teacher', 'staff')) THEN p.full_name END AS name
    FROM registry.person AS p`);
  assert.ok(rows.length > 100, `${rows.length} people`);
  const takeEntries = async () => {
    const { rows: entries } = await pool.query<{ people: string[] }>('DELETE FROM registry.access RETURNING people');
    return new Set(entries.flatMap(({ people }) => people));
  };
  return {
    /** Forgets what was entered until now. */
    reset: takeEntries,
    /** Names of those of whom the answer tells the reader without an entry; nothing of what the question itself said. */
    async missingOf(answer: string, reader: string, question: string): Promise<{ told: number; missing: string[] }> {
      const kept = await takeEntries();
      const told = rows.filter(
        ({ id, educationId, name }) =>
          id !== reader &&
          [educationId, name].some((text) => text && answer.includes(text) && !question.includes(text)),
      );
      return { told: told.length, missing: told.filter(({ id }) => !kept.has(id)).map(({ id, name }) => name ?? id) };
    },
  };
}
