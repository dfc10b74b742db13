import type { PersonActor } from '@edutrust/platform/actor';
import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { createIdentifierVault } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { announceChange, holdMeans } from '../undo/changes.ts';
import type { Arrived } from './flow.ts';
import type { UpstreamProvider } from './providers.ts';

export interface UpstreamLink {
  readonly id: string;
  readonly provider: string;
  readonly linkedAt: Date;
  readonly lastUsedAt: Date | null;
}

interface Row {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly person_id: string;
  readonly attestation: Buffer;
}

const purpose = 'idp.upstream_link';
const factsOf = ({ id, issuer, subject, person_id: person }: Omit<Row, 'attestation'>): AttestedFacts => ({
  id,
  issuer,
  subject,
  person,
});

/** Whom an account of another house was linked to by this program; a row that somebody wrote links nobody (Q3). */
export async function personOfLink(
  { db, secrets }: Pick<ServiceContext, 'db' | 'secrets'>,
  { issuer, subject }: Pick<Arrived, 'issuer' | 'subject'>,
): Promise<string | undefined> {
  const { rows } = await sql<Row>`
    SELECT id, issuer, subject, person_id, attestation FROM idp.upstream_link
    WHERE issuer = ${issuer} AND subject = ${subject}`.execute(db);
  const [row] = rows;
  return row && isAttested(secrets, purpose, factsOf(row), row.attestation) ? row.person_id : undefined;
}

/** It was signed in with. */
export async function linkUsed(db: Database, { issuer, subject }: Pick<Arrived, 'issuer' | 'subject'>, at: Date) {
  await sql`UPDATE idp.upstream_link SET last_used_at = ${at} WHERE issuer = ${issuer} AND subject = ${subject}`.execute(
    db,
  );
}

export async function listLinks(db: Database | Transaction, personId: string): Promise<UpstreamLink[]> {
  const { rows } = await sql<UpstreamLink>`
    SELECT id, provider, linked_at AS "linkedAt", last_used_at AS "lastUsedAt" FROM idp.upstream_link
    WHERE person_id = ${personId} ORDER BY linked_at`.execute(db);
  return rows;
}

/**
 * Links what somebody proved at another house to who they are here, where they have just proved that too. By `issuer` and
 * `sub` alone, never by a name or an e-mail address; where the provider says whose it is by the state's number, that has
 * to be the one on record.
 *
 * @throws Forbidden `upstream/another-person`; Conflict `upstream/linked-already`
 */
export async function link(
  { db, secrets, clock }: Pick<ServiceContext, 'db' | 'secrets' | 'clock'>,
  { id: provider, name, personalNumberClaim }: UpstreamProvider,
  { issuer, subject, claims }: Arrived,
  actor: PersonActor,
): Promise<void> {
  const { personId } = actor;
  await db.transaction().execute(async (transaction) => {
    if (personalNumberClaim && !(await isNumberOf(transaction, secrets, personId, claims[personalNumberClaim])))
      throw anotherPerson();
    await announceChange(transaction, personId, 'upstream.linked', { name: name.vi });
    const row = { id: uuidv7(), issuer, subject, person_id: personId };
    const { numAffectedRows } = await sql`
      INSERT INTO idp.upstream_link (id, issuer, subject, person_id, provider, linked_at, attestation)
      VALUES (${row.id}, ${issuer}, ${subject}, ${personId}, ${provider}, ${clock.now()}, ${attest(secrets, purpose, factsOf(row))})
      ON CONFLICT DO NOTHING`.execute(transaction);
    if (numAffectedRows !== 1n) throw linkedAlready();
    await record(transaction, {
      type: 'upstream.linked',
      actor,
      subject: { kind: 'person', id: personId },
      data: { provider },
    });
  });
}

async function isNumberOf(
  transaction: Transaction,
  secrets: ServiceContext['secrets'],
  personId: string,
  claimed: unknown,
): Promise<boolean> {
  if (typeof claimed !== 'string' || claimed === '') return false;
  const index = createIdentifierVault(secrets).indexOf('personal_number', claimed);
  const { rows } = await sql`
    SELECT FROM registry.person WHERE id = ${personId} AND personal_number_index = ${index}`.execute(transaction);
  return rows.length > 0;
}

/** Unlinks; the account itself stays as it is. Of somebody else's, or twice, nothing. */
export async function unlink(db: Database, id: string, actor: PersonActor): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await holdMeans(transaction, actor.personId);
    const gone = (await listLinks(transaction, actor.personId)).find((link) => link.id === id);
    if (!gone) return;
    await announceChange(transaction, actor.personId, 'upstream.unlinked', { name: gone.provider });
    await sql`DELETE FROM idp.upstream_link WHERE id = ${id}`.execute(transaction);
    await record(transaction, {
      type: 'upstream.unlinked',
      actor,
      subject: { kind: 'person', id: actor.personId },
      data: { provider: gone.provider },
    });
  });
}

function anotherPerson(): Forbidden {
  return new Forbidden(
    'upstream/another-person',
    {
      vi: 'Tài khoản đó mang số định danh khác với số trong hồ sơ này.',
      en: 'That account has another personal number than this record.',
    },
    {
      remedy: {
        vi: 'Dùng tài khoản của chính mình; hồ sơ thiếu hoặc sai số định danh thì báo nhà trường.',
        en: 'Use your own account. If the number on record is missing or wrong, tell your school.',
      },
    },
  );
}

function linkedAlready(): Conflict {
  return new Conflict('upstream/linked-already', {
    vi: 'Tài khoản đó đã nối với một người, hoặc đã nối tài khoản khác của nơi này.',
    en: 'That account is linked already, or another account of that house is.',
  });
}
