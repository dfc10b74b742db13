import { createHash } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import { type RevocationReason, revocationReasons } from '../authority/reasons.ts';
import { parseCertificate, pemBodies, toPem } from '../certificate/certificate.ts';
import { parseRevocationList } from '../path/crl.ts';
import type { Change } from '../revocation/encode.ts';
import { type AuthorityRequests, type Hierarchy, makeHierarchy, type SignedList, signRootList } from './hierarchy.ts';
import { makeRootKey, openRootKey } from './root-key.ts';

const requestsFormat = 'edutrust-authority-requests/1';
const hierarchyFormat = 'edutrust-hierarchy/1';

/** Text of the file that goes from the server to the ceremony. */
export function writeRequests({ origin, generation, organisation, requests }: AuthorityRequests): string {
  const pem = (der: Buffer) => toPem(der, 'CERTIFICATE REQUEST');
  const file = {
    format: requestsFormat,
    origin,
    generation,
    organisation,
    requests: { people: pem(requests.people), services: pem(requests.services) },
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** @throws InvalidInput `ceremony/bad-file` */
export function readRequests(text: string): AuthorityRequests {
  return readFile(text, requestsFormat, (file) => {
    const { origin, organisation, generation, requests } = file;
    const { people, services } = requests as Record<string, string>;
    if (!URL.canParse(String(origin)) || !Number.isInteger(generation)) throw new Error('origin or generation');
    return {
      origin: String(origin),
      organisation: String(organisation),
      generation: Number(generation),
      requests: { people: one(people), services: one(services) },
    };
  });
}

/** Text of the file that goes from the ceremony to the server: public all through. */
function writeHierarchy({ generation, root, issuing, cross, rootList }: Hierarchy): string {
  const file = {
    format: hierarchyFormat,
    generation,
    root: toPem(root),
    issuing: { people: toPem(issuing.people), services: toPem(issuing.services) },
    cross: cross.map((der) => toPem(der)),
    rootList: toPem(rootList.der, 'X509 CRL'),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** @throws InvalidInput `ceremony/bad-file` */
export function readHierarchy(text: string): Hierarchy {
  return readFile(text, hierarchyFormat, (file) => {
    const { people, services } = file.issuing as Record<string, string>;
    return {
      generation: Number(file.generation),
      root: one(file.root),
      issuing: { people: one(people), services: one(services) },
      cross: (file.cross as string[]).map(one),
      rootList: readList(one(file.rootList)),
    };
  });
}

/** A revocation list with what the repository keeps beside it. @throws DerError */
export function readList(der: Buffer): SignedList {
  const { number, thisUpdate, nextUpdate } = parseRevocationList(der);
  if (number === undefined || !nextUpdate) throw new Error('a list without number or next update');
  return { der, number: Number(number), thisUpdate, nextUpdate };
}

function readFile<Value>(text: string, format: string, read: (file: Record<string, unknown>) => Value): Value {
  try {
    const file = JSON.parse(text) as Record<string, unknown>;
    if (file.format !== format) throw new Error(`its format is not ${format}`);
    return read(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInput('ceremony/bad-file', {
      vi: `Tệp không đọc được: ${why}.`,
      en: `The file cannot be read: ${why}.`,
    });
  }
}

function one(pem: unknown): Buffer {
  const [der] = pemBodies(String(pem));
  if (!der) throw new Error('a PEM text is missing');
  return der;
}

export interface CeremonyOptions {
  /** Names of those who are present, for the script. */
  readonly present: readonly string[];
  readonly threshold: number;
  readonly shares: number;
  readonly now: Date;
  /** How long the root's list serves before somebody must open the key again. */
  readonly rootListDays: number;
  /** The root before, for a roll-over: its folder's files and enough shares of its key. */
  readonly previous?: {
    readonly certificatePem: string;
    readonly sealedKey: string;
    readonly shares: readonly string[];
  };
}

/** A file that the ceremony leaves behind. */
export interface CeremonyFile {
  readonly name: string;
  readonly content: string | Buffer;
  /** Whether only its owner may read it. */
  readonly isSecret: boolean;
}

/**
 * Holds the ceremony on a machine that is connected to nothing: makes the root, certifies the server's requests, splits
 * the root's key, and writes down what was done under the root's own signature. Gives every file that comes of it.
 */
export async function holdCeremony(requests: AuthorityRequests, options: CeremonyOptions): Promise<CeremonyFile[]> {
  const { key, seal } = makeRootKey();
  const previous = options.previous && {
    certificate: one(options.previous.certificatePem),
    key: openRootKey(options.previous.sealedKey, options.previous.shares),
  };
  const hierarchy = await makeHierarchy(requests, key, {
    now: options.now,
    rootListLifetimeMs: options.rootListDays * 24 * 3_600_000,
    ...(previous ? { previous } : {}),
  });
  const { sealed, shares } = seal(options.threshold, options.shares);
  const rootPem = toPem(hierarchy.root);
  const publicFiles: CeremonyFile[] = [
    { name: 'root.crt', content: rootPem, isSecret: false },
    { name: 'root.crl', content: toPem(hierarchy.rootList.der, 'X509 CRL'), isSecret: false },
    { name: 'root.pub', content: toPem(key.publicKey, 'PUBLIC KEY'), isSecret: false },
    { name: 'hierarchy.json', content: writeHierarchy(hierarchy), isSecret: false },
    { name: 'root.key', content: sealed, isSecret: true },
  ];
  const script = writeScript(requests, hierarchy, options, publicFiles);
  return [
    ...publicFiles,
    { name: 'script.md', content: script, isSecret: false },
    { name: 'script.md.sig', content: await key.sign(Buffer.from(script, 'utf8')), isSecret: false },
    ...shares.map((content, index) => ({ name: `share-${index + 1}.txt`, content, isSecret: true })),
  ];
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** What was done, for paper: the steps with every fingerprint, and a place for each signature. */
function writeScript(
  { origin, generation, organisation, requests }: AuthorityRequests,
  hierarchy: Hierarchy,
  { present, threshold, shares, now, previous }: CeremonyOptions,
  files: readonly CeremonyFile[],
): string {
  const describe = (der: Buffer) => {
    const { subject, serialHex, fingerprint, notBefore, notAfter } = parseCertificate(der);
    return [
      `  - subject: ${subject}`,
      `  - serial: ${serialHex}`,
      `  - valid: ${notBefore.toISOString()} to ${notAfter.toISOString()}`,
      `  - SHA-256: ${fingerprint}`,
    ];
  };
  const { rootList } = hierarchy;
  return [
    `# Biên bản lễ tạo khoá / Key ceremony script`,
    '',
    `Tổ chức / organisation: ${organisation}`,
    `Thế hệ / generation: ${generation}`,
    `Địa chỉ / public address: ${origin}`,
    `Thời điểm / time: ${now.toISOString()}`,
    `Có mặt / present: ${present.join('; ')}`,
    '',
    '## Các bước / steps',
    '',
    `1. Đọc yêu cầu của máy chủ / the server’s requests, SHA-256: people ${sha256(requests.people)}, services ${sha256(requests.services)}. Each was signed by the key that it names.`,
    previous
      ? '2. Mở khoá gốc cũ bằng các phần khoá / the previous root’s key was opened with its shares.'
      : '2. Không có khoá gốc cũ / there was no previous root.',
    '3. Tạo khoá gốc P-384 và chứng thư gốc / a new root key and its certificate:',
    ...describe(hierarchy.root),
    '4. Cấp chứng thư cho CA “people” / the authority for people and organisations:',
    ...describe(hierarchy.issuing.people),
    '5. Cấp chứng thư cho CA “services” / the authority for services:',
    ...describe(hierarchy.issuing.services),
    ...(hierarchy.cross.length > 0
      ? [
          '6. Hai khoá gốc chứng thực lẫn nhau / the two roots certify each other:',
          ...hierarchy.cross.flatMap(describe),
        ]
      : ['6. Không có chứng thực chéo / no cross-certificates.']),
    `7. Ký danh sách thu hồi của gốc / the root’s revocation list: number ${rootList.number}, next update ${rootList.nextUpdate.toISOString()}. Before that day the key must be opened again (\`edutrust certs root-list\`).`,
    `8. Chia khoá gốc thành ${shares} phần, cần ${threshold} phần để mở / the key was sealed and split: ${threshold} of ${shares}. Each holder takes one share and checks nobody else saw it.`,
    '9. Xoá máy / the machine’s memory and disk are wiped after the files were copied.',
    '',
    '## Tệp / files (SHA-256)',
    '',
    ...files.map(({ name, content }) => `- \`${name}\` ${sha256(content)}`),
    '',
    'Kiểm chữ ký biên bản / check this script: `openssl dgst -sha384 -verify root.pub -signature script.md.sig script.md`',
    '',
    '## Chữ ký / signatures',
    '',
    ...present.map((name) => `- ${name}: ______________________`),
    '',
  ].join('\n');
}

/**
 * A new list of a root whose key is kept apart, with everything of its last list; PEM.
 *
 * @throws InvalidInput `ceremony/shares`
 */
export async function renewRootList(options: {
  readonly certificatePem: string;
  readonly sealedKey: string;
  readonly shares: readonly string[];
  readonly previousListPem: string;
  /** Serials of certificates of the root that are to be revoked now. */
  readonly revoke: readonly { readonly serial: string; readonly reason: RevocationReason }[];
  readonly now: Date;
  readonly days: number;
}): Promise<string> {
  const key = openRootKey(options.sealedKey, options.shares);
  const before = parseRevocationList(one(options.previousListPem));
  const nameOf = new Map(Object.entries(revocationReasons).map(([name, code]) => [code as number, name]));
  const kept = [...before.revoked].map(([serial, { at, reason }]) => change(serial, at, nameOf.get(reason) ?? null));
  const added = options.revoke
    .filter(({ serial }) => !before.revoked.has(serial))
    .map(({ serial, reason }) => change(serial, options.now, reason));
  const { der } = await signRootList(one(options.certificatePem), key, {
    now: options.now,
    lifetimeMs: options.days * 24 * 3_600_000,
    entries: [...kept, ...added],
  });
  return toPem(der, 'X509 CRL');
}

function change(serial: string, at: Date, reason: string | null): Change {
  return { serial, revoked_at: at, revocation_reason: reason, released_at: null, listed_in: null };
}
