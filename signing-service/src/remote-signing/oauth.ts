import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { askToSign, type HashWish } from './ask.ts';
import { type Outcome, ofInteraction } from './authorisations.ts';
import { isUsable, mustBeCredential } from './credentials.ts';
import { CscError, invalidRequest } from './csc-error.ts';
import {
  credentialIdOf,
  hash,
  longestDescription,
  missing,
  mustBeSha256,
  mustBeSoMany,
  optionalText,
  type Parameters,
  parametersOf,
  text,
} from './request.ts';

/** An app's sign-in with the scope `credential`, as the provider has it (CSC API v2.2 §8.4.2). */
export interface CredentialSignIn {
  /** The sign-in's own id. */
  readonly interaction: string;
  readonly personId: string;
  readonly clientId: string;
  readonly parameters: Parameters;
}

/** How the sign-in goes on: the person looks at a page of ours, the app gets its code, or an error (RFC 6749 §4.1.2.1). */
export type CredentialAnswer =
  | { readonly kind: 'ask'; readonly path: string }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'error'; readonly error: string; readonly description: string };

/** Puts the hashes of the request before the person, once, and says later what came of it. */
export async function answerCredentialSignIn(
  context: ServiceContext,
  signIn: CredentialSignIn,
): Promise<CredentialAnswer> {
  const known = await ofInteraction(context, signIn.interaction);
  if (known && known.personId !== signIn.personId) return refused('another person');
  if (known) return answerOf(known);
  try {
    return answerOf({ id: await ask(context, signIn), outcome: 'waiting' });
  } catch (error) {
    if (error instanceof CscError) return { kind: 'error', error: error.error, description: error.message };
    if (error instanceof EduTrustError && error.status < 500) return refused(error.detail.en);
    throw error;
  }
}

const refused = (description: string) => ({ kind: 'error', error: 'access_denied', description }) as const;

function answerOf({ id, outcome }: { readonly id: string; readonly outcome: Outcome }): CredentialAnswer {
  if (outcome === 'waiting') return { kind: 'ask', path: `/sign/authorise/${id}` };
  if (outcome === 'authorised') return { kind: 'confirmed' };
  return refused(outcome === 'refused' ? 'The signer did not confirm' : 'The signer did not confirm in time');
}

async function ask(context: ServiceContext, { interaction, personId, clientId, parameters }: CredentialSignIn) {
  const { credentialId, hashes, description } = wishOf(parameters);
  const credential = await mustBeCredential(context, personId, credentialId);
  if (!isUsable(credential, context.clock.now()))
    throw invalidRequest('The credential identified by credentialID is disabled');
  return askToSign(context, { clientId, personId, hashes, description, by: { interaction } });
}

interface Wish {
  readonly credentialId: string;
  readonly hashes: readonly HashWish[];
  readonly description: string | null;
}

function wishOf(parameters: Parameters): Wish {
  const details = optionalText(parameters, 'authorization_details');
  const wish = details === undefined ? plainWish(parameters) : detailedWish(details);
  const description = optionalText(parameters, 'description') ?? null;
  if (description && description.length > longestDescription) throw invalidRequest('Invalid parameter description');
  return { ...wish, description };
}

/** Hashes in the parameters of the request: base64url, with commas between them. */
function plainWish(parameters: Parameters): Omit<Wish, 'description'> {
  const credentialId = credentialIdOf(parameters);
  const count = text(parameters, 'numSignatures');
  if (!/^\d{1,5}$/.test(count)) throw missing('integer', 'numSignatures');
  const hashes = text(parameters, 'hashes')
    .split(',')
    .map((one) => ({ hash: hash(one), label: null }));
  if (mustBeSoMany(Number(count)) !== hashes.length) throw invalidRequest('Invalid value for parameter numSignatures');
  mustBeSha256(parameters, true);
  return { credentialId, hashes };
}

/** The names that the type has had: of version 2.0, and since 2.1 an address. */
const credentialTypes = ['credential', 'https://cloudsignatureconsortium.org/2025/credential'];
const longestLabel = 200;

/** Rich authorization request (RFC 9396) of the one type. */
function detailedWish(details: string): Omit<Wish, 'description'> {
  const [only, ...others] = readDetails(details);
  const detail = parametersOf(only);
  if (others.length > 0 || !credentialTypes.includes(text(detail, 'type')))
    throw invalidRequest('Invalid parameter authorization_details');
  const { documentDigests } = detail;
  if (!Array.isArray(documentDigests) || documentDigests.length === 0) throw missing('array', 'documentDigests');
  mustBeSoMany(documentDigests.length);
  if (detail.numSignatures !== undefined && detail.numSignatures !== documentDigests.length)
    throw invalidRequest('Invalid value for parameter numSignatures');
  mustBeSha256(detail, true);
  const hashes = documentDigests.map((one) => {
    const digest = parametersOf(one);
    return { hash: hash(digest.hash), label: optionalText(digest, 'label')?.slice(0, longestLabel) ?? null };
  });
  return { credentialId: credentialIdOf(detail), hashes };
}

function readDetails(details: string): readonly unknown[] {
  try {
    const read: unknown = JSON.parse(details);
    if (Array.isArray(read)) return read;
  } catch {
    // refused below
  }
  throw invalidRequest('Invalid parameter authorization_details');
}
