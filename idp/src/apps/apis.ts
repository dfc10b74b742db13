import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { releasableScopes } from '../provider/claims.ts';
import { parseAppAddress } from './addresses.ts';

/** An API of an app, for which other apps get access tokens (RFC 8707). */
export interface AppApi {
  /** The `resource` of requests and the `aud` of tokens: an absolute address without a fragment (RFC 8707 §2). */
  readonly identifier: string;
  readonly scopes: ApiScope[];
}

export interface ApiScope {
  readonly name: string;
  /** What it lets an app do, for those who approve. */
  readonly means: Text;
}

/** What an app may ask of the API of another one. */
export interface ApiAccess {
  readonly identifier: string;
  readonly scopes: string[];
}

/** RFC 6749 §3.3 allows more; these need no quoting anywhere. */
const scopeName = /^[a-z][a-z0-9._:-]{0,59}$/;

/** The API as it is kept. @throws InvalidInput `apps/bad-api`, `apps/bad-address` */
export function apiOf(given: AppApi): AppApi {
  const identifier = parseAppAddress(given.identifier, 'api');
  mustBeScopes(
    given.scopes.map(({ name }) => name),
    'api',
  );
  return { identifier, scopes: given.scopes.map(({ name, means }) => ({ name, means })) };
}

/** What the app may ask of APIs, as it is kept. @throws as {@link apiOf} */
export function apiAccessOf(given: readonly ApiAccess[]): ApiAccess[] {
  if (new Set(given.map(({ identifier }) => identifier)).size !== given.length) throw badApi('apiAccess');
  return given.map(({ identifier, scopes }) => {
    mustBeScopes(scopes, 'apiAccess');
    return { identifier: parseAppAddress(identifier, 'apiAccess'), scopes: [...scopes] };
  });
}

function mustBeScopes(names: readonly string[], field: 'api' | 'apiAccess'): void {
  const isRight = (name: string) => scopeName.test(name) && !releasableScopes.some((known) => known === name);
  if (names.length > 0 && names.every(isRight) && new Set(names).size === names.length) return;
  throw badApi(field);
}

function badApi(field: 'api' | 'apiAccess'): InvalidInput {
  const detail = {
    vi: 'Mỗi API có một địa chỉ và ít nhất một phạm vi, mỗi thứ ghi một lần; tên phạm vi gồm chữ thường không dấu, số và . _ : -, không trùng phạm vi dữ liệu của EduTrust.',
    en: 'Each API has one address and at least one scope, each given once; a scope is small letters, digits and . _ : -, and none of EduTrust’s own.',
  };
  return new InvalidInput('apps/bad-api', detail, { fields: [{ pointer: `/${field}`, detail }] });
}
