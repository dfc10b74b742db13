import { useEffect, useRef, useState } from 'preact/hooks';
import { Progress } from '../../design/bar.tsx';
import { Banner } from '../../design/form.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { usePace } from '../../design/pace.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { digestOf, endUpload, listUploads, type OnItsWay, send, type Upload } from './send.ts';

interface Now extends OnItsWay {
  readonly file: File;
}

/** A chosen file that is another one than what was begun under its name. */
interface Changed {
  readonly file: File;
  readonly begun: Upload;
}

/** Sends a chosen file; a page that is left forgets it, the server keeps what has arrived. */
export function useSending(onWhole: (upload: Upload) => void) {
  const [now, setNow] = useState<Now>();
  const [changed, setChanged] = useState<Changed>();
  const [begun, reload] = useLoad('uploads', listUploads);
  const { error, run } = useAction();
  const ends = useRef<AbortController>(undefined);
  useEffect(() => () => ends.current?.abort(), []);

  const start = (file: File, isAnew = false) =>
    run(async () => {
      ends.current = new AbortController();
      const { signal } = ends.current;
      const sending = { signal, say: (one: OnItsWay) => setNow({ ...one, file }) };
      setChanged(undefined);
      try {
        if (file.size === 0) throw new Error(t(`Tệp «${file.name}» trống.`, `The file “${file.name}” is empty.`));
        const digest = await digestOf(file, sending);
        const other = (await listUploads()).find((one) => one.name === file.name && one.offset < one.size);
        if (other && other.sha256 !== digest) {
          if (!isAnew) return setChanged({ file, begun: other });
          await endUpload(other.id);
        }
        onWhole(await send(file, digest, sending));
      } catch (caught) {
        if (!signal.aborted) throw caught;
      } finally {
        setNow(undefined);
        reload();
      }
    });
  /** What has arrived of it goes, too, unless another tab is sending it. */
  const giveUp = (file: Pick<Upload, 'name' | 'size'>) => {
    ends.current?.abort();
    if (now?.state === 'elsewhere') return;
    return run(async () => {
      for (const { id, name, size } of await listUploads())
        if (name === file.name && size === file.size) await endUpload(id);
      reload();
    });
  };
  return { now, changed, error, begun: begun.state === 'ready' ? begun.data : [], start, giveUp };
}

type Sender = ReturnType<typeof useSending>;

/** The file that is on its way: how far, how fast, and what it waits for. */
export function OnTheWay({ now, giveUp }: { readonly now: Now; readonly giveUp: Sender['giveUp'] }) {
  const { file, state, done, total } = now;
  const pace = usePace(Math.round(done / bytesOfMb), Math.round(total / bytesOfMb));
  return (
    <section class="card rounded-cover! p-6! grid gap-4" aria-label={t('Đang gửi tệp', 'The file is being sent')}>
      <h2 class="break-words">{file.name}</h2>
      {state === 'cut' && (
        <Banner state="warn">
          {t(
            'Mất kết nối. Có mạng lại thì tệp tự gửi tiếp từ chỗ dừng.',
            'The connection is lost. When it is back, the file goes on from where it stopped.',
          )}
        </Banner>
      )}
      {state === 'busy' && (
        <Banner state="warn">
          {t('Máy chủ đang bận; tệp tự gửi tiếp sau ít giây.', 'The server is busy; the file goes on in some seconds.')}
        </Banner>
      )}
      {state === 'elsewhere' && (
        <Banner state="warn">
          {t(
            'Tệp này đang được gửi ở một thẻ khác. Thẻ đó đóng thì gửi tiếp ở đây.',
            'Another tab is sending this file. When that one is closed, it goes on here.',
          )}
        </Banner>
      )}
      <Progress part={done / total}>
        {state === 'reading'
          ? t('Đang đọc tệp trên máy này.', 'The file is being read on this computer.')
          : t(`Đã gửi ${mb(done)} trên ${mb(total)} MB. ${pace}`, `${mb(done)} of ${mb(total)} MB are sent. ${pace}`)}
      </Progress>
      <p class="flex flex-wrap items-center justify-between gap-3">
        <span class="text-sm text-quiet">
          {t(
            'Lỡ đóng trang thì hôm nay chọn lại đúng tệp này, phần đã gửi được dùng tiếp.',
            'If the page closes, choose this very file again today: what is sent is used.',
          )}
        </span>
        <button type="button" class="button" onClick={() => giveUp(file)}>
          {state === 'elsewhere' ? t('Thôi đợi', 'Stop waiting') : t('Thôi gửi', 'Stop sending')}
        </button>
      </p>
    </section>
  );
}

const bytesOfMb = 1_000_000;
/** `0,3`, `12`: whole from ten on. */
const mb = (bytes: number) => {
  const count = bytes / bytesOfMb;
  return formatNumber(count < 10 ? Math.ceil(count * 10) / 10 : Math.round(count));
};

/** Refused: what has arrived and what was chosen are not one file. */
export function ChangedFile({ changed, start }: { readonly changed: Changed; readonly start: Sender['start'] }) {
  const { file, begun } = changed;
  return (
    <Banner state="bad">
      <span class="flex flex-wrap items-center justify-between gap-3">
        <span>
          {t(
            `«${file.name}» không còn là tệp đang gửi dở (đã gửi ${mb(begun.offset)} trên ${mb(begun.size)} MB): nội dung đã đổi. Chọn lại đúng tệp cũ, hoặc bỏ phần đã gửi.`,
            `“${file.name}” is no longer the file that was being sent (${mb(begun.offset)} of ${mb(begun.size)} MB): its content has changed. Choose the old one, or give up what was sent.`,
          )}
        </span>
        <button type="button" class="button" onClick={() => start(file, true)}>
          {t('Gửi tệp này từ đầu', 'Send this one from the beginning')}
        </button>
      </span>
    </Banner>
  );
}

/** Files of the last day that have not arrived whole. What has is found by choosing the file again. */
export function BegunFiles({ begun, giveUp }: Pick<Sender, 'begun' | 'giveUp'>) {
  const files = begun.filter(({ offset, size }) => offset < size);
  if (files.length === 0) return null;
  return (
    <section class="grid gap-3" aria-labelledby="begun">
      <h2 id="begun">{t('Tệp gửi dở', 'Files on their way')}</h2>
      <Ruled onMargin isTight>
        {files.map((upload) => {
          const { id, name, size, offset, endsAt } = upload;
          return (
            <Row
              key={id}
              mark="warn"
              title={name}
              note={
                <span class="text-sm">
                  {t(
                    `Đã gửi ${mb(offset)} trên ${mb(size)} MB. Chọn lại đúng tệp này để gửi tiếp; giữ tới ${formatTime(endsAt)}.`,
                    `${mb(offset)} of ${mb(size)} MB are sent. Choose this very file again to go on; kept until ${formatTime(endsAt)}.`,
                  )}
                </span>
              }
              act={
                <button type="button" class="button button-small" onClick={() => giveUp(upload)}>
                  {t('Bỏ', 'Give up')}
                  <span class="sr-only"> {name}</span>
                </button>
              }
            />
          );
        })}
      </Ruled>
    </section>
  );
}
