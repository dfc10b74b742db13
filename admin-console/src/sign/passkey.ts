import { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { fromBase64Url, toBase64Url } from './keys.ts';
import { withWords } from './passkey-words.ts';

type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON'];
type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON'];

/** As the API sends it: JSON, whose PRF input is base64url. */
interface WithPrf {
  readonly extensions?: { readonly prf: { readonly eval: { readonly first: string } } };
}

/** Browsers want bytes where JSON has base64url; the library passes extensions on as they are. */
function withPrfBytes<Options extends object>(options: Options & WithPrf): Options {
  const first = options.extensions?.prf.eval.first;
  return first ? { ...options, extensions: { prf: { eval: { first: fromBase64Url(first) } } } } : options;
}

interface PrfResults {
  readonly prf?: { readonly enabled?: boolean; readonly results?: { readonly first?: ArrayBuffer } };
}

export interface Registered {
  readonly attestation: object;
  readonly credentialId: string;
  /** Undefined when the authenticator has no PRF. */
  readonly prfOutput: ArrayBuffer | undefined;
}

/** Registers the phone's passkey and gives its PRF output; asks a second time where creation alone does not give it. */
export async function register(options: object): Promise<Registered> {
  const wanted = options as CreationOptions & WithPrf; // the API's schema is WebAuthn's
  const credential = await withWords('enrol', () => startRegistration({ optionsJSON: withPrfBytes(wanted) }));
  const { prf } = credential.clientExtensionResults as PrfResults;
  const first = wanted.extensions?.prf.eval.first;
  let prfOutput = prf?.results?.first;
  if (!prfOutput && prf?.enabled && first) {
    // For our eyes only: this assertion goes nowhere, so its challenge needs no server.
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    const optionsJSON = withPrfBytes({
      challenge: toBase64Url(challenge),
      rpId: wanted.rp.id ?? location.hostname,
      userVerification: 'required' as const,
      allowCredentials: [{ id: credential.id, type: 'public-key' as const }],
      extensions: { prf: { eval: { first } } },
    }) as RequestOptions;
    const again = await withWords('enrol', () => startAuthentication({ optionsJSON }));
    prfOutput = (again.clientExtensionResults as PrfResults).prf?.results?.first;
  }
  return { attestation: { ...credential, clientExtensionResults: {} }, credentialId: credential.id, prfOutput };
}

/** One assertion, by a tap; its PRF output stays here and is not part of what is sent. */
export async function assertPasskey(
  options: object,
): Promise<{ assertion: object; prfOutput: ArrayBuffer | undefined }> {
  const optionsJSON = withPrfBytes(options as RequestOptions & WithPrf);
  const credential = await withWords('sign', () => startAuthentication({ optionsJSON }));
  const { prf } = credential.clientExtensionResults as PrfResults;
  return { assertion: { ...credential, clientExtensionResults: {} }, prfOutput: prf?.results?.first };
}
