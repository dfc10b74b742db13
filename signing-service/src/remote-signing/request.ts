import { invalidRequest } from './csc-error.ts';

/** SHA-256 alone: the keys are on P-256, and nothing else goes with `ecdsa-with-SHA256` (RFC 5758 §3.2). */
export const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  p256: '1.2.840.10045.3.1.7',
} as const;

/** Signatures for one act of the person. */
export const mostSignatures = 100;
export const longestDescription = 500;

export type Parameters = Readonly<Record<string, unknown>>;

/** The parameters of a call: a JSON object, or nothing. @throws CscError */
export function parametersOf(body: unknown): Parameters {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw invalidRequest('The body is not a JSON object');
  return body as Parameters;
}

/** @throws CscError in the specification's words: `Missing (or invalid type) string parameter credentialID` */
export function text(from: Parameters, name: string): string {
  const value = optionalText(from, name);
  if (value === undefined || value === '') throw missing('string', name);
  return value;
}

export function optionalText(from: Parameters, name: string): string | undefined {
  const value = from[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw missing('string', name);
  return value;
}

export function optionalFlag(from: Parameters, name: string): boolean {
  const value = from[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw missing('boolean', name);
  return value;
}

export function oneOf<Value extends string>(
  from: Parameters,
  name: string,
  values: readonly Value[],
  otherwise: Value,
): Value {
  const value = optionalText(from, name);
  if (value === undefined) return otherwise;
  const known = values.find((one) => one === value);
  if (!known) throw invalidRequest(`Invalid parameter ${name}`);
  return known;
}

/** A credential's id is an enrolment's. @throws CscError */
export function credentialIdOf(from: Parameters): string {
  const id = text(from, 'credentialID');
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw invalidRequest('Invalid parameter credentialID');
  return id;
}

/** How many signatures are asked for. @throws CscError */
export function numSignatures(from: Parameters): number {
  const { numSignatures: value } = from;
  if (!Number.isInteger(value)) throw missing('integer', 'numSignatures');
  return mustBeSoMany(Number(value));
}

export function mustBeSoMany(value: number): number {
  if (value < 1) throw invalidRequest('Invalid value for parameter numSignatures');
  if (value > mostSignatures) throw invalidRequest('Numbers of signatures is too high');
  return value;
}

/** SHA-256 digests, in base64. @throws CscError */
export function hashes(from: Parameters, name = 'hashes'): Buffer[] {
  const value = from[name];
  if (!Array.isArray(value)) throw missing('array', name);
  if (value.length === 0) throw invalidRequest('Empty hash array');
  if (value.length > mostSignatures) throw invalidRequest('Numbers of signatures is too high');
  return value.map((one) => hash(one));
}

export function hash(value: unknown): Buffer {
  if (typeof value !== 'string' || !isBase64(value)) throw invalidRequest('Invalid Base64 hash string parameter');
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 32) throw invalidRequest('Invalid digest value length');
  return bytes;
}

/** In both alphabets: the address of an OAuth request has the one without `+` and `/`. */
export const isBase64 = (value: string) => /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2,3}={0,2})?$/.test(value);

/** @throws CscError for a hash algorithm that does not go with our keys */
export function mustBeSha256(from: Parameters, isNeeded: boolean): void {
  const value = optionalText(from, 'hashAlgorithmOID');
  if (value === undefined && isNeeded) throw missing('string', 'hashAlgorithmOID');
  if (value !== undefined && value !== oids.sha256) throw invalidRequest('Invalid parameter hashAlgorithmOID');
}

/** @throws CscError for a signature algorithm that is none of `key/algo` */
export function mustBeOurSignAlgo(from: Parameters): void {
  if (text(from, 'signAlgo') !== oids.ecdsaWithSha256) throw invalidRequest('Invalid parameter signAlgo');
}

export function missing(type: string, name: string) {
  return invalidRequest(`Missing (or invalid type) ${type} parameter ${name}`);
}
