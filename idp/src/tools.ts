import type { ServiceContext } from '@edutrust/platform/context';
import type { Locale } from '@edutrust/platform/messages';
import type Provider from 'oidc-provider';
import type { AppDirectory } from './apps/directory.ts';
import type { IdpPages } from './pages.ts';
import type { PasswordHasher } from './password/hashing.ts';
import type { TokenDoor } from './provider/presented.ts';
import type { RiskWatch } from './risk/risk.ts';
import type { CookieNames } from './sessions/cookies.ts';
import type { Throttle } from './throttling/throttle.ts';
import type { Upstreams } from './upstream/providers.ts';

/** Fields of one person that one system got together, once or more often. */
export interface Released {
  readonly recipient: string;
  /** By neutral field name: `fullName`, `classes`. */
  readonly fields: readonly string[];
  readonly lastAt: Date;
  readonly times: number;
}

/** A system that gets data of people by a contract; as the service that brings it to them keeps it. */
export interface SystemRecipient {
  readonly id: string;
  readonly name: string;
  readonly organisationId: string;
  readonly contract: {
    readonly learners: readonly ContractField[];
    readonly others: readonly ContractField[];
    readonly roles: readonly ('learner' | 'teacher' | 'staff' | 'guardian')[];
  };
  readonly since: Date;
  readonly lastAt: Date | null;
}
type ContractField = 'name' | 'birthDate' | 'gender' | 'roles' | 'organisations' | 'classes' | 'titles';

/** A sign-in with the scope `credential` (CSC API v2.2 §8.4.2). */
export interface CredentialSignIn {
  readonly interaction: string;
  readonly personId: string;
  readonly clientId: string;
  /** Of the authorization request, as they came. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The browser goes to a page of ours, the app gets its code, or an error (RFC 6749 §4.1.2.1). */
export type CredentialAnswer =
  | { readonly kind: 'ask'; readonly path: string }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'error'; readonly error: string; readonly description: string };

/** What a receipt says, as it is to be read; whoever keeps the keys makes the signed paper of it. */
export interface Receipt {
  readonly locale: Locale;
  readonly title: string;
  readonly sentence: string;
  readonly parts: readonly {
    readonly heading: string;
    /** Names and values. */
    readonly facts: readonly (readonly [string, string])[];
  }[];
  readonly worth: string;
}

/** What the routes of this service share, made once a process. */
export interface IdpTools {
  readonly context: ServiceContext;
  readonly pages: IdpPages;
  readonly apps: AppDirectory;
  /** Who an access token at an API of ours stands for. */
  readonly tokens: TokenDoor;
  readonly hasher: PasswordHasher;
  readonly throttle: Throttle;
  readonly risk: RiskWatch;
  readonly cookies: CookieNames;
  /** Other houses whose sign-in is taken. */
  readonly upstreams: Upstreams;
  /** Which systems got to know what of a person, the latest first; asked of the service that brings it to them. */
  releasedOf(personId: string): Promise<readonly Released[]>;
  /** Which systems have a contract; asked of the same service. */
  recipients(): Promise<readonly SystemRecipient[]>;
  /** How a sign-in for the use of a person's key goes on; asked of those who keep the keys. */
  credentialSignIn(signIn: CredentialSignIn): Promise<CredentialAnswer>;
  /** A receipt as a signed PDF; absent where nobody keeps keys, and then there are no receipts. */
  readonly receipts?: ((receipt: Receipt) => Promise<Buffer>) | undefined;
  /** The provider of now: a key rotation swaps it. */
  provider(): Promise<Provider>;
}
