/** Whom an access token of our provider stands for, at the API of remote signing. */
export interface TokenHolder {
  readonly clientId: string;
  readonly personId: string;
  readonly scopes: readonly string[];
}

/** What this service asks of the provider about apps; an installation part without it serves no remote signing. */
export interface AppsPort {
  /** A live bearer token of a person for an approved app; undefined for anything else. */
  holderOf(token: string): Promise<TokenHolder | undefined>;
  /** How people know the app, and whether it may begin the person's act in its own sign-in (scope `credential`). */
  app(clientId: string): Promise<{ readonly name: string; readonly scopes: readonly string[] } | undefined>;
}
