import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';

/** A value that a variable refuses: the reason, as the end of a sentence that begins with its name. */
export class BadValue extends Error {}

interface Variable<Value> {
  /** What it is for, in one sentence; shown by `edutrust doctor --variables` and in the manual. */
  readonly about: string;
  /** Shown as the default; absent when there is none. */
  readonly fallback?: string;
  /** The typed value of the text, or of the fallback; throws BadValue. */
  readonly parse: (text: string) => Value;
}

function optional<Value>(parse: (text: string) => Value): (text: string) => Value | undefined {
  return (text) => (text === '' ? undefined : parse(text));
}

function oneOf<Name extends string>(...names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const match = names.find((name) => name === text);
    if (!match) throw new BadValue(`must be one of ${names.join(', ')}`);
    return match;
  };
}

function address(...protocols: readonly string[]): (text: string) => URL {
  return (text) => {
    if (!URL.canParse(text)) throw new BadValue(`must be an address such as ${protocols[0]}//host`);
    const url = new URL(text);
    if (!protocols.includes(url.protocol)) {
      throw new BadValue(`must begin with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
    }
    return url;
  };
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

function publicUrl(text: string): URL {
  const url = address('https:', 'http:')(text);
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new BadValue('must be an origin only, without a path, a query or a user: https://id.example.edu.vn');
  }
  if (url.protocol === 'http:' && !loopbackHosts.includes(url.hostname)) {
    throw new BadValue('must begin with https:// unless the host is localhost, because passwords pass through it');
  }
  return url;
}

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** Origins as browsers write them (RFC 6454 §6.2); https, but on this machine. */
function originList(text: string): string[] {
  const origins = listed(text).map((part) => publicUrl(part).origin);
  if (text.includes('*')) throw new BadValue('must name each origin, without a wildcard');
  if (origins.length > mostOrigins) throw new BadValue(`must hold at most ${mostOrigins} origins`);
  return [...new Set(origins)];
}

/** What a client reads of related origins at least is five labels (WebAuthn level 3 §5.11.1). */
const mostOrigins = 5;

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum)) {
      throw new BadValue(`must be a whole number from ${minimum} to ${maximum}`);
    }
    return value;
  };
}

/** An address of this machine, or a host name. */
function listenAddress(text: string): string {
  if (isIP(text) === 0 && !/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/.test(text))
    throw new BadValue('must be an address or a host name, such as 0.0.0.0, ::1 or localhost');
  return text;
}

/** Words that proxy-addr knows beside addresses and ranges. */
const proxyNames = ['loopback', 'linklocal', 'uniquelocal'];

function proxyList(text: string): string[] {
  const parts = listed(text);
  const wrong = parts.find((part) => !proxyNames.includes(part) && !isRange(part));
  if (wrong !== undefined)
    throw new BadValue(`must hold addresses or CIDR ranges such as 10.0.0.0/8, and ${wrong} is neither`);
  return parts;
}

function isRange(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const family = isIP(address);
  if (family === 0 || text.split('/').length > 2) return false;
  if (bits === undefined) return true;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    return /^\d{1,3}$/.test(bits);
  } catch {
    return false;
  }
}

/** `Name <address>` or an address, in one line: a second line would be a header of the sender's choice. */
function mailFrom(text: string): string {
  if (!/^[^\r\n<>]*(<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text))
    throw new BadValue('must be one address, such as EduTrust <no-reply@example.edu.vn>');
  return text;
}

/**
 * The forms of libpq that people bring: several hosts of a cluster, a socket folder as `?host=`. pg takes them as they
 * are; what it would not understand is said here.
 */
function databaseAddress(text: string): URL {
  const match = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/.exec(text);
  if (match?.[3]?.includes(',')) {
    throw new BadValue(
      'names several hosts; name the one address of the cluster (its proxy, service or virtual IP), which follows the primary',
    );
  }
  return address('postgres:', 'postgresql:')(text);
}

/** Every environment variable there is. */
export const variables = {
  EDUTRUST_URL: {
    about: 'Public address of the platform and issuer of its tokens.',
    fallback: 'http://localhost:8080',
    parse: publicUrl,
  },
  EDUTRUST_HOST: {
    about: 'Address to listen on; 0.0.0.0 for every interface.',
    fallback: '127.0.0.1',
    parse: listenAddress,
  },
  EDUTRUST_PORT: {
    about: 'Port to listen on; by default the one in EDUTRUST_URL, or 8080.',
    fallback: '',
    parse: optional(wholeNumber(1, 65_535)),
  },
  EDUTRUST_DATA: {
    about: 'Folder for the embedded database and the demo secret.',
    fallback: './var',
    parse: (text: string) => resolve(text),
  },
  DATABASE_URL: {
    about: 'PostgreSQL to use instead of the embedded one: postgres://user:password@host/database.',
    fallback: '',
    parse: optional(databaseAddress),
  },
  EDUTRUST_DATABASE_CONNECTIONS: {
    about: 'Largest number of database connections of this process.',
    fallback: '16',
    parse: wholeNumber(2, 1_000),
  },
  EDUTRUST_DATABASE_STATEMENTS: {
    about:
      'named prepares the statements that every request runs, once a connection; unnamed does not, for a pooler in transaction mode that cannot (PgBouncer before 1.21).',
    fallback: 'named',
    parse: oneOf('named', 'unnamed'),
  },
  REDIS_URL: {
    about: 'Redis or Valkey for short-lived state; without it PostgreSQL keeps that too.',
    fallback: '',
    parse: optional(address('redis:', 'rediss:')),
  },
  EDUTRUST_SECRET_FILE: {
    about:
      'File with the 32-byte key-encryption key. This or one of the next two is required with DATABASE_URL; otherwise the file is made in EDUTRUST_DATA.',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_SECRET: {
    about: 'The key-encryption key itself, 64 hexadecimal digits, where a platform hands secrets over so.',
    fallback: '',
    parse: optional((text: string) => {
      if (!/^[0-9a-fA-F]{64}$/.test(text) || /^(.)\1*$/.test(text))
        throw new BadValue('must be 64 hexadecimal digits (openssl rand -hex 32)');
      return text;
    }),
  },
  EDUTRUST_SECRET_COMMAND: {
    about:
      'Shell command that prints the key-encryption key, asked once at the start: how a KMS or a vault is reached.',
    fallback: '',
    parse: optional((text: string) => text),
  },
  EDUTRUST_PKCS11_MODULE: {
    about: 'PKCS#11 library of the token that keeps the keys of authorities and services, such as libsofthsm2.so.',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_PKCS11_TOKEN: {
    about: 'Label of that token.',
    fallback: '',
    parse: optional((text: string) => text),
  },
  EDUTRUST_PKCS11_PIN_FILE: {
    about: 'File with the user PIN of that token.',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_LOG_LEVEL: {
    about: 'How much is logged; by default info with DATABASE_URL, warn on the embedded database.',
    fallback: '',
    parse: optional(oneOf('debug', 'info', 'warn', 'error', 'silent')),
  },
  EDUTRUST_DEMO: {
    about: '1 seeds the demo city at the first start on the embedded database, 0 does not.',
    fallback: '1',
    parse: (text: string) => oneOf('0', '1')(text) === '1',
  },
  EDUTRUST_SMTP_URL: {
    about: 'Mail server: smtp://user:password@host:587. Without it mail is kept for the outbox page.',
    fallback: '',
    parse: optional(address('smtp:', 'smtps:')),
  },
  EDUTRUST_MAIL_FROM: {
    about: 'Sender of mail.',
    fallback: 'EduTrust <no-reply@localhost>',
    parse: mailFrom,
  },
  EDUTRUST_TRUSTED_PROXIES: {
    about: 'Addresses or CIDR ranges, by commas, whose X-Forwarded-* headers are believed.',
    fallback: '',
    parse: proxyList,
  },
  EDUTRUST_MTLS_URL: {
    about:
      'Second public address, where a proxy of EDUTRUST_TRUSTED_PROXIES asks apps for a certificate and writes it to the header Client-Cert. Without it no app can prove itself by a certificate.',
    fallback: '',
    parse: optional(publicUrl),
  },
  EDUTRUST_RELATED_ORIGINS: {
    about:
      'Other origins of the department, by commas, whose pages may ask for the passkeys of EDUTRUST_URL when people sign in (WebAuthn level 3 §5.11); signing and approving stay at EDUTRUST_URL.',
    fallback: '',
    parse: originList,
  },
  EDUTRUST_AGENT_ORIGINS: {
    about:
      'Origins, by commas, whose client ID metadata documents make agents known as apps that nobody approved; none: there are no such apps.',
    fallback: '',
    parse: originList,
  },
  EDUTRUST_CA_FILE: {
    about:
      'PEM file with more certificate authorities to trust, beside the system’s, for PostgreSQL, Redis, LDAP, mail and apps.',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_WITNESS: {
    about:
      'Folder outside the database, on another disk or machine, where checkpoints of the logs and revocations are kept. Beside the embedded database: EDUTRUST_DATA with -witness.',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_WITNESSES: {
    about:
      'File with the witnesses of others that are asked each minute to cosign the logs (C2SP tlog-witness), one a line: key and address (docs/operations.md).',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_UPSTREAM: {
    about: 'JSON file that lists other OpenID providers whose sign-in is taken (docs/operations.md).',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_NETWORK_PLACES: {
    about: 'JSON file that says where networks are, for sign-ins that no journey explains (docs/operations.md).',
    fallback: '',
    parse: optional((text: string) => resolve(text)),
  },
  EDUTRUST_SIEM: {
    about: 'Monitor that gets security events by syslog (RFC 5424, CEF): tls://host:6514 or tcp://host:514.',
    fallback: '',
    parse: optional(address('tls:', 'tcp:')),
  },
  EDUTRUST_SECURITY_LEVEL: {
    about:
      '3 turns on what Vietnamese rules ask of a system of security level 3, as one preset (docs/operations.md); the same for every process.',
    fallback: '2',
    parse: (text: string): 2 | 3 => (oneOf('2', '3')(text) === '3' ? 3 : 2),
  },
  EDUTRUST_METRICS_TOKEN: {
    about: 'Bearer token that /metrics asks for, 16 characters at least; without it only this machine may read it.',
    fallback: '',
    parse: optional((text: string) => {
      if (!/^[\x21-\x7e]{16,}$/.test(text)) throw new BadValue('must have at least 16 characters and no space');
      return text;
    }),
  },
} satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof variables;
export type Values = { readonly [Name in VariableName]: ReturnType<(typeof variables)[Name]['parse']> };
