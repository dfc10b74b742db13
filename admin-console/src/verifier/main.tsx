/** The verifier as one file to keep: it opens from a disk, holds what it trusts, and asks nobody anything. */
import type { BrowserTrust } from '@edutrust/signing-service/judge-messages';
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { DropFile } from '../design/drop.tsx';
import { Banner } from '../design/form.tsx';
import { formatTime, type Locale, setLocale, t } from '../design/language.ts';
import { Mark } from '../design/mark.tsx';
import { canJudge, judgeHere, mostBytes, type Outcome } from './judge.ts';
import { problemOf, Result } from './result.tsx';
import './verifier.css';

/** What `edutrust verify --bundle` puts into the page. */
interface Given {
  /** The address of the installation that gave it. */
  readonly origin: string;
  readonly trust: BrowserTrust;
}

const textOf = (id: string) => document.getElementById(id)?.textContent ?? '';
const given = JSON.parse(textOf('given')) as Given; // written by our own command
const judgeScript = URL.createObjectURL(new Blob([textOf('judge')], { type: 'text/javascript' }));

/** A clock that is behind must not make what is expired good: it is never before the lists were taken. */
const now = () => new Date(Math.max(Date.now(), Date.parse(given.trust.takenAt)));

function Verifier() {
  const [language, setLanguage] = useState<Locale>(navigator.language.startsWith('en') ? 'en' : 'vi');
  const [outcome, setOutcome] = useState<Outcome>();
  const [content, setContent] = useState<File>();
  const [proofs, setProofs] = useState<readonly string[]>([]);
  const [isBusy, setBusy] = useState(false);
  setLocale(language);
  document.documentElement.lang = language;
  const judge = async (file: File) => {
    setBusy(true);
    const options = { trust: given.trust, at: now(), content, proofs };
    setOutcome(await judgeHere(judgeScript, file, options).catch((): Outcome => ({ failed: 'read' })));
    setBusy(false);
  };
  return (
    <>
      <header class="border-b border-line no-print">
        <div class="top">
          <span class="brand">
            <span class="text-accent">
              <Mark size={34} />
            </span>
            EduTrust
          </span>
          <nav class="language ml-auto flex gap-1" aria-label={t('Ngôn ngữ', 'Language')}>
            {(['vi', 'en'] as const).map((locale) => (
              <button
                key={locale}
                type="button"
                class="button button-quiet"
                lang={locale}
                aria-pressed={locale === language}
                onClick={() => setLanguage(locale)}
              >
                {locale.toUpperCase()}
              </button>
            ))}
          </nav>
        </div>
      </header>
      <main id="main" class="page sheet-page">
        {outcome && 'report' in outcome ? (
          <Result judged={outcome} again="" note={knownUntil()} />
        ) : (
          <>
            <div>
              <h1>{t('Kiểm tra chữ ký số', 'Check a digital signature')}</h1>
              <p class="text-quiet">
                {t(
                  'Trang này chạy ngay trên máy, không cần mạng. Tệp không rời máy.',
                  'This page runs on this machine and needs no network. The file does not leave it.',
                )}
              </p>
            </div>
            {outcome && !('report' in outcome) && <Banner state="bad">{problemOf(outcome)}</Banner>}
            {canJudge() ? (
              <Choice isBusy={isBusy} onFile={judge} onContent={setContent} onProofs={setProofs} />
            ) : (
              <TooOld />
            )}
            <p class="text-sm text-quiet">{knownUntil()}</p>
          </>
        )}
      </main>
    </>
  );
}

function Choice({
  isBusy,
  onFile,
  onContent,
  onProofs,
}: {
  readonly isBusy: boolean;
  readonly onFile: (file: File) => void;
  readonly onContent: (file: File | undefined) => void;
  readonly onProofs: (proofs: readonly string[]) => void;
}) {
  const mebibytes = Math.round(mostBytes / 2 ** 20);
  return (
    <>
      <DropFile
        icon="shield-check"
        name={t('Tệp cần kiểm tra', 'The file to check')}
        title={t('Chọn tệp PDF, hoặc thả vào đây', 'Choose the PDF, or drop it here')}
        note={t(
          `Tệp PDF hoặc tệp chữ ký, tối đa ${mebibytes} MiB.`,
          `A PDF or a signature file of at most ${mebibytes} MiB.`,
        )}
        isBusy={isBusy}
        onFile={onFile}
      />
      <details>
        <summary>{t('Chữ ký là tệp riêng (.p7s)?', 'Is the signature a file of its own (.p7s)?')}</summary>
        <label for="content" class="block mt-2">
          {t(
            'Chọn tệp đã được ký trước, rồi chọn tệp chữ ký',
            'Choose the file that it signs first, then the signature',
          )}
        </label>
        <input
          id="content"
          type="file"
          class="control"
          onChange={({ currentTarget }) => onContent(currentTarget.files?.[0])}
        />
      </details>
      {given.trust.witnesses.length > 0 && (
        <details>
          <summary>
            {t(
              'Có tệp bằng chứng của các bên làm chứng (.tlog-proof)?',
              'Is there a proof of witnesses (.tlog-proof)?',
            )}
          </summary>
          <label for="proofs" class="block mt-2">
            {t(
              'Chọn tệp bằng chứng trước, rồi chọn tệp cần kiểm tra',
              'Choose the proof first, then the file to check',
            )}
          </label>
          <input
            id="proofs"
            type="file"
            class="control"
            accept=".tlog-proof,text/plain"
            onChange={async ({ currentTarget }) => onProofs(await proofsIn(currentTarget.files?.[0]))}
          />
        </details>
      )}
    </>
  );
}

/** The proofs of one file, one behind another as `edutrust verify --save-evidence` keeps them. */
async function proofsIn(file: File | undefined): Promise<readonly string[]> {
  if (!file || file.size > mostBytes) return [];
  return (await file.text()).split(/(?=^c2sp\.org\/tlog-proof@v1$)/m);
}

function TooOld() {
  return (
    <Banner state="warn">
      {t(
        'Trình duyệt này quá cũ để kiểm tra. Hãy mở tệp này bằng bản mới của Chrome, Edge, Firefox hoặc Safari.',
        'This browser is too old for the check. Open this file in a current Chrome, Edge, Firefox or Safari.',
      )}
    </Banner>
  );
}

function knownUntil(): string {
  const at = formatTime(given.trust.takenAt);
  const { origin } = given;
  return t(
    `Gốc tin cậy và danh sách thu hồi lấy từ ${origin} lúc ${at}. Chứng thư bị thu hồi sau lúc đó thì trang này không biết; văn bản có do Sở lưu hay không cũng không tra được ở đây.`,
    `Roots and revocation lists were taken from ${origin} at ${at}. What was revoked later is not known here, nor whether the department keeps the document.`,
  );
}

render(<Verifier />, document.body);
