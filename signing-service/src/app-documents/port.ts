import type { PresentedToken, TokenRequest } from '@edutrust/platform/http';

/** An app with a token of its own (RFC 6749 §4.4). */
export interface AskingApp {
  readonly clientId: string;
  /** Whose app it is: it asks for this organisation's documents and those of organisations below. */
  readonly organisationId: string;
  readonly scopes: readonly string[];
}

/** What this service asks of the provider about apps that send documents; without it none does. */
export interface AskingAppsPort {
  /** Of the request's live token that an approved app got for itself, held as it is bound. */
  appOf(request: TokenRequest): Promise<PresentedToken<AskingApp>>;
  /** The person whom the app knows by this subject. */
  personOf(clientId: string, sub: string): Promise<string | undefined>;
}
