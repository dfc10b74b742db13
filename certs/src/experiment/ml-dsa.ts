import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { backdatedMs, newSerial } from '../authority/issuance.ts';
import { encodeName, type NameAttribute } from '../certificate/certificate.ts';
import { buildToBeSigned, type Profile, purposes } from '../certificate/profiles.ts';
import { signatureAlgorithms } from '../certificate/signature.ts';
import { bitString, sequence } from '../der/der.ts';
import { wholeSecond } from '../revocation/revocation-list.ts';

const lifetimeMs = 90 * 24 * 3_600_000;

/** What a chain under ML-DSA-65 looks like (RFC 9881). No authority of ours issues these: they are for trying out. */
export const experimentalProfiles = {
  root: {
    lifetimeMs,
    authority: { pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    policies: [],
    revocation: 'none',
    isExperimental: true,
  },
  signer: {
    lifetimeMs,
    keyUsage: ['digitalSignature', 'nonRepudiation'],
    extendedKeyUsage: { critical: false, purposes: [purposes.documentSigning] },
    policies: [],
    revocation: 'none',
    isExperimental: true,
  },
} as const satisfies Record<string, Profile>;

export interface ExperimentalChain {
  /** DER. */
  readonly root: Buffer;
  readonly signer: Buffer;
  readonly signerKey: KeyObject;
}

/** A root and a signer under it whose keys are ML-DSA-65; the root's private key is forgotten. */
export function makeExperimentalChain(now: Date): ExperimentalChain {
  const rootKeys = generateKeyPairSync('ml-dsa-65');
  const signerKeys = generateKeyPairSync('ml-dsa-65');
  const issue = (profile: Profile, commonName: string, key: KeyObject) => {
    const subject: NameAttribute[] = [
      ['country', 'VN'],
      ['organisation', 'EduTrust experiments'],
      ['commonName', commonName],
    ];
    const tbs = buildToBeSigned({
      profile,
      serial: newSerial(),
      issuerName: encodeName([...subject.slice(0, 2), ['commonName', 'ML-DSA-65 Root']]),
      issuerPublicKey: spki(rootKeys.publicKey),
      signatureAlgorithm: 'ml-dsa-65',
      subject,
      publicKey: spki(key),
      notBefore: wholeSecond(new Date(now.getTime() - backdatedMs)),
      notAfter: wholeSecond(new Date(now.getTime() + profile.lifetimeMs - backdatedMs)),
      addresses: { origin: 'http://localhost', issuerId: 'experiment' },
    });
    const signature = sign(null, tbs, rootKeys.privateKey);
    return sequence(tbs, signatureAlgorithms['ml-dsa-65'], bitString(signature));
  };
  const root = issue(experimentalProfiles.root, 'ML-DSA-65 Root', rootKeys.publicKey);
  const signer = issue(experimentalProfiles.signer, 'ML-DSA-65 Signer', signerKeys.publicKey);
  return { root, signer, signerKey: signerKeys.privateKey };
}

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
