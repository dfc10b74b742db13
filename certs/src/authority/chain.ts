import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { trustedAnchors } from '../anchors/anchors.ts';
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
  /** Also other people's roots that operators trust for documents, in the form of their limits. */
  readonly anchors: Buffer[];
  readonly timeStampAnchors: Buffer[];
  readonly untrusted: Buffer[];
  readonly crls: Buffer[];
}> {
  const all = await listAuthorities(db);
  const cross = await certsOf(db).selectFrom('certs.cross_certificate').select('certificate').execute();
  const { rows } = await sql<{ der: Buffer }>`
    SELECT DISTINCT ON (issuer_id) der FROM certs.revocation_list ORDER BY issuer_id, number DESC`.execute(db);
  const own = all.filter(({ issuerId }) => issuerId === null).map(({ certificate }) => certificate);
  return {
    anchors: [...own, ...(await trustedAnchors(db, 'documents'))],
    timeStampAnchors: [...own, ...(await trustedAnchors(db, 'time-stamps'))],
    untrusted: [
      ...all.filter(({ issuerId }) => issuerId !== null).map(({ certificate }) => certificate),
      ...cross.map(({ certificate }) => certificate),
    ],
    crls: rows.map(({ der }) => der),
  };
}
