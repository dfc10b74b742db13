import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Brand } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { dammDigit } from './damm.ts';
import { createPermutation } from './permutation.ts';

/**
 * Ten digits, the first never 0, the last a Damm check digit. Issued once for life; says nothing about the person.
 */
export type EducationId = Brand<'EducationId'>;

const groups = /^[\d\s.-]+$/;

/**
 * The education ID that a person typed, with or without spaces, dots or hyphens.
 *
 * @throws InvalidInput `education-id/…` that says what is wrong and what to do.
 */
export function parseEducationId(text: string): EducationId {
  const normal = text.normalize('NFKC').trim();
  const digits = normal.replaceAll(/[\s.-]/g, '');
  if (!groups.test(normal) || !/^\d*$/.test(digits)) {
    throw refuse('not-digits', { vi: 'Mã giáo dục chỉ gồm chữ số.', en: 'An education ID has digits only.' });
  }
  if (digits.length !== 10) {
    throw refuse('length', {
      vi: `Mã giáo dục có 10 chữ số, đây là ${digits.length}.`,
      en: `An education ID has 10 digits, this has ${digits.length}.`,
    });
  }
  if (digits.startsWith('0')) {
    throw refuse('leading-zero', {
      vi: 'Mã giáo dục không bắt đầu bằng số 0; đây có thể là số điện thoại.',
      en: 'An education ID never begins with 0; this may be a phone number.',
    });
  }
  if (dammDigit(digits) !== 0) {
    throw refuse('check-digit', {
      vi: 'Có chữ số gõ nhầm hoặc đảo chỗ trong mã giáo dục.',
      en: 'A digit of the education ID is wrong or two are swapped.',
    });
  }
  return digits as EducationId; // parsed just above
}

function refuse(code: string, detail: Text): InvalidInput {
  return new InvalidInput(`education-id/${code}`, detail, {
    remedy: {
      vi: 'Xem lại mã trên phiếu kích hoạt hoặc thẻ lớp, dạng 790 123 456 8.',
      en: 'Look at the activation sheet or the class badge; it looks like 790 123 456 8.',
    },
  });
}

/** `7901234568` → `790 123 456 8`. */
export function formatEducationId(id: EducationId | string): string {
  return id.replace(/^(\d{3})(\d{3})(\d{3})(\d)$/, '$1 $2 $3 $4');
}

/** Issues education IDs; made once from the context's secrets, because the key schedule is not free. */
export interface EducationIdIssuer {
  /** The next IDs, in the order of the sequence; gaps stay when the transaction is rolled back. */
  issue(transaction: Transaction, count: number): Promise<EducationId[]>;
}

export function createEducationIdIssuer({ secrets }: Pick<ServiceContext, 'secrets'>): EducationIdIssuer {
  const permutation = createPermutation(secrets.derive('education-id/v1'));
  return {
    issue: async (transaction, count) => {
      const { rows } = await sql<{ position: number }>`
        SELECT nextval('registry.education_id_position') AS position FROM generate_series(1, ${count}::int)`.execute(
        transaction,
      );
      return rows.map(({ position }) => {
        const body = permutation.bodyOf(position);
        return `${body}${dammDigit(body)}` as EducationId; // made by the rule that parseEducationId checks
      });
    },
  };
}
