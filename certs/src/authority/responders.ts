import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { authorityId, authorityName } from '../ceremony/hierarchy.ts';
import { attributeTypes, parseCertificate } from '../certificate/certificate.ts';
import { keyStore } from '../key-store/key-store.ts';
import { certsOf } from '../tables.ts';
import { type Authority, findAuthority, listAuthorities } from './authorities.ts';
import { issueInside } from './issuance.ts';

const services = [
  ['ocsp', 'people', 'EduTrust OCSP – People'],
  ['ocsp', 'services', 'EduTrust OCSP – Services'],
  ['tsa', 'services', 'EduTrust Time Stamping Unit'],
  ['receipts', 'services', 'EduTrust Receipts'],
] as const;
type Purpose = (typeof services)[number][0];

/** Keys and certificates of the services of a generation: status, time stamps, receipts. */
export async function makeResponders(
  context: ServiceContext,
  transaction: Transaction,
  generation: number,
): Promise<void> {
  for (const [purpose, role, name] of services) {
    await makeResponder(context, transaction, purpose, authorityId(role, generation), name, generation);
  }
}

async function makeResponder(
  context: ServiceContext,
  transaction: Transaction,
  purpose: Purpose,
  issuerId: string,
  commonName: string,
  generation: number,
): Promise<void> {
  const key = await keyStore(context).generate(transaction, purpose);
  const issuer = await findAuthority(transaction, issuerId);
  const organisation =
    parseCertificate(issuer.certificate)
      .subject.attributes.flat()
      .find(({ type }) => type === attributeTypes.organisation)?.value ?? '';
  const { der } = await issueInside(context, transaction, {
    profile: purpose,
    subject: authorityName(organisation, commonName, generation),
    publicKey: key.publicKey,
    issuer,
    requestKey: `${purpose}/${issuerId}/${key.id}`,
  });
  await sql`
    INSERT INTO certs.responder (purpose, issuer_id, key_id, certificate) VALUES (${purpose}, ${issuerId}, ${key.id}, ${der})
    ON CONFLICT (purpose, issuer_id) DO UPDATE SET key_id = excluded.key_id, certificate = excluded.certificate`.execute(
    transaction,
  );
}

/**
 * A generation that stood before one of its services existed gets that service's key and certificate, once, however many
 * processes look at the same time.
 */
export async function addMissingResponders(context: ServiceContext): Promise<void> {
  const authorities = await listAuthorities(context.db);
  for (const [purpose, role, name] of services) {
    const issuer = authorities.find((one) => one.role === role && one.retiredAt === null);
    if (!issuer || (await hasResponder(context.db, purpose, issuer.id))) continue; // before the ceremony there is none
    await context.db
      .transaction()
      .execute(async (transaction) => {
        await sql`SELECT FROM certs.authority WHERE id = ${issuer.id} FOR UPDATE`.execute(transaction);
        if (await hasResponder(transaction, purpose, issuer.id)) return;
        await makeResponder(context, transaction, purpose, issuer.id, name, generationOf(issuer));
      })
      .catch((error: unknown) =>
        context.log.error({ err: error, issuer: issuer.id, purpose }, 'no certificate for a service'),
      );
  }
}

async function hasResponder(db: Database | Transaction, purpose: Purpose, issuerId: string): Promise<boolean> {
  const found = await certsOf(db)
    .selectFrom('certs.responder')
    .select('key_id')
    .where('purpose', '=', purpose)
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst();
  return found !== undefined;
}

const generationOf = ({ id }: Authority) => Number(/-(\d+)$/.exec(id)?.[1] ?? 1);

/** A service's certificate is replaced, with a new key, when a third of its life is left; one that is missing is made. */
export async function renewResponders(context: ServiceContext): Promise<void> {
  await addMissingResponders(context);
  const now = context.clock.now().getTime();
  const authorities = await listAuthorities(context.db);
  const responders = await certsOf(context.db).selectFrom('certs.responder').selectAll().execute();
  for (const { purpose, issuer_id: issuerId, certificate: der } of responders) {
    const { notBefore, notAfter } = parseCertificate(der);
    if (now < notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 3) continue;
    const issuer = authorities.find(({ id }) => id === issuerId);
    const [, , name] = services.find(([kind, role]) => kind === purpose && role === issuer?.role) ?? [];
    // an authority that is retired no longer stamps or confirms, but answers for what it issued until that ends
    if (!issuer || !name || (issuer.retiredAt && purpose !== 'ocsp')) continue;
    await context.db
      .transaction()
      .execute((transaction) => makeResponder(context, transaction, purpose, issuerId, name, generationOf(issuer)))
      .catch((error: unknown) =>
        context.log.error({ err: error, issuer: issuerId, purpose }, 'no new certificate for a service'),
      );
  }
}
