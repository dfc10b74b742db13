import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { saveFile } from '../../design/file.ts';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';

/** A list as it was saved: what its proof is asked for by. */
interface Taken {
  readonly name: string;
  readonly sha256: string;
}

/** The list as a file, and the proof that it was taken here, which goes along with it to whoever checks it. */
export function TakeList({ address }: { readonly address: (form: 'csv' | 'json') => string }) {
  const [taken, setTaken] = useState<Taken>();
  const { isBusy, error, run } = useAction();
  const take = (form: 'csv' | 'json') =>
    run(async () => {
      const bytes = await must(fileOf(address(form)));
      setTaken({ name: bytes.name, sha256: await hexDigest(bytes.content) });
      saveFile(bytes.name, new Blob([bytes.content]));
    });
  const prove = ({ name, sha256 }: Taken) =>
    run(async () => {
      const path = { sha256 };
      const proof = await must(
        api.GET('/api/v1/signing/exports/{sha256}/proof', { params: { path }, parseAs: 'text' }),
      );
      saveFile(`${name}.tlog-proof`, new Blob([String(proof)]));
    });
  return (
    <section class="grid gap-3 justify-items-start" aria-label={t('Danh sách thành tệp', 'The list as a file')}>
      <p class="flex flex-wrap gap-3">
        <button type="button" class="button" disabled={isBusy} onClick={() => take('csv')}>
          <Icon name="download" />
          {t('Tải danh sách (CSV)', 'Take the list (CSV)')}
        </button>
        <button type="button" class="button" disabled={isBusy} onClick={() => take('json')}>
          JSON
        </button>
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      {taken && (
        <div class="grid gap-2 justify-items-start" role="status">
          <p>
            {t(`Đã tải ${taken.name}`, `${taken.name} is saved`)}
            <span class="block text-sm text-quiet break-all">SHA-256 {taken.sha256}</span>
          </p>
          <button type="button" class="button" disabled={isBusy} onClick={() => prove(taken)}>
            <Icon name="shield-check" />
            {t('Tải bằng chứng trong nhật ký', 'Take its proof in the log')}
          </button>
          <p class="text-sm text-quiet">
            {t(
              'Gửi kèm danh sách: ai cũng kiểm tra được bằng «edutrust verify».',
              'Send it with the list: anybody checks both with “edutrust verify”.',
            )}
          </p>
        </div>
      )}
    </section>
  );
}

/** The file of an answer with its name, or the refusal as the API says it. */
async function fileOf(address: string) {
  const response = await fetch(address);
  if (!response.ok) return { error: await response.json().catch(() => undefined), response };
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  return { data: { name: name ?? 'danh-sach', content: await response.arrayBuffer() }, response };
}

async function hexDigest(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
