import {
  createHash,
  createHmac,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  webcrypto,
} from 'node:crypto';
import type Type from 'typebox';
import type { AssertionJson, AttestationJson } from '../src/enrolment/passkey.ts';
import type { CreationOptions, RequestOptions } from '../src/enrolment/schemas.ts';

const { subtle } = webcrypto;
const base64url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString('base64url');
const flag = { userPresent: 1, userVerified: 4, backupEligible: 8, backedUp: 16, attested: 64 };

/** What an attacker or a fault changes about a ceremony; everything is as it should be by default. */
export interface Tampering {
  readonly type?: string;
  readonly origin?: string;
  readonly challenge?: string;
  readonly rpId?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly flags?: number;
  readonly counter?: number;
  readonly userHandle?: string;
  readonly credentialId?: Buffer;
  /** COSE algorithm claimed in the credential's key. */
  readonly algorithm?: number;
}

/** A platform authenticator in software: ES256, user verification, PRF (CTAP 2.1 hmac-secret). For tests. */
export class TestAuthenticator {
  readonly #origin: string;
  readonly #key: KeyObject;
  readonly #publicJwk: { x: string; y: string };
  readonly #prfSecret = randomBytes(32);
  readonly credentialId: Buffer = randomBytes(32);
  counter = 0;
  userHandle = '';

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#publicJwk = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  }

  create({ options }: Type.Static<typeof CreationOptions>, tampering: Tampering = {}): AttestationJson {
    this.userHandle = options.user.id;
    const id = tampering.credentialId ?? this.credentialId;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.#coseKey(tampering.algorithm ?? -7)]);
    const all = flag.userPresent | flag.userVerified | flag.backupEligible | flag.backedUp;
    const authenticatorData = this.#authenticatorData(
      options.rp.id,
      (tampering.flags ?? all) | flag.attested,
      attested,
      tampering,
    );
    const size = Buffer.alloc(2);
    size.writeUInt16BE(authenticatorData.length);
    const attestationObject = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'), // {fmt: "none", attStmt: {}, authData:
      Buffer.of(0x59),
      size,
      authenticatorData,
    ]);
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key',
      clientExtensionResults: { prf: { enabled: true } },
      response: {
        clientDataJSON: base64url(this.#clientData('webauthn.create', options.challenge, tampering)),
        attestationObject: base64url(attestationObject),
        transports: ['internal'],
      },
    };
  }

  get({ challenge, rpId }: Type.Static<typeof RequestOptions>, tampering: Tampering = {}): AssertionJson {
    const all = flag.userPresent | flag.userVerified | flag.backupEligible | flag.backedUp;
    const authenticatorData = this.#authenticatorData(rpId, tampering.flags ?? all, Buffer.alloc(0), tampering);
    const clientData = this.#clientData('webauthn.get', challenge, tampering);
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]);
    const id = tampering.credentialId ?? this.credentialId;
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(sign('sha256', signed, this.#key)),
        userHandle: tampering.userHandle ?? this.userHandle,
      },
    };
  }

  /** The PRF output for a salt: never leaves the phone. */
  prf(salt: string): Buffer {
    return createHmac('sha256', this.#prfSecret).update(Buffer.from(salt, 'base64url')).digest();
  }

  #coseKey(algorithm: number): Buffer {
    const { x, y } = this.#publicJwk;
    const alg = Buffer.of(0x20 | (-1 - algorithm)); // −1 … −24 in one byte
    return Buffer.concat([
      Buffer.from('a5010203', 'hex'),
      alg,
      Buffer.from('2001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
  }

  #authenticatorData(rpId: string, flags: number, rest: Buffer, tampering: Tampering): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(tampering.counter ?? this.counter);
    const rpIdHash = createHash('sha256')
      .update(tampering.rpId ?? rpId)
      .digest();
    return Buffer.concat([rpIdHash, Buffer.of(flags), counter, rest]);
  }

  #clientData(type: string, challenge: string, tampering: Tampering): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: tampering.type ?? type,
        challenge: tampering.challenge ?? challenge,
        origin: tampering.origin ?? this.#origin,
        crossOrigin: tampering.crossOrigin ?? false,
        ...(tampering.topOrigin ? { topOrigin: tampering.topOrigin } : {}),
      }),
    );
  }
}

/** The wrapping key that the browser makes from the PRF output. */
async function wrappingKey(prf: Buffer): Promise<webcrypto.CryptoKey> {
  const bytes = Buffer.from(hkdfSync('sha256', prf, Buffer.alloc(0), 'EduTrust signing key', 32));
  return subtle.importKey('raw', bytes, 'AES-GCM', false, ['wrapKey', 'unwrapKey']);
}

const p256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** What the browser does at enrolment with device custody: makes the key, and wraps it at once. */
export async function makeDeviceKey(prf: Buffer, possession: string) {
  const { privateKey, publicKey } = (await subtle.generateKey(p256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const iv = randomBytes(12);
  const wrapped = await subtle.wrapKey('pkcs8', privateKey, await wrappingKey(prf), { name: 'AES-GCM', iv });
  const proof = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(possession, 'utf8'));
  return {
    publicKeySpki: base64url(await subtle.exportKey('spki', publicKey)),
    proofOfPossession: base64url(proof),
    wrappedPrivateKey: base64url(Buffer.concat([iv, Buffer.from(wrapped)])),
  };
}

/** Unwraps the key, not extractable, and signs; throws when the PRF output is another's. */
export async function signOnDevice(
  prf: Buffer,
  wrappedKey: string,
  signedAttributes: readonly string[],
): Promise<string[]> {
  const blob = Buffer.from(wrappedKey, 'base64url');
  const unwrapped = await subtle.unwrapKey(
    'pkcs8',
    blob.subarray(12),
    await wrappingKey(prf),
    { name: 'AES-GCM', iv: blob.subarray(0, 12) },
    p256,
    false,
    ['sign'],
  );
  const signatures: string[] = [];
  for (const attributes of signedAttributes) {
    const raw = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, unwrapped, Buffer.from(attributes, 'base64url'));
    signatures.push(base64url(raw));
  }
  return signatures;
}
