import type { PasskeyPrompt } from '../passkeys/prompts.ts';

/** A sentence that is already in the reader's language. */
type Sentence = string;
/** ISO 8601 UTC. */
type Instant = string;

/**
 * `/sign-in-requests`: one request of an app at a time. With a passkey the button is the passkey's; else the form posts to
 * `allowAction`. `refuseAction` is a form without fields.
 */
export type SignInRequestProps =
  | {
      readonly step: 'ask';
      readonly app: { readonly name: string; readonly purpose: Sentence };
      /** Shown by the app as well (OpenID CIBA §7.1); null: it gave none. */
      readonly message: string | null;
      readonly data: readonly { readonly claim: string; readonly label: Sentence; readonly value: string }[];
      readonly name: string;
      readonly expiresAt: Instant;
      readonly passkey?: PasskeyPrompt;
      readonly allowAction: string;
      readonly refuseAction: string;
      /** Others that wait after this one. */
      readonly more: number;
    }
  | { readonly step: 'allowed' | 'refused' | 'none'; readonly more: number };
