import { Client } from 'ldapts';
import Type, { type Static } from 'typebox';
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
