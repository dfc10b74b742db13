import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { certsOf } from '../tables.ts';
import { listAuthorities } from './authorities.ts';

/** The certificates from the issuer of a certificate up to the root, DER, root last. */
export async function chainAbove(context: Pick<ServiceContext, 'db'>, issuerId: string): Promise<Buffer[]> {
  const all = await listAuthorities(context.db);
  const chain: Buffer[] = [];
  for (let id: string | null = issuerId; id; ) {
    const authority = all.find((one) => one.id === id);
    if (!authority) break;
    chain.push(authority.certificate);
    id = authority.issuerId;
  }
  return chain;
}

/**
 * What our own verification trusts and builds with: our roots, also retired ones; the authorities below them and the
 * certificates by which one root vouches for another; the newest lists. DER.
 */
export async function trustMaterial({ db }: Pick<ServiceContext, 'db'>): Promise<{
  readonly anchors: Buffer[];
  readonly untrusted: Buffer[];
  readonly crls: Buffer[];
}> {
  const all = await listAuthorities(db);
  const cross = await certsOf(db).selectFrom('certs.cross_certificate').select('certificate').execute();
  const { rows } = await sql<{ der: Buffer }>`
    SELECT DISTINCT ON (issuer_id) der FROM certs.revocation_list ORDER BY issuer_id, number DESC`.execute(db);
  return {
    anchors: all.filter(({ issuerId }) => issuerId === null).map(({ certificate }) => certificate),
    untrusted: [
      ...all.filter(({ issuerId }) => issuerId !== null).map(({ certificate }) => certificate),
      ...cross.map(({ certificate }) => certificate),
    ],
    crls: rows.map(({ der }) => der),
  };
}
