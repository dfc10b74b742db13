import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();
const makeKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** The flags of authenticator data (WebAuthn level 3 §6.1). */
export const flags = { userPresent: 1, userVerified: 4, backupEligible: 8, backedUp: 16, attested: 64 } as const;
const allFlags = flags.userPresent | flags.userVerified | flags.backupEligible | flags.backedUp;

/** What an attacker or a fault changes about a ceremony; everything is as it should be by default. */
export interface Tampering {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly counter?: number;
  /** The COSE algorithm that the credential's key claims (RFC 9053). */
  readonly algorithm?: number;
  readonly credentialId?: Buffer;
  readonly userHandle?: string | null;
  /** Signs with a key that is not the credential's. */
  readonly foreignKey?: boolean;
}

/**
 * An authenticator in software (WebAuthn level 3 §6): one discoverable ES256 credential, user verified, synchronised, no
 * attestation, with PRF (CTAP 2.1 hmac-secret). Its counter moves only when a test moves it.
 */
export class TestAuthenticator {
  /** base64url, as credentials are named in JSON. */
  readonly credentialId: string;
  /** COSE_Key (RFC 9052 §7). */
  readonly publicKey: Buffer;
  /** Of the account that it was registered for; empty before. */
  userHandle = '';
  counter = 0;
  readonly #origin: string;
  readonly #id = randomBytes(32);
  readonly #key = makeKey();
  readonly #prfSecret = randomBytes(32);

  constructor(origin: string) {
    this.#origin = origin;
    this.credentialId = base64url(this.#id);
    this.publicKey = coseKey(this.#key, -7);
  }

  /** The answer to creation options, as `PublicKeyCredential.toJSON()` gives it. */
  create(
    options: {
      readonly challenge: string;
      readonly rp: { readonly id: string };
      readonly user: { readonly id: string };
      readonly extensions?: { readonly prf?: unknown };
    },
    change: Tampering = {},
  ) {
    this.userHandle = options.user.id;
    const id = change.credentialId ?? this.#id;
    const data = Buffer.concat([
      this.#head(options.rp.id, (change.flags ?? allFlags) | flags.attested, change),
      Buffer.alloc(16), // AAGUID: none
      twoBytes(id.length),
      id,
      change.algorithm === undefined ? this.publicKey : coseKey(this.#key, change.algorithm),
    ]);
    const attestationObject = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'), // {fmt: "none", attStmt: {}, authData:
      Buffer.of(0x59),
      twoBytes(data.length),
      data,
    ]);
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key' as const, // else a string
      clientExtensionResults: options.extensions?.prf ? { prf: { enabled: true } } : {},
      response: {
        clientDataJSON: base64url(this.#clientData('webauthn.create', options.challenge, change)),
        attestationObject: base64url(attestationObject),
        transports: ['internal'],
      },
    };
  }

  /** The answer to request options (WebAuthn level 3 §6.3.3). */
  get(options: { readonly challenge: string; readonly rpId: string }, change: Tampering = {}) {
    const data = this.#head(options.rpId, change.flags ?? allFlags, change);
    const clientData = this.#clientData('webauthn.get', options.challenge, change);
    const id = change.credentialId ?? this.#id;
    const userHandle = change.userHandle === undefined ? this.userHandle || null : change.userHandle;
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key' as const, // else a string
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(data),
        signature: base64url(
          sign('sha256', Buffer.concat([data, sha256(clientData)]), change.foreignKey ? makeKey() : this.#key),
        ),
        ...(userHandle === null ? {} : { userHandle }),
      },
    };
  }

  /** The PRF output for a salt in base64url: never leaves the phone. */
  prf(salt: string): Buffer {
    return createHmac('sha256', this.#prfSecret).update(Buffer.from(salt, 'base64url')).digest();
  }

  #head(rpId: string, bits: number, change: Tampering): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(change.counter ?? this.counter);
    return Buffer.concat([sha256(change.rpId ?? rpId), Buffer.of(bits), counter]);
  }

  #clientData(type: string, challenge: string, change: Tampering): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: change.type ?? type,
        challenge: change.challenge ?? challenge,
        origin: change.origin ?? this.#origin,
        crossOrigin: change.crossOrigin ?? false,
        ...(change.topOrigin ? { topOrigin: change.topOrigin } : {}),
      }),
    );
  }
}

function twoBytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** {1: 2 (EC2), 3: algorithm, -1: 1 (P-256), -2: x, -3: y} */
function coseKey(key: KeyObject, algorithm: number): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from('a5010203', 'hex'),
    negative(algorithm),
    Buffer.from('2001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);
}

/** A negative CBOR integer: −7 → 0x26, −257 → 0x39 0x01 0x00. */
function negative(value: number): Buffer {
  const magnitude = -1 - value;
  return magnitude < 24 ? Buffer.of(0x20 | magnitude) : Buffer.concat([Buffer.of(0x39), twoBytes(magnitude)]);
}
