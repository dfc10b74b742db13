import { readFileSync } from 'node:fs';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput, NotFound, Unavailable } from '@edutrust/platform/errors';
import type { Configuration } from 'openid-client';
import Type from 'typebox';
import { Value } from 'typebox/value';

const Text = Type.Object({ vi: Type.String(), en: Type.String() }, { additionalProperties: false });

/** One house whose sign-in is taken, as the operator writes it in the file of `EDUTRUST_UPSTREAM`. */
const Provider = Type.Object(
  {
    /** In addresses: `vneid`, `google`, `microsoft`. */
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{1,30}$' }),
    name: Text,
    issuer: Type.String({ pattern: '^https?://' }),
    clientId: Type.String({ minLength: 1 }),
    clientSecretFile: Type.String({ minLength: 1 }),
    scope: Type.Optional(Type.String()),
    /** A claim that has to be the personal number (số định danh cá nhân) on record before somebody is linked. */
    personalNumberClaim: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
export type UpstreamProvider = Type.Static<typeof Provider>;

export interface Upstreams {
  readonly all: readonly UpstreamProvider[];
  /** @throws NotFound `upstream/unknown` */
  provider(id: string): UpstreamProvider;
  /**
   * What the provider says of itself (OpenID Connect Discovery 1.0), asked once an hour.
   *
   * @throws NotFound; Unavailable `upstream/not-reachable`
   */
  configuration(id: string): Promise<Configuration>;
}

const keptMs = 3_600_000;

/** @throws InvalidInput `config/bad-upstream` when the file is none of such a list */
export function createUpstreams({ config, clock }: Pick<ServiceContext, 'config' | 'clock'>): Upstreams {
  const all = config.upstreamFile === undefined ? [] : readProviders(config.upstreamFile);
  const known = new Map<string, { readonly until: number; readonly configuration: Promise<Configuration> }>();
  const provider = (id: string) => {
    const found = all.find((one) => one.id === id);
    if (found) return found;
    throw new NotFound('upstream/unknown', {
      vi: 'Không có cách đăng nhập này.',
      en: 'There is no such way to sign in.',
    });
  };
  return {
    all,
    provider,
    configuration: (id) => {
      const now = clock.now().getTime();
      const held = known.get(id);
      if (held && held.until > now) return held.configuration;
      const configuration = discover(provider(id)).catch((cause: unknown) => {
        known.delete(id);
        throw notReachable(cause);
      });
      known.set(id, { until: now + keptMs, configuration });
      return configuration;
    },
  };
}

async function discover({ issuer, clientId, clientSecretFile }: UpstreamProvider): Promise<Configuration> {
  // The library is loaded when somebody comes this way (0.1 s).
  const { allowInsecureRequests, ClientSecretPost, discovery, enableNonRepudiationChecks } = await import(
    'openid-client'
  );
  const url = new URL(issuer);
  const isHere = url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const secret = readFileSync(clientSecretFile, 'utf8').trim();
  return discovery(url, clientId, undefined, ClientSecretPost(secret), {
    // Signatures too, which the library leaves to TLS where the token comes from the token endpoint (Core §3.1.3.7, 6).
    execute: [enableNonRepudiationChecks, ...(isHere ? [allowInsecureRequests] : [])],
  });
}

function readProviders(path: string): readonly UpstreamProvider[] {
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw badFile(path, cause);
  }
  const Providers = Type.Array(Provider);
  if (!Value.Check(Providers, list)) {
    const [first] = Value.Errors(Providers, list);
    throw badFile(path, new Error(`${first?.instancePath}: ${first?.message}`));
  }
  if (new Set(list.map(({ id }) => id)).size < list.length) throw badFile(path, new Error('an id twice'));
  // An address that two providers share would let one answer for the other.
  if (new Set(list.map(({ issuer }) => issuer)).size < list.length) throw badFile(path, new Error('an issuer twice'));
  return list;
}

function badFile(path: string, cause: unknown): InvalidInput {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new InvalidInput(
    'config/bad-upstream',
    {
      vi: `Không đọc được danh sách trong EDUTRUST_UPSTREAM ${path}: ${why}.`,
      en: `The list in EDUTRUST_UPSTREAM ${path} cannot be read: ${why}.`,
    },
    { cause },
  );
}

function notReachable(cause: unknown): Unavailable {
  return new Unavailable(
    'upstream/not-reachable',
    { vi: 'Nơi đăng nhập kia đang không trả lời.', en: 'The other house does not answer.' },
    { remedy: { vi: 'Vào bằng cách khác, hoặc thử lại sau.', en: 'Sign in another way, or try again later.' }, cause },
  );
}
