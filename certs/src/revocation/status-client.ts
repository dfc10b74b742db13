import { createHash } from 'node:crypto';
import { algorithmIds } from '../certificate/algorithms.ts';
import { type Certificate, keyIdentifier, parseCertificate } from '../certificate/certificate.ts';
import { extensionIds, readBasicConstraints, readGeneralName } from '../certificate/extensions.ts';
import {
  childrenOf,
  type DerNode,
  integer,
  nullValue,
  octetString,
  oid,
  readDer,
  readOid,
  sequence,
  tag,
} from '../der/der.ts';

/** What other people's authorities say of their certificates, DER; trusted by nothing before it is validated. */
export interface ForeignStatus {
  readonly crls: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
}

/** The part of `fetch` that is used: addresses out of certificates, plain HTTP as a rule. */
type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const accessMethods = { ocsp: '1.3.6.1.5.5.7.48.1', issuers: '1.3.6.1.5.5.7.48.2' } as const;
/** An authority of the country has been seen to take two minutes for an answer; a clerk waits for less. */
const patienceMs = 30_000;
const mostBytes = { certificate: 8_000, response: 20_000, list: 1_000_000 } as const;
const mostIssuers = 4;

/**
 * The authorities above a certificate (DER) without the root: those given, and those that are fetched from where each
 * certificate says (RFC 5280 §4.2.2.1, caIssuers). What does not answer is left out.
 */
export async function findIssuers(leaf: Buffer, given: readonly Buffer[], fetch: Fetch): Promise<Buffer[]> {
  const chain: Buffer[] = [];
  for (let at = parseCertificate(leaf); chain.length < mostIssuers; ) {
    const issuer = given.find((der) => isIssuer(der, at)) ?? (await fetchIssuer(at, fetch));
    if (!issuer || isSelfIssued(parseCertificate(issuer))) break;
    chain.push(issuer);
    at = parseCertificate(issuer);
  }
  return chain;
}

async function fetchIssuer(certificate: Certificate, fetch: Fetch): Promise<Buffer | undefined> {
  const [url] = accessLocations(certificate, accessMethods.issuers);
  const der = url ? await get(fetch, url, mostBytes.certificate) : undefined;
  return der && isIssuer(der, certificate) ? der : undefined;
}

function isIssuer(der: Buffer, { issuer }: Certificate): boolean {
  try {
    const found = parseCertificate(der);
    return readBasicConstraints(found)?.isAuthority === true && found.subject.canonical === issuer.canonical;
  } catch {
    return false;
  }
}

const isSelfIssued = ({ subject, issuer }: Certificate) => subject.canonical === issuer.canonical;

/**
 * Asks for the status of a certificate and of the authorities above it: OCSP (RFC 6960) where there is a responder and the
 * issuer is in the chain, else the list that the certificate names. What does not answer is left out.
 */
export async function askStatus(chain: readonly Buffer[], fetch: Fetch): Promise<ForeignStatus> {
  const answers = await Promise.all(chain.map((der, index) => askFor(parseCertificate(der), chain[index + 1], fetch)));
  return {
    crls: answers.flatMap(({ crl }) => crl ?? []),
    ocspResponses: answers.flatMap(({ ocsp }) => ocsp ?? []),
  };
}

async function askFor(
  certificate: Certificate,
  issuer: Buffer | undefined,
  fetch: Fetch,
): Promise<{ readonly ocsp?: Buffer; readonly crl?: Buffer }> {
  const [responder] = accessLocations(certificate, accessMethods.ocsp);
  if (responder && issuer) {
    const ocsp = await post(fetch, responder, ocspRequest(certificate, parseCertificate(issuer)));
    if (ocsp) return { ocsp };
  }
  for (const url of listLocations(certificate)) {
    const crl = await get(fetch, url, mostBytes.list);
    if (crl) return { crl };
  }
  return {};
}

/** OCSPRequest for one certificate, without nonce (RFC 6960 §4.1.1, RFC 5019 §2.1.1). */
function ocspRequest({ serial }: Certificate, issuer: Certificate): Buffer {
  const nameHash = createHash('sha1').update(issuer.subject.der).digest();
  const id = sequence(
    sequence(oid(algorithmIds.sha1), nullValue),
    octetString(nameHash),
    octetString(keyIdentifier(issuer.subjectPublicKeyInfo)),
    integer(serial),
  );
  return sequence(sequence(sequence(sequence(id))));
}

/** Addresses of AuthorityInfoAccess by method (RFC 5280 §4.2.2.1). */
function accessLocations({ extensions }: Certificate, method: string): string[] {
  const extension = extensions.get(extensionIds.authorityInfoAccess);
  if (!extension) return [];
  return childrenOf(readDer(extension.value), tag.sequence).flatMap((description) => {
    const [type, location] = childrenOf(description, tag.sequence);
    return readOid(type) === method && location ? httpAddress(location) : [];
  });
}

/** Addresses of CRLDistributionPoints with a fullName (RFC 5280 §4.2.1.13). */
function listLocations({ extensions }: Certificate): string[] {
  const extension = extensions.get(extensionIds.crlDistributionPoints);
  if (!extension) return [];
  return childrenOf(readDer(extension.value), tag.sequence).flatMap((point) => {
    const full = point
      .children()
      .find((part) => part.tag === 0xa0)
      ?.children()[0];
    return full?.tag === 0xa0 ? full.children().flatMap(httpAddress) : [];
  });
}

function httpAddress(node: DerNode): string[] {
  const name = readGeneralName(node);
  return name.kind === 'uri' && /^https?:\/\//i.test(name.text) ? [name.text] : [];
}

const get = (fetch: Fetch, url: string, most: number) => ask(fetch, url, {}, most);

const post = (fetch: Fetch, url: string, body: Buffer) =>
  ask(
    fetch,
    url,
    { method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body: new Uint8Array(body) },
    mostBytes.response,
  );

async function ask(fetch: Fetch, url: string, init: RequestInit, most: number): Promise<Buffer | undefined> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    if (!answer.ok || !answer.body) return undefined;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body) {
      parts.push(part);
      size += part.length;
      if (size > most) return undefined;
    }
    const bytes = Buffer.concat(parts);
    return readDer(bytes).bytes;
  } catch {
    return undefined; // the server says that the status is unknown
  }
}
