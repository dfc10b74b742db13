import type { LogKey } from './log-proof.ts';
import type { ValidationOptions } from './options.ts';
import type { TrustMaterial } from './signer.ts';

/** What all signatures of a file are judged with, beside what the file itself brings. */
export interface Surroundings extends TrustMaterial {
  readonly timeStampAnchors: readonly Uint8Array[];
  readonly logs: readonly LogKey[];
  readonly requireRevocation: boolean;
  readonly at: Date;
}

/** Certificates, lists and responses that a file or a signature brings: material, trusted by nothing. */
export type Material = Pick<TrustMaterial, 'untrusted' | 'crls' | 'ocsp'>;

/** The options with what they default to. */
export function surroundingsOf(options: ValidationOptions): Surroundings {
  return {
    anchors: options.anchors,
    timeStampAnchors: options.timeStampAnchors ?? options.anchors,
    untrusted: options.untrusted ?? [],
    crls: options.crls ?? [],
    ocsp: options.ocsp ?? [],
    logs: options.logs ?? [],
    requireRevocation: options.requireRevocation ?? true,
    at: options.at ?? new Date(),
  };
}

/** The same with more material. */
export function withMaterial(around: Surroundings, { untrusted, crls, ocsp }: Material): Surroundings {
  return {
    ...around,
    untrusted: [...untrusted, ...around.untrusted],
    crls: [...crls, ...around.crls],
    ocsp: [...ocsp, ...around.ocsp],
  };
}
