import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { findSigners } from '@edutrust/registry/permissions';
import { noRequest } from '../requests/requests.ts';
import { sealOfRequests } from '../sealing/seal.ts';
import type { ReadyEnrolment } from './ready.ts';

/** In whose name a session signs: the person who confirms, or the organisation whose seal that person keeps. */
export interface SigningParty {
  readonly kind: 'person' | 'seal';
  readonly name: string;
  readonly organisation: string;
  /** DER of the certificate that the list binds. */
  readonly certificate: Buffer;
  /** Its issuers where they are none of ours: the file carries them. DER. */
  readonly issuers?: readonly Buffer[] | undefined;
  /** Null for a certificate that somebody else issued. */
  readonly serial: string | null;
  /** The seal's key here; a person's key is on the phone or named by the enrolment, a school's own on its token. */
  readonly keyId: string | null;
}

/**
 * @throws NotFound for somebody who is no longer a signer; for a seal what {@link sealOfRequests} throws.
 */
export async function partyOf(
  context: ServiceContext,
  purpose: 'sign' | 'seal',
  requestIds: readonly string[],
  enrolment: ReadyEnrolment,
  actor: PersonActor,
): Promise<SigningParty> {
  if (purpose === 'seal') {
    const seal = await sealOfRequests(context, requestIds, actor);
    const { organisationName: name, certificate, serial, keyId } = seal;
    return { kind: 'seal', name, organisation: name, certificate, serial, keyId };
  }
  const [signer] = await findSigners(context, {
    personId: actor.personId,
    organisationId: enrolment.organisation_id,
  });
  if (!signer) throw noRequest();
  return {
    kind: 'person',
    name: signer.fullName,
    organisation: signer.organisationName,
    certificate: enrolment.certificate,
    serial: enrolment.certificate_serial,
    keyId: null,
  };
}
