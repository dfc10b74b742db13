import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { InvalidInput } from '../errors.ts';
import { BadValue, type Values, type VariableName, variables } from './variables.ts';

export { variables } from './variables.ts';

/** Where the key-encryption key comes from. */
export type SecretSource =
  /** `mayBeMade`: only beside an embedded database is a missing file made. */
  | { readonly kind: 'file'; readonly path: string; readonly mayBeMade: boolean }
  | { readonly kind: 'value'; readonly hex: string }
  /** Run by the shell; prints the key. */
  | { readonly kind: 'command'; readonly command: string };

/** What the operator decided, parsed once. The environment is read nowhere else. */
export interface Config {
  /** Public origin and issuer. */
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  /** Absolute path. */
  readonly dataDirectory: string;
  /** Absent: the embedded PostgreSQL in `dataDirectory`. */
  readonly databaseUrl: URL | undefined;
  readonly databaseConnections: number;
  /** `unnamed` behind a pooler that gives each transaction another connection; see `database/statement.ts`. */
  readonly databaseStatements: 'named' | 'unnamed';
  /** Absent: short-lived state is kept in PostgreSQL. */
  readonly redisUrl: URL | undefined;
  readonly secret: SecretSource;
  /** Absent: keys of authorities and services are sealed in the database. */
  readonly pkcs11: { readonly module: string; readonly token: string; readonly pinFile: string } | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly seedsDemo: boolean;
  readonly smtpUrl: URL | undefined;
  readonly mailFrom: string;
  readonly trustedProxies: readonly string[];
  /** Where proxies ask apps for a certificate (RFC 8705); absent: nowhere. */
  readonly mtlsUrl: URL | undefined;
  /** Other origins where people may sign in with the passkeys of `url` (WebAuthn level 3 §5.11). */
  readonly relatedOrigins: readonly string[];
  /** Where agents are known by their documents; none: nowhere. */
  readonly agentOrigins: readonly string[];
  /** More certificate authorities to trust; see {@link trustAuthorities}. */
  readonly authoritiesFile: string | undefined;
  /** Of the rules for information systems: 3 is a preset of measures (`idp/src/level-three`). */
  readonly securityLevel: 2 | 3;
  /** Lists OpenID providers whose sign-in is taken; see `idp/src/upstream/providers.ts`. */
  readonly upstreamFile: string | undefined;
  /** Says where networks are; see `idp/src/risk/places.ts`. */
  readonly networkPlacesFile: string | undefined;
  /** Where security events go by syslog. */
  readonly siemUrl: URL | undefined;
  readonly metricsToken: string | undefined;
  /** Where checkpoints and revocations are kept outside the database. */
  readonly witnessDirectory: string | undefined;
  /** File with the witnesses of others that cosign the logs. */
  readonly witnessesFile: string | undefined;
}

