import { hexOf, sha256 } from './keys.ts';

/** A file of a container, as this phone read it. */
export interface ContainerFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digestHex: string;
}

/** What a prepared container has for its signer. */
export interface PreparedContainer {
  readonly files: readonly ContainerFile[];
  /** SHA-256 of the manifest that is signed, hexadecimal. */
  readonly digestHex: string;
}

/** Whether bytes are a ZIP: what a PDF is not. */
export const isContainer = (bytes: Uint8Array): boolean => hexOf(bytes.subarray(0, 4)) === '504b0304';

/**
 * Reads an ASiC-E container that waits for a signature (ETSI EN 319 162-1 §4.4): the files that people mean, and the digest of the
 * manifest. The manifest is written here anew from the very files, and must be the container's last one: nothing is signed that
 * is not shown, and nothing is shown that is not signed. `undefined` when anything does not fit.
 */
export async function readContainer(bytes: Uint8Array<ArrayBuffer>): Promise<PreparedContainer | undefined> {
  const entries = readEntries(bytes);
  const last = entries?.at(-1);
  const number = last && /^META-INF\/ASiCManifest(\d{3,6})\.xml$/.exec(last.name)?.[1];
  if (!entries || !last || !number) return undefined;
  const files = await filesOf(bytes);
  if (files.length === 0 || new Set(entries.map(({ name }) => name)).size < entries.length) return undefined;
  const manifest = new TextEncoder().encode(manifestOf(`META-INF/signature${number}.p7s`, files));
  if (hexOf(manifest) !== hexOf(last.bytes)) return undefined;
  return { files, digestHex: hexOf(await sha256(manifest)) };
}

/** The files that people mean of a container in which nothing is packed, whoever signed it; none of any other. */
export async function filesOf(bytes: Uint8Array<ArrayBuffer>): Promise<ContainerFile[]> {
  const files: ContainerFile[] = [];
  for (const entry of readEntries(bytes) ?? [])
    if (!isReserved(entry.name)) files.push({ ...entry, digestHex: hexOf(await sha256(entry.bytes)) });
  return files;
}

const isReserved = (name: string) => name === 'mimetype' || /^META-INF\//i.test(name);

/** The manifest as the server writes it, byte for byte. */
function manifestOf(signature: string, files: readonly ContainerFile[]): string {
  const references = files.map(
    ({ name, digestHex }) =>
      `<asic:DataObjectReference URI="${uriOf(name)}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>${base64Of(digestHex)}</ds:DigestValue></asic:DataObjectReference>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><asic:SigReference URI="${uriOf(signature)}" MimeType="application/pkcs7-signature"/>${references.join('')}</asic:ASiCManifest>`;
}

const uriOf = (name: string) => name.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27');
const base64Of = (hex: string) =>
  btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))));

/** Every file of a ZIP in which none is packed, one behind the other (PKWARE APPNOTE 4.3.7); `undefined` for any other. */
function readEntries(
  bytes: Uint8Array<ArrayBuffer>,
): { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new TextDecoder('utf-8', { fatal: true });
  const entries: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
  try {
    let at = 0;
    while (view.getUint32(at, true) === 0x04034b50) {
      const size = view.getUint32(at + 18, true);
      const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
      const isPlain = view.getUint16(at + 8, true) === 0 && size === view.getUint32(at + 22, true);
      if (!isPlain || start + size > bytes.length) return undefined;
      const name = names.decode(bytes.subarray(at + 30, at + 30 + view.getUint16(at + 26, true)));
      entries.push({ name, bytes: bytes.subarray(start, start + size) });
      at = start + size;
    }
    return view.getUint32(at, true) === 0x02014b50 ? entries : undefined;
  } catch {
    return undefined; // ends too early, or a name that is no UTF-8
  }
}
