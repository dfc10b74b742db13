import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
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
  readonly algorithm?: number;
  readonly credentialId?: Buffer;
  readonly userHandle?: string | null;
  /** Signs with a key that is not the credential's. */
  readonly foreignKey?: boolean;
}

/** An authenticator in software: one discoverable ES256 credential, user verified, no attestation (WebAuthn L3 §6). */
export class TestAuthenticator {
  readonly #origin: string;
  readonly #key: KeyObject;
  readonly #x: string;
  readonly #y: string;
  readonly credentialId = randomBytes(32);
  userHandle = '';
  counter = 0;

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
    this.#x = x;
    this.#y = y;
  }

  create(options: { challenge: string; rp: { id: string }; user: { id: string } }, change: Tampering = {}): object {
    this.userHandle = options.user.id;
    const id = change.credentialId ?? this.credentialId;
    const idLength = Buffer.alloc(2);
    idLength.writeUInt16BE(id.length);
    const cose = Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03]),
      negative(change.algorithm ?? -7),
      Buffer.from([0x20, 0x01, 0x21, 0x58, 0x20]),
      Buffer.from(this.#x, 'base64url'),
      Buffer.from([0x22, 0x58, 0x20]),
      Buffer.from(this.#y, 'base64url'),
    ]);
    const data = Buffer.concat([
      this.#head(options.rp.id, (change.flags ?? allFlags) | flags.attested, change),
      Buffer.alloc(16),
      idLength,
      id,
      cose,
    ]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(data.length);
    const attestationObject = Buffer.concat([
      Buffer.from([0xa3, 0x63]),
      Buffer.from('fmt'),
      Buffer.from([0x64]),
      Buffer.from('none'),
      Buffer.from([0x67]),
      Buffer.from('attStmt'),
      Buffer.from([0xa0, 0x68]),
      Buffer.from('authData'),
      Buffer.from([0x59]),
      length,
      data,
    ]);
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(this.#clientData('webauthn.create', options.challenge, change)),
        attestationObject: base64url(attestationObject),
        transports: ['internal'],
      },
    };
  }

  get(options: { challenge: string; rpId: string }, change: Tampering = {}): object {
    const data = this.#head(options.rpId, change.flags ?? allFlags, change);
    const clientData = this.#clientData('webauthn.get', options.challenge, change);
    const signed = Buffer.concat([data, createHash('sha256').update(clientData).digest()]);
    const key = change.foreignKey ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : this.#key;
    const id = change.credentialId ?? this.credentialId;
    const userHandle = change.userHandle === undefined ? this.userHandle : change.userHandle;
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(data),
        signature: base64url(sign('sha256', signed, key)),
        ...(userHandle === null ? {} : { userHandle }),
      },
    };
  }

  #head(rpId: string, bits: number, change: Tampering): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(change.counter ?? this.counter);
    return Buffer.concat([
      createHash('sha256')
        .update(change.rpId ?? rpId)
        .digest(),
      Buffer.of(bits),
      counter,
    ]);
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

/** A negative CBOR integer: −7 → 0x26, −257 → 0x39 0x01 0x00. */
function negative(value: number): Buffer {
  const magnitude = -1 - value;
  if (magnitude < 24) return Buffer.of(0x20 | magnitude);
  const long = Buffer.of(0x39, 0, 0);
  long.writeUInt16BE(magnitude, 1);
  return long;
}
