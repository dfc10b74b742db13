import type { ServiceContext } from '@edutrust/platform/context';
import type Provider from 'oidc-provider';
import type { AppDirectory } from './apps/directory.ts';
import type { IdpPages } from './pages.ts';
import type { PasswordHasher } from './password/hashing.ts';
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

/** What the routes of this service share, made once a process. */
export interface IdpTools {
  readonly context: ServiceContext;
  readonly pages: IdpPages;
  readonly apps: AppDirectory;
  readonly hasher: PasswordHasher;
  readonly throttle: Throttle;
  readonly cookies: CookieNames;
  /** Other houses whose sign-in is taken. */
  readonly upstreams: Upstreams;
  /** Which systems got to know what of a person, the latest first; asked of the service that brings it to them. */
  releasedOf(personId: string): Promise<readonly Released[]>;
  /** The provider of now: a key rotation swaps it. */
  provider(): Promise<Provider>;
}
