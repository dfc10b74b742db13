import { createHash } from 'node:crypto';
import { hashLeaf, rootFromPath, treeOf } from '@edutrust/platform/merkle-tree';
import canonicalize from 'canonicalize';
import type { Artefact, DocumentKind } from '../templates/template.ts';

/** What one confirmation authorises, and nothing else. */
interface ListHead {
  /** The kind of its documents. */
  readonly template: DocumentKind | 'several';
  /** A person's signatures, or an organisation's seal by its clerk. */
  readonly purpose: 'sign' | 'seal';
  /** SHA-256 of the signing certificate's DER, hexadecimal. */
  readonly certificate: string;
  readonly session: string;
  /** ISO 8601 UTC. */
  readonly expires: string;
  /** 32 random bytes, base64url: two sessions over the same documents differ. */
  readonly nonce: string;
}

/** A list that names every document: for the school's own token, and what phones confirmed before lists had roots. */
export interface NamingList extends ListHead {
  readonly documents: readonly {
    readonly request: string;
    /** SHA-256 of the byte ranges that are signed, hexadecimal. */
    readonly digest: string;
  }[];
  /** Of a list for the school's own token: the machine signs for this origin and no other. */
  readonly origin?: string;
}

/**
 * A list of a thousand documents that stays as short as one of two: the root of a Merkle tree (RFC 9162 §2.1.1) over its files
 * in their order. What proves one of them is its path, and says nothing of the others.
 */
export interface RootedList extends ListHead {
  /** Hexadecimal. */
  readonly root: string;
  /** Files, each a leaf. */
  readonly count: number;
}

export type AuthorisedList = NamingList | RootedList;

/** A file as a leaf of the list. */
export interface ListedFile {
  readonly requestId: string;
  readonly artefact: Artefact;
  /** SHA-256 of what is signed. */
  readonly digest: Buffer;
}

/** The leaf of a file is canonical JSON (RFC 8785). */
function leafHashOf({ requestId, artefact, digest }: ListedFile): Buffer {
  const leaf = canonicalize({ artefact, digest: digest.toString('hex'), request: requestId }) ?? '';
  return hashLeaf(Buffer.from(leaf, 'utf8'));
}

/** The root that stands for these files in their order, and the inclusion path of each, hashes one after another. */
export function rootOfFiles(files: readonly ListedFile[]): {
  readonly root: string;
  readonly paths: readonly Buffer[];
} {
  const { root, paths } = treeOf(files.map(leafHashOf));
  return { root: root.toString('hex'), paths: paths.map((path) => Buffer.concat(path)) };
}

const hashBytes = 32;

/** Whether the list has this file: by its name, or by its place and path. */
export function isListed(
  list: AuthorisedList,
  file: ListedFile & { readonly position: number; readonly path: Buffer | null },
): boolean {
  if ('documents' in list) {
    const digest = file.digest.toString('hex');
    return list.documents.some((one) => one.request === file.requestId && one.digest === digest);
  }
  const bytes = file.path ?? Buffer.alloc(0);
  const path = Array.from({ length: bytes.length / hashBytes }, (_, at) =>
    bytes.subarray(at * hashBytes, (at + 1) * hashBytes),
  );
  return rootFromPath(file.position, list.count, leafHashOf(file), path)?.toString('hex') === list.root;
}

/**
 * The list as canonical JSON (RFC 8785), the challenge that stands for it (SHA-256 of its UTF-8 bytes), and the four
 * digits that both screens show.
 */
export function challengeOf(list: object): {
  readonly text: string;
  readonly challenge: Buffer;
  readonly code4: string;
} {
  const text = canonicalize(list);
  if (text === undefined) throw new TypeError('a list is a JSON object');
  const challenge = createHash('sha256').update(text, 'utf8').digest();
  return { text, challenge, code4: code4Of(challenge) };
}

/** Four digits of a challenge: its last 16 bits of a further SHA-256, as Smart-ID and Mobile-ID derive theirs. */
export function code4Of(challenge: Uint8Array): string {
  const hash = createHash('sha256').update(challenge).digest();
  return String(hash.readUInt16BE(30) % 10_000).padStart(4, '0');
}
