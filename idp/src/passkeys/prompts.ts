/**
 * Everything a script needs for `navigator.credentials.get`. The page puts it into
 * `<script type="application/json" id="passkey">`; the script calls `get({ mediation: 'conditional' })` at once when the
 * browser knows how, and again without `mediation` (a fresh tap) from the passkey button, which stays hidden without
 * script. It posts `PublicKeyCredential.toJSON()` as `{ credential }` to `verifyPath` with `fetch`, `content-type:
 * application/json`, same origin: 200 `{ "location": "/…" }` where to go, else problem details to show. A challenge
 * works once: after a refusal fetch `POST optionsPath` (empty JSON body `{}`) → `{ "options": … }`.
 */
export interface PasskeyPrompt {
  /** PublicKeyCredentialRequestOptionsJSON (WebAuthn L3 §5.5). */
  readonly options: object;
  readonly optionsPath: string;
  readonly verifyPath: string;
}

/**
 * What a page tells the browser of the passkeys that still count, so that one which was removed here is offered no longer
 * (WebAuthn L3 §5.1.10, `signalAllAcceptedCredentials`), and of the names as they are now, so that a passkey made before a
 * correction or a merge is not offered by the old ones (`signalCurrentUserDetails`). Base64url.
 */
export interface AcceptedPasskeys {
  readonly accepted: {
    readonly rpId: string;
    readonly userId: string;
    readonly allAcceptedCredentialIds: readonly string[];
    /** The education ID, as at creation. */
    readonly name: string;
    readonly displayName: string;
  };
}

/**
 * Everything a script needs for `navigator.credentials.create`. `POST optionsPath` with `{ ticket? }` →
 * `{ "options": PublicKeyCredentialCreationOptionsJSON }`; then `POST verifyPath` with `{ ticket?, credential, name? }` →
 * 200 `{ "location": "/…" }`. `ticket` only where given here.
 */
export interface PasskeyCreation {
  readonly optionsPath: string;
  readonly verifyPath: string;
  readonly ticket?: string;
}
