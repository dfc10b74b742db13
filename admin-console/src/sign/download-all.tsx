import { useState } from 'preact/hooks';
import { Progress } from '../design/bar.tsx';
import { saveFile } from '../design/file.ts';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { useAction } from '../design/load.ts';
import { atOnce } from './at-once.ts';
import { documentAddress } from './offline/kept.ts';
import { type NamedFile, zipOf } from './zip.ts';

/** A document to be kept, and whose it is. */
interface Keepable {
  readonly id: string;
  readonly of: string | null;
}

/** All files of a class as one ZIP, made here; `name` is what it is saved as. One that fails ends it: half a class is not saved. */
export function DownloadAll({ items, name }: { readonly items: readonly Keepable[]; readonly name: string }) {
  const [done, setDone] = useState(0);
  const { isBusy, error, run } = useAction();
  const start = () =>
    run(async () => {
      setDone(0);
      const files = await atOnce(items, 3, async (item) => {
        const file = await load(item);
        setDone((count) => count + 1);
        return file;
      });
      saveFile(name, zipOf(files));
    });
  if (items.length < 2) return null;
  return (
    <div class="grid gap-2 justify-items-start">
      {error && <Banner state="bad">{error}</Banner>}
      {isBusy ? (
        <Progress part={done / items.length}>
          {t(`Đã tải ${done} trên ${items.length}`, `${done} of ${items.length}`)}
        </Progress>
      ) : (
        <button type="button" class="button" onClick={start}>
          <Icon name="download" />
          {t(`Tải tất cả (${items.length} tệp)`, `Download all (${items.length} files)`)}
        </button>
      )}
    </div>
  );
}

/** The file under its holder's name and the name that the server gives it, which has the document's code: none is there twice. */
async function load({ id, of }: Keepable): Promise<NamedFile> {
  const answer = await fetch(documentAddress(id));
  if (!answer.ok) throw new Error(t('Chưa tải được hết. Hãy thử lại.', 'Not everything was loaded. Try again.'));
  const given = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? id;
  const name = of === null ? given : `${of} - ${given}`;
  return { name: name.replaceAll(/[\\/:*?"<>|]/g, ' '), bytes: new Uint8Array(await answer.arrayBuffer()) };
}
