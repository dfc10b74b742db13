import { type RevocationReason, revocationReasons } from '../authority/reasons.ts';
import { type Certificate, keyIdentifier } from '../certificate/certificate.ts';
import { extensionIds } from '../certificate/extensions.ts';
import { type SignatureAlgorithmName, signatureAlgorithms } from '../certificate/signature.ts';
import { boolean, enumerated, explicit, implicit, integer, octetString, oid, sequence, time } from '../der/der.ts';

/** Removed from the list (RFC 5280 §5.3.1): only in deltas. */
const removeFromCrl = 8;

/** A certificate whose status changed. */
export interface Change {
  readonly serial: string;
  readonly revoked_at: Date | null;
  readonly revocation_reason: string | null;
  readonly released_at: Date | null;
  readonly listed_in: number | null;
}

export interface ListForm {
  readonly issuer: Certificate;
  readonly signatureAlgorithm: SignatureAlgorithmName;
  readonly thisUpdate: Date;
  readonly lifetimeMs: number;
  readonly number: number;
  /** The number of the whole list that a delta builds on. */
  readonly base?: number;
  readonly entries: readonly Change[];
  /** Where the delta is; absent when there are none. */
  readonly deltaAddress?: string;
}

/** TBSCertList (RFC 5280 §5.1.2). */
export function encodeRevocationList(form: ListForm): Buffer {
  const { issuer, signatureAlgorithm, thisUpdate, lifetimeMs, number, base, entries, deltaAddress } = form;
  const extension = (type: string, value: Buffer, critical = false) =>
    sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));
  const extensions = [
    extension(extensionIds.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuer.subjectPublicKeyInfo)))),
    extension(extensionIds.crlNumber, integer(number)),
  ];
  if (base !== undefined) {
    extensions.push(extension(extensionIds.deltaCrlIndicator, integer(base), true));
  } else if (deltaAddress) {
    const address = implicit(6, Buffer.from(deltaAddress, 'latin1'));
    extensions.push(extension(extensionIds.freshestCrl, sequence(sequence(explicit(0, explicit(0, address))))));
  }
  const revoked = entries.map(encodeEntry);
  return sequence(
    integer(1),
    signatureAlgorithms[signatureAlgorithm],
    issuer.subject.der,
    time(thisUpdate),
    time(new Date(thisUpdate.getTime() + lifetimeMs)),
    ...(revoked.length > 0 ? [sequence(Buffer.concat(revoked))] : []), // more than a call may have arguments
    explicit(0, sequence(...extensions)),
  );
}

function encodeEntry({ serial, revoked_at, revocation_reason, released_at }: Change): Buffer {
  // only these words are written; unspecified is said by leaving the reason out (§5.3.1)
  const reason = revoked_at ? revocationReasons[revocation_reason as RevocationReason] : removeFromCrl;
  const extensions = reason ? [sequence(sequence(oid(extensionIds.reasonCode), octetString(enumerated(reason))))] : [];
  return sequence(integer(Buffer.from(serial, 'hex')), time(revoked_at ?? released_at ?? new Date(0)), ...extensions);
}
