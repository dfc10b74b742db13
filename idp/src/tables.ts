import type { Database, Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { AdapterPayload } from 'oidc-provider';
import type { ApiAccess, AppApi } from './apps/apis.ts';
import type { Audience } from './apps/audience.ts';
import type { KeySet } from './apps/keys.ts';
import type { AppPicture } from './apps/pictures.ts';
import type { AppKind, CodeProtection, IdTokenAlgorithm, SecurityProfile } from './apps/protocol.ts';
import type { Ciba } from './ciba/delivery.ts';

/** PostgreSQL's bigint comes as text. */
type BigInteger = ColumnType<string, number, number>;
type Json<Value> = ColumnType<Value, string, string>;

export interface AccountTable {
  person_id: string;
  status: 'invited' | 'active' | 'suspended';
  password_hash: string | null;
  /** See `password/earlier/imports.ts`. */
  password_ends_at: Generated<Date | null>;
  password_changed_at: Date | null;
  /** Of the hash, see `password/attestation.ts`. */
  password_attestation: Generated<Buffer | null>;
  user_handle: Buffer;
  created_at: Date;
  activated_at: Date | null;
  suspended_at: Date | null;
  last_sign_in_at: Date | null;
  /** Raised by whatever ends all of the person's sessions; see `provider/prefetch.ts`. */
  epoch: Generated<string>;
}

export interface PasskeyTable {
  id: string;
  person_id: string;
  credential_id: string;
  public_key: Buffer;
  counter: BigInteger;
  transports: string[];
  is_synced: boolean;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
  /** That this program registered it; one without is no way to sign in. */
  attestation: Buffer | null;
  /** How its holder came to choose it, when by a code: by whose, and when; attested with the rest. */
  given_kind: Generated<'code-used' | 'recovered' | null>;
  given_by: Generated<string[] | null>;
  given_at: Generated<Date | null>;
}

export interface ActivationTable {
  id: string;
  person_id: string;
  kind: 'code' | 'link';
  secret_hash: Buffer;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  revoked_at: Date | null;
  /** The people who made it; empty: the program itself; null: a code of before. */
  made_by: Generated<string[] | null>;
  /** That this program made it, and whether it also opens the account of somebody who answers for others. */
  attestation: Buffer | null;
}

export interface AppTable {
  client_id: string;
  name: string;
  purpose: Json<Text>;
  kind: AppKind;
  organisation_id: string;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  backchannel_logout_uri: string | null;
  home_uri: string | null;
  scopes: string[];
  sector: string;
  is_approved: boolean;
  is_external: boolean;
  audience: Generated<Audience[]>;
  id_token_alg: Generated<IdTokenAlgorithm>;
  code_protection: Generated<CodeProtection>;
  has_claims_in_id_token: Generated<boolean>;
  security_profile: Generated<SecurityProfile>;
  certificates: Generated<string[]>;
  is_sandbox: Generated<boolean>;
  picture: AppPicture | null;
  jwks: ColumnType<KeySet | null, string | null | undefined, string | null>;
  jwks_uri: ColumnType<string | null, string | null | undefined, string | null>;
  api: ColumnType<AppApi | null, string | null | undefined, string | null>;
  exchanges_tokens: Generated<boolean>;
  ciba: ColumnType<Ciba | null, string | null | undefined, string | null>;
  api_access: ColumnType<ApiAccess[], string | undefined, string>;
  secret_hash: Buffer | null;
  previous_secret_hash: Buffer | null;
  previous_secret_until: Date | null;
  version: Generated<number>;
  created_at: Date;
  ended_at: Date | null;
}

export interface SessionTable {
  uid: string;
  id_hash: Buffer;
  person_id: string | null;
  payload: Json<AdapterPayload>;
  device: string;
  signed_in_at: Date | null;
  created_at: Generated<Date>;
  last_seen_at: Generated<Date>;
  expires_at: Date;
  idle_seconds: Generated<number>;
  /** Of whose it is and how they signed in, see `sessions/attestation.ts`; null while nobody is signed in. */
  attestation: Generated<Buffer | null>;
  /** The lesson that it began in and ends with. */
  lesson_id: Generated<string | null>;
  room_id: Generated<string | null>;
  ends_at: Generated<Date>;
  /** It began after its person had left. */
  is_of_left: Generated<boolean>;
}

export type IdpTables = {
  'idp.account': AccountTable;
  'idp.passkey': PasskeyTable;
  'idp.activation': ActivationTable;
  'idp.app': AppTable;
  'idp.app_activation': { client_id: string; organisation_id: string; activated_at: Date; activated_by: string };
  'idp.consent': {
    person_id: string;
    client_id: string;
    scopes: string[];
    given_at: Date;
    children: Generated<string[]>;
    said: unknown;
    acr: string | null;
  };
  'idp.session': SessionTable;
};

/** The provider's view of a database or a transaction that somebody hands us. */
export function idpOf(db: Database | Transaction): Kysely<IdpTables> {
  return (db as Database).withTables<IdpTables>();
}
