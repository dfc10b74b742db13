import { InvalidInput } from '@edutrust/platform/errors';
import { Client } from 'ldapts';
import Type, { type Static } from 'typebox';
import { parseDn } from './dn.ts';
import { type Profile, profileNames, profiles } from './profiles.ts';

/** Where a server is and as whom it is asked. */
export const Server = Type.Object(
  {
    url: Type.String({ maxLength: 200 }),
    baseDn: Type.String({ minLength: 1, maxLength: 300 }),
    bindDn: Type.String({ minLength: 1, maxLength: 300 }),
  },
  { additionalProperties: false },
);
export type Server = Static<typeof Server>;

export const Settings = Type.Object(
  {
    ...Server.properties,
    /** What people and groups look like there; `people` when absent. */
    profile: Type.Optional(Type.Enum([...profileNames])),
    /** Behind the `@` of addresses and account names: `so.edu.vn`. */
    domain: Type.Optional(Type.String({ pattern: '^(?=.{1,200}$)[a-z0-9-]+(\\.[a-z0-9-]+)+$' })),
  },
  { additionalProperties: false },
);
export type Settings = Static<typeof Settings>;

export const profileOf = ({ profile = 'people' }: Pick<Settings, 'profile'>): Profile => profiles[profile];

const loopback = /^ldap:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\/?$/;

/** @throws InvalidInput for an address that would send a password in the clear, or an empty password (RFC 4513 §5.1.2). */
export function mustBeSafe({ url, baseDn, bindDn }: Server, password: string): void {
  if (!/^ldaps:\/\/[^/]+\/?$/.test(url) && !loopback.test(url)) {
    throw new InvalidInput('sync/bad-address', {
      vi: 'Địa chỉ LDAP phải bắt đầu bằng ldaps:// (ldap:// chỉ dùng cho chính máy này).',
      en: 'An LDAP address begins with ldaps:// (ldap:// is for this machine only).',
    });
  }
  if (password === '') {
    throw new InvalidInput('sync/no-password', {
      vi: 'Mật khẩu trống sẽ thành đăng nhập ẩn danh nên bị từ chối.',
      en: 'An empty password would be an anonymous bind, so it is refused.',
    });
  }
  if (!parseDn(baseDn)?.length || !parseDn(bindDn)?.length) {
    throw new InvalidInput('sync/bad-base-dn', {
      vi: 'Base DN và Bind DN có dạng dc=so,dc=edu,dc=vn.',
      en: 'A base DN and a bind DN look like dc=so,dc=edu,dc=vn.',
    });
  }
}

const bindMs = 10_000;

/** A client that is bound. @throws ldapts' `ResultCodeError` when the server refuses, another error when it does not answer */
export async function openClient({ url, bindDn }: Server, secret: string): Promise<Client> {
  const client = new Client({ url, timeout: 30_000, connectTimeout: 5_000, autoRebind: true });
  try {
    await inTime(client.bind(bindDn, secret));
    return client;
  } catch (error) {
    await client.unbind().catch(() => undefined);
    throw error;
  }
}

/** A server that accepts a connection and is silent: known before a search's own limit. */
async function inTime(binding: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to the bind within ${bindMs / 1000} s`)), bindMs);
  });
  try {
    await Promise.race([binding, late]);
  } finally {
    clearTimeout(timer);
    binding.catch(() => undefined); // told by the race already
  }
}
