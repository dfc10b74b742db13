import { useEffect, useState } from 'preact/hooks';
import { t } from '../../design/language.ts';
import { atOnce } from '../at-once.ts';
import { keptName, takenAt } from './names.ts';

/** Lists that the app asks for before it can show any document. */
const lists = [
  '/api/v1/signing/enrolment',
  '/api/v1/signing/inbox/count',
  '/api/v1/signing/inbox/unusual',
  '/api/v1/signing/inbox?limit=200&purpose=sign',
  '/api/v1/signing/inbox?limit=200&purpose=seal',
];

export const requestAddress = (id: string) => `/api/v1/signing/requests/${id}`;
export const documentAddress = (id: string) => `${requestAddress(id)}/document`;

/** Keeps these documents, and the lists that lead to them, on this phone. `onDone` counts them. */
export async function keepDocuments(ids: readonly string[], onDone: (count: number) => void): Promise<void> {
  const cache = await caches.open(keptName);
  for (const address of lists) await keep(cache, address);
  let done = 0;
  await atOnce(ids, 3, async (id) => {
    await keep(cache, requestAddress(id));
    await keep(cache, documentAddress(id));
    onDone(++done);
  });
  // The reader itself, which is loaded only when the first document is drawn.
  await import('../document.ts');
}

async function keep(cache: Cache, address: string): Promise<void> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(t('Chưa tải được hết. Hãy thử lại.', 'Not everything was loaded. Try again.'));
  const headers = new Headers(answer.headers);
  headers.set(takenAt, String(Date.now()));
  await cache.put(address, new Response(await answer.arrayBuffer(), { status: answer.status, headers }));
}

/** How many of these documents are on this phone. */
export async function countKept(ids: readonly string[]): Promise<number> {
  if (!('caches' in globalThis)) return 0;
  const cache = await caches.open(keptName);
  const found = await Promise.all(ids.map((id) => cache.match(documentAddress(id), { ignoreVary: true })));
  return found.filter(Boolean).length;
}

/** Whether this browser can keep documents at all. */
export const canKeep = () => 'serviceWorker' in navigator && 'caches' in globalThis;

/** When what is shown was taken, in milliseconds, while there is no network; undefined while there is. */
export function useOffline(): number | undefined {
  const [takenMs, setTaken] = useState<number | undefined>(() => (navigator.onLine ? undefined : Date.now()));
  useEffect(() => {
    const online = () => setTaken(undefined);
    const offline = () => setTaken((now) => now ?? Date.now());
    const told = ({ data }: MessageEvent) => {
      if (typeof data?.kept === 'number') setTaken(data.kept);
    };
    addEventListener('online', online);
    addEventListener('offline', offline);
    navigator.serviceWorker?.addEventListener('message', told);
    return () => {
      removeEventListener('online', online);
      removeEventListener('offline', offline);
      navigator.serviceWorker?.removeEventListener('message', told);
    };
  }, []);
  return takenMs;
}
