import type { FormError } from '../form-error.ts';

/** ISO 8601 UTC. */
type Instant = string;

/**
 * `/account/second-factor`. `offer`: the QR code of `address` and the typed `secret`, a form with the hidden `ticket` and
 * the field `code`. `codes`: the recovery codes, shown this once. `kept`: it is on; a form without fields turns it off.
 */
export type SecondFactorSetupProps = { readonly accountPath: string; readonly error?: FormError } & (
  | {
      readonly step: 'offer';
      readonly action: string;
      readonly ticket: string;
      readonly address: string;
      readonly secret: string;
    }
  | { readonly step: 'codes'; readonly codes: readonly string[] }
  | {
      readonly step: 'kept';
      readonly addedAt: Instant;
      readonly recoveryCodesLeft: number;
      readonly renewAction: string;
      readonly removeAction: string;
    }
);
