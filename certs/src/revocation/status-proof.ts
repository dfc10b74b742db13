import type { ServiceContext } from '@edutrust/platform/context';
import { listAuthorities } from '../authority/authorities.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { readBasicConstraints } from '../certificate/extensions.ts';
import { signedStatus } from './ocsp.ts';
import { newestRevocationList } from './revocation-list.ts';

/** What proves later that certificates were good now, DER. */
export interface StatusProof {
  /** The authorities above them, up to the root. */
  readonly certificates: readonly Buffer[];
  readonly crls: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
}

/**
 * The status of those certificates that our authorities issued, and of the authorities above them: an answer that is
 * signed now for certificates of people, seals and services, the newest list for authorities. What is not ours is left out.
 *
 * The authorities are read once, and what is asked again, as by documents of the same signers, is signed once: for documents that
 * were read before this was called, and not to be kept.
 *
 * @throws Unavailable when a responder's key is out of reach
 */
export async function statusProofs(
  context: ServiceContext,
): Promise<(certificates: readonly Uint8Array[]) => Promise<StatusProof>> {
  const authorities = (await listAuthorities(context.db)).map((authority) => ({
    ...authority,
    parsed: parseCertificate(authority.certificate),
  }));
  type Known = (typeof authorities)[number];
  const parsed = once(
    (der: Uint8Array) => parseCertificate(der),
    (der) => Buffer.from(der).toString('latin1'),
  );
  const answerOf = once(
    (id: string, serials: readonly Buffer[]) => signedStatus(context, id, serials),
    (id, serials) => [id, ...serials.map((serial) => serial.toString('hex'))].join(),
  );
  const newestList = once(
    (id: string) => newestRevocationList(context.db, id),
    (id) => id,
  );
  return async (certificates) => {
    const serials = new Map<Known, Map<string, Buffer>>();
    const above = new Set<Known>();
    const climb = (authority: Known | undefined): void => {
      if (!authority || above.has(authority)) return;
      above.add(authority);
      climb(authorities.find(({ id }) => id === authority.issuerId));
    };
    for (const certificate of certificates.map((der) => parsed(der))) {
      const issuer = authorities.find((one) => one.parsed.subject.canonical === certificate.issuer.canonical);
      if (!issuer) continue;
      climb(issuer);
      if (readBasicConstraints(certificate)?.isAuthority) continue;
      const known = serials.get(issuer) ?? new Map<string, Buffer>();
      serials.set(issuer, known.set(certificate.serialHex, certificate.serial));
    }
    const answers = await Promise.all([...serials].map(([{ id }, asked]) => answerOf(id, [...asked.values()])));
    const issuersOfAuthorities = new Set([...above].flatMap(({ issuerId }) => issuerId ?? []));
    const lists = await Promise.all([...issuersOfAuthorities].map((id) => newestList(id)));
    return {
      certificates: [...above].map(({ certificate }) => certificate),
      crls: lists.flatMap((list) => (list ? [list.der] : [])),
      ocspResponses: answers.flatMap((answer) => answer ?? []),
    };
  };
}

/** The work done once for each name. */
function once<Given extends unknown[], Result>(
  work: (...given: Given) => Result,
  nameOf: (...given: Given) => string,
): (...given: Given) => Result {
  const known = new Map<string, Result>();
  return (...given) => {
    const name = nameOf(...given);
    const result = known.get(name) ?? work(...given);
    known.set(name, result);
    return result;
  };
}
