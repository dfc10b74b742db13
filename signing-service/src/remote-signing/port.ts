import type { PresentedToken, TokenRequest } from '@edutrust/platform/http';

/** Whom an access token of our provider stands for, at the API of remote signing. */
export interface TokenHolder {
  readonly clientId: string;
  readonly personId: string;
  readonly scopes: readonly string[];
}

export interface HeldToken extends PresentedToken<TokenHolder> {
  /** The same of a token that comes in the body, held with the keys that the request proved. */
  beside(token: string): Promise<TokenHolder | undefined>;
}

/** What this service asks of the provider about apps; an installation part without it serves no remote signing. */
export interface AppsPort {
  /** Of the request's live token of a person for an approved app, held as it is bound. */
  holderOf(request: TokenRequest): Promise<HeldToken>;
  /** How people know the app, and whether it may begin the person's act in its own sign-in (scope `credential`). */
  app(clientId: string): Promise<{ readonly name: string; readonly scopes: readonly string[] } | undefined>;
}
