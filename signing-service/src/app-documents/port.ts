/** An app with a token of its own (RFC 6749 §4.4). */
export interface AskingApp {
  readonly clientId: string;
  /** Whose app it is: it asks for this organisation's documents and those of organisations below. */
  readonly organisationId: string;
  readonly scopes: readonly string[];
}

/** What this service asks of the provider about apps that send documents; without it none does. */
export interface AskingAppsPort {
  /** A live bearer token that an approved app got for itself; undefined for anything else. */
  appOf(token: string): Promise<AskingApp | undefined>;
  /** The person whom the app knows by this subject. */
  personOf(clientId: string, sub: string): Promise<string | undefined>;
}
