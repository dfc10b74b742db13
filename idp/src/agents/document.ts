/** A document that does not make its address a client; nobody but a log reads why. */
export class BadDocument extends Error {}

/** The longest address of a document, as of every client id here. */
const longestId = 100;
const mostAddresses = 10;

/** Text that a URL parser would change, or that is read differently by others: backslashes, controls, dot segments. */
const isPlain = (text: string) => /^[\x21-\x5b\x5d-\x7e]+$/.test(text) && !/\/(\.|%2e){1,2}(\/|$)/i.test(text);

/**
 * Whether the client id is the address of a metadata document at one of the origins: with a path, without user, fragment or
 * query (draft-ietf-oauth-client-id-metadata-document §3).
 */
export function isDocumentId(id: string, origins: readonly string[]): boolean {
  const origin = origins.find((one) => id.startsWith(`${one}/`));
  if (origin === undefined || id.length > longestId || !isPlain(id) || /[?#@]/.test(id)) return false;
  return id.length > origin.length + 1 && URL.canParse(id) && new URL(id).href === id;
}

/** Whether an agent may have people taken back there: to its own origin, or to this machine by its number (RFC 8252 §7.3). */
const isItsOwn = (address: string, origin: string): boolean =>
  isPlain(address) &&
  !/[#@*]/.test(address) &&
  (address.startsWith(`${origin}/`) || /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d{1,5})?\//.test(address)) &&
  URL.canParse(address);

/**
 * Where people are taken back, by the document that was read at the address that is its client id. Everything else that it
 * says of itself (its name, pictures, pages, scopes) is nobody's word but its own, and is passed over.
 *
 * @throws BadDocument
 */
export function returnAddressesOf(text: string, id: string): string[] {
  const given = parsed(text);
  if (given.client_id !== id) throw new BadDocument('client_id is not the address of the document');
  const method = given.token_endpoint_auth_method ?? 'none';
  if (method !== 'none' || 'client_secret' in given || 'jwks' in given || 'jwks_uri' in given)
    throw new BadDocument('an agent is a public client');
  if (!mayHold(given.grant_types, 'authorization_code') || !mayHold(given.response_types, 'code'))
    throw new BadDocument('an agent asks for a code');
  const addresses: unknown = given.redirect_uris;
  if (!Array.isArray(addresses) || addresses.length === 0 || addresses.length > mostAddresses)
    throw new BadDocument(`redirect_uris names 1 to ${mostAddresses} addresses`);
  const { origin } = new URL(id);
  const own = addresses.filter((one): one is string => typeof one === 'string' && isItsOwn(one, origin));
  if (own.length !== addresses.length) throw new BadDocument('redirect_uris leads elsewhere');
  return own;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new BadDocument('not JSON');
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new BadDocument('not an object');
  return given as Readonly<Record<string, unknown>>;
}

const mayHold = (list: unknown, wanted: string) =>
  list === undefined || (Array.isArray(list) && list.some((one) => one === wanted));