/**
 * The configuration that the environment asks for.
 *
 * @throws InvalidInput `config/bad-variable`, naming every variable that is wrong and why.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const text = environment[name]?.trim() ?? '';
    try {
      values[name as VariableName] = variable.parse(text === '' ? variable.fallback : text);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      problems.push(`${name} ${error.message}`);
    }
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('EDUTRUST_') && !(name in variables) && !name.startsWith('EDUTRUST_TEST_')) {
      problems.push(`${name} is not a variable of EduTrust`);
    }
  }
  const parsed = values as Values; // each name was parsed above or named in `problems`
  const secrets = [parsed.EDUTRUST_SECRET_FILE, parsed.EDUTRUST_SECRET, parsed.EDUTRUST_SECRET_COMMAND].filter(Boolean);
  if (problems.length === 0 && parsed.DATABASE_URL && secrets.length === 0) {
    problems.push('EDUTRUST_SECRET_FILE is required with DATABASE_URL, so that every process has the same key');
  }
  if (secrets.length > 1) {
    problems.push('EDUTRUST_SECRET_FILE, EDUTRUST_SECRET and EDUTRUST_SECRET_COMMAND exclude each other');
  }
  if (parsed.EDUTRUST_MTLS_URL && parsed.EDUTRUST_TRUSTED_PROXIES.length === 0) {
    problems.push('EDUTRUST_MTLS_URL needs EDUTRUST_TRUSTED_PROXIES: the proxy that reads the certificates');
  }
  const pkcs11 = [
    parsed.EDUTRUST_PKCS11_MODULE,
    parsed.EDUTRUST_PKCS11_TOKEN,
    parsed.EDUTRUST_PKCS11_PIN_FILE,
  ] as const;
  const [module, token, pinFile] = pkcs11;
  if (pkcs11.some(Boolean) && !pkcs11.every(Boolean)) {
    problems.push('EDUTRUST_PKCS11_MODULE, EDUTRUST_PKCS11_TOKEN and EDUTRUST_PKCS11_PIN_FILE belong together');
  }
  if (problems.length > 0) {
    throw new InvalidInput('config/bad-variable', {
      vi: `Cấu hình sai: ${problems.join('; ')}.`,
      en: `Bad configuration: ${problems.join('; ')}.`,
    });
  }
  return {
    url: parsed.EDUTRUST_URL,
    host: parsed.EDUTRUST_HOST,
    port: parsed.EDUTRUST_PORT ?? (Number(parsed.EDUTRUST_URL.port) || 8080),
    dataDirectory: parsed.EDUTRUST_DATA,
    databaseUrl: parsed.DATABASE_URL,
    databaseConnections: parsed.EDUTRUST_DATABASE_CONNECTIONS,
    databaseStatements: parsed.EDUTRUST_DATABASE_STATEMENTS,
    redisUrl: parsed.REDIS_URL,
    secret: secretSource(parsed),
    pkcs11: module && token && pinFile ? { module, token, pinFile } : undefined,
    logLevel: parsed.EDUTRUST_LOG_LEVEL ?? (parsed.DATABASE_URL ? 'info' : 'warn'),
    seedsDemo: parsed.EDUTRUST_DEMO && !parsed.DATABASE_URL,
    smtpUrl: parsed.EDUTRUST_SMTP_URL,
    mailFrom: parsed.EDUTRUST_MAIL_FROM,
    trustedProxies: parsed.EDUTRUST_TRUSTED_PROXIES,
    mtlsUrl: parsed.EDUTRUST_MTLS_URL,
    relatedOrigins: parsed.EDUTRUST_RELATED_ORIGINS,
    agentOrigins: parsed.EDUTRUST_AGENT_ORIGINS,
    authoritiesFile: parsed.EDUTRUST_CA_FILE,
    securityLevel: parsed.EDUTRUST_SECURITY_LEVEL,
    upstreamFile: parsed.EDUTRUST_UPSTREAM,
    networkPlacesFile: parsed.EDUTRUST_NETWORK_PLACES,
    siemUrl: parsed.EDUTRUST_SIEM,
    metricsToken: parsed.EDUTRUST_METRICS_TOKEN,
    witnessesFile: parsed.EDUTRUST_WITNESSES,
    witnessDirectory: parsed.EDUTRUST_WITNESS ?? (parsed.DATABASE_URL ? undefined : `${parsed.EDUTRUST_DATA}-witness`),
  };
}

function secretSource({
  EDUTRUST_SECRET: hex,
  EDUTRUST_SECRET_COMMAND: command,
  EDUTRUST_SECRET_FILE: path,
  EDUTRUST_DATA,
  DATABASE_URL,
}: Values): SecretSource {
  if (hex) return { kind: 'value', hex };
  if (command) return { kind: 'command', command };
  return { kind: 'file', path: path ?? join(EDUTRUST_DATA, 'secret.key'), mayBeMade: !DATABASE_URL };
}

/**
 * Trusts the operator's own authorities beside the system's, for every TLS connection that this process makes. Once, at
 * the start of the process.
 *
 * @throws InvalidInput `config/bad-authorities`
 */
export function trustAuthorities({ authoritiesFile: path }: Pick<Config, 'authoritiesFile'>): void {
  if (path === undefined) return;
  try {
    const pem = readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    for (const text of pem) new X509Certificate(text);
    if (pem.length === 0) throw new Error('no certificate');
    setDefaultCACertificates([...getCACertificates('default'), ...pem]);
  } catch (cause) {
    throw new InvalidInput(
      'config/bad-authorities',
      {
        vi: `Không đọc được chứng thư nào trong EDUTRUST_CA_FILE ${path}.`,
        en: `No certificate can be read from EDUTRUST_CA_FILE ${path}.`,
      },
      { remedy: { vi: 'Chỉ tới một tệp PEM đọc được.', en: 'Name a PEM file that can be read.' }, cause },
    );
  }
}
