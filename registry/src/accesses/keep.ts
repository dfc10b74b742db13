import { randomBytes } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import type { Disclosure, Disclosures } from '@edutrust/platform/http';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { leafWrites } from '@edutrust/platform/ledger';
import { rolesWith } from '../permissions/roles.ts';
import { type AccessRow, accessDigest } from './entry.ts';
import { operationOf } from './operations.ts';

/** An answer about more people is kept as several entries. */
const peopleAtOnce = 5_000;

/** Entry and leaf are one statement and one commit: there is neither without the other. */
const insert = statement<
  never,
  [
    id: string,
    at: string,
    operation: string,
    readerKind: string,
    readerId: string | null,
    role: string | null,
    organisationId: string | null,
    people: readonly string[],
    salt: Buffer,
    digest: Buffer,
  ]
>(
  'registry.access-keep',
  `WITH kept AS (
     INSERT INTO registry.access (id, at, operation, reader_kind, reader_id, role, organisation_id, people, salt)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   ), ${leafWrites({ id: '$1', log: "'accesses'", at: '$2', leaf: '$10' })} SELECT WHERE false`,
  { isNews: true },
);

/**
 * The book of who looked at whose record (N7): one statement for each answer that told somebody something of others, with
 * its digest in the ledger. What people read of themselves is not in it.
 */
export function accessBook({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Disclosures {
  return {
    has: (operation) => operationOf(operation) !== undefined,
    keep: async ({ actor, operation, action, people }) => {
      const own = actor?.kind === 'person' ? actor.personId : undefined;
      const others = people.filter((id) => id !== own && isUuid(id)).sort();
      if (others.length === 0 && !operationOf(operation)?.isAlwaysKept) return;
      for (let from = 0; from === 0 || from < others.length; from += peopleAtOnce) {
        const row: AccessRow = {
          id: uuidv7(),
          at: clock.now(),
          operation,
          ...readerOf(actor),
          ...roleUsed(actor, action),
          people: others.slice(from, from + peopleAtOnce),
          salt: randomBytes(16),
        };
        await insert(
          db,
          row.id,
          row.at.toISOString(),
          row.operation,
          row.reader_kind,
          row.reader_id,
          row.role,
          row.organisation_id,
          row.people,
          row.salt,
          accessDigest(row),
        );
      }
    },
  };
}

function readerOf(actor: Disclosure['actor']): Pick<AccessRow, 'reader_kind' | 'reader_id'> {
  if (!actor) return { reader_kind: 'public', reader_id: null };
  if (actor.kind === 'person') return { reader_kind: 'person', reader_id: actor.personId };
  if (actor.kind === 'app') return { reader_kind: 'app', reader_id: actor.clientId };
  return { reader_kind: 'system', reader_id: actor.name };
}

/** The role that has the action, and where; the first that was given when several have. */
function roleUsed(actor: Actor | null, action: string | undefined): Pick<AccessRow, 'role' | 'organisation_id'> {
  const used = actor && action !== undefined ? rolesWith(actor, action)[0] : undefined;
  return { role: used?.role ?? null, organisation_id: used?.organisationId ?? null };
}
