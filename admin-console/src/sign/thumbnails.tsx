import { useEffect, useRef } from 'preact/hooks';
import type { Batch } from './batches.ts';
import { documentAddress } from './offline/kept.ts';

/** As many first pages stand for a batch. */
const mostPages = 3;

/** How wide one is, in pixels of a screen of three to one. */
const pixels = 288;

/** Pages that were drawn while the app is open, by document: coming back to the list loads nothing. */
const drawn = new Map<string, HTMLCanvasElement>();
const mostKept = 24;

/** One after another: what the person taps meanwhile comes first. */
let last: Promise<unknown> = Promise.resolve();

/** The first pages of a batch, drawn on this phone once they are in view, and how many more there are. */
export function Thumbnails({ items }: Pick<Batch, 'items'>) {
  const pages = items.filter(({ format }) => format === 'PAdES').slice(0, mostPages);
  if (pages.length === 0 || savesData()) return null;
  const left = items.length - pages.length;
  return (
    <div class="thumbnails" aria-hidden="true">
      {pages.map(({ id }) => (
        <Thumbnail key={id} id={id} />
      ))}
      {left > 0 && <span class="number">+{left}</span>}
    </div>
  );
}

/** Whether the person asked the browser to load no more than it must. */
const savesData = (): boolean =>
  (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;

function Thumbnail({ id }: { readonly id: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = host.current;
    if (!place) return undefined;
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      seen.disconnect();
      last = last.then(() =>
        place.isConnected ? draw(id).then((canvas) => place.replaceChildren(canvas)) : undefined,
      );
      last = last.catch(() => undefined); // a picture of what the list says in words
    });
    seen.observe(place);
    return () => seen.disconnect();
  }, [id]);
  return <div ref={host} />;
}

async function draw(id: string): Promise<HTMLCanvasElement> {
  const known = drawn.get(id);
  if (known) return known;
  const [answer, { drawThumbnail }] = await Promise.all([fetch(documentAddress(id)), import('./document.ts')]);
  if (!answer.ok) throw new Error('no document');
  const canvas = document.createElement('canvas');
  await drawThumbnail(new Uint8Array(await answer.arrayBuffer()), canvas, pixels);
  const [oldest] = drawn.keys();
  if (drawn.size >= mostKept && oldest) drawn.delete(oldest);
  drawn.set(id, canvas);
  return canvas;
}
