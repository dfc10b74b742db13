/**
 * The key of an enrolled school computer: made in this browser, kept in its IndexedDB as a key that cannot be read out,
 * and used to prove to a sign-in that the badge is shown here.
 */

/** What the browser keeps. */
interface RoomKey {
  readonly id: string;
  readonly name: string;
  readonly key: CryptoKey;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('edutrust-room', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('key');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function inStore<Value>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<Value>,
): Promise<Value> {
  const database = await open();
  try {
    return await new Promise<Value>((resolve, reject) => {
      const request = work(database.transaction('key', mode).objectStore('key'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    database.close();
  }
}

/** The computer that this browser is enrolled as; undefined for any other browser. */
export async function roomOfBrowser(): Promise<RoomKey | undefined> {
  return inStore<RoomKey | undefined>('readonly', (store) => store.get('room')).catch(() => undefined);
}

/** Makes the key pair; `enrol` hands the public half to the server and gives the id that it got. */
export async function enrolBrowser(
  name: string,
  enrol: (publicKey: { kty: 'EC'; crv: 'P-256'; x: string; y: string }) => Promise<string>,
): Promise<void> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
  const id = await enrol({ kty: 'EC', crv: 'P-256', x, y });
  const room: RoomKey = { id, name, key: privateKey };
  await inStore('readwrite', (store) => store.put(room, 'room'));
}

/** Forgets the key: from now on this browser is any browser. */
export async function forgetRoom(): Promise<void> {
  await inStore('readwrite', (store) => store.delete('room'));
}

/** This browser's signature of the sign-in, as `idp/badges/rooms` reads it; undefined when it is not enrolled. */
export async function proveRoom(uid: string): Promise<{ id: string; signature: string } | undefined> {
  const room = await roomOfBrowser();
  if (!room) return undefined;
  const statement = new TextEncoder().encode(`edutrust room v1\n${uid}\n`);
  const bytes = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, room.key, statement);
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return { id: room.id, signature: base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') };
}
