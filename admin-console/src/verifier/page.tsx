import type { BrowserTrust } from '@edutrust/signing-service/judge-messages';
import type { PublicDocument } from '@edutrust/signing-service/pages';
import { render } from 'preact';
import { setLocale, t } from '../design/language.ts';
import { scriptAddress } from '../design/trusted.ts';
import { canJudge, judgeHere, mostBytes, type Outcome } from './judge.ts';
import { type Judged, problemOf, Result } from './result.tsx';

/**
 * Judges the form's file on this machine, with what the server trusts. Of the file the server learns its SHA-256: whether
 * the document is kept there, and replaced. An old browser sends the file, as a page without a script does.
 */
export function judgeInPage(form: HTMLFormElement): void {
  const main = form.closest('main');
  if (!main || !canJudge()) return;
  setLocale(document.documentElement.lang === 'en' ? 'en' : 'vi');
  const submit = form.querySelector<HTMLButtonElement>('button[type="submit"]');
  const hint = form.querySelector('#file-hint');
  if (hint) hint.textContent = stays();
  const problem = document.createElement('p');
  problem.setAttribute('role', 'alert');
  problem.className = 'text-bad';
  form.append(problem);

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    if (submit) submit.disabled = true;
    const outcome = await judge(new FormData(form)).catch((): Outcome => ({ failed: 'trust' }));
    if (submit) submit.disabled = false;
    if (!('report' in outcome)) {
      problem.textContent = problemOf(outcome);
      return;
    }
    const kept = await documentOf(outcome.report.sha256);
    document.title = `${t('Kết quả kiểm tra', 'Result of the check')} · EduTrust`;
    main.replaceChildren();
    render(
      <Result
        judged={known(outcome, kept)}
        again={form.action}
        note={kept === undefined ? notAsked() : ''}
        sendToServer={() => {
          form.hidden = true;
          main.append(form);
          form.submit(); // past the listener above
        }}
      />,
      main,
    );
    scrollTo({ top: 0 });
  });
}

async function judge(fields: FormData): Promise<Outcome> {
  const [file, content, password] = [fields.get('file'), fields.get('content'), fields.get('password')];
  if (!(file instanceof File)) return { failed: 'no file' };
  const trust = await read<BrowserTrust>('/api/v1/verify/trust');
  const given = {
    trust,
    at: new Date(trust.takenAt),
    content: content instanceof File && content.size > 0 ? content : undefined,
    password: typeof password === 'string' ? password : undefined,
  };
  const outcome = await judgeHere(scriptAddress(__JUDGE__), file, given);
  const proofs = 'report' in outcome && trust.witnesses.length > 0 ? await proofsFor(outcome) : [];
  return proofs.length > 0 ? judgeHere(scriptAddress(__JUDGE__), file, { ...given, proofs }) : outcome;
}

/** What witnesses cosigned of the entries that the file's signatures have in the log; of the file the server learns their places. */
async function proofsFor({ report }: Judged): Promise<string[]> {
  const places = report.signatures.flatMap(({ log }) => (log?.leaf ? [log.index] : []));
  const proofs = await Promise.all(
    places.map(async (index) => {
      const answer = await fetch(`/log/cosigned/${index}`).catch(() => undefined);
      return answer?.ok ? answer.text() : undefined;
    }),
  );
  return proofs.filter((proof) => proof !== undefined);
}

/** What is kept of the file; undefined when nobody could be asked. */
async function documentOf(sha256: string): Promise<PublicDocument | null | undefined> {
  return read<{ document: PublicDocument | null }>(`/api/v1/verify/files/${sha256}`).then(
    (found) => found.document,
    () => undefined,
  );
}

/** Our own routes' answers, as their schemas say. */
async function read<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as Answer;
}

function known({ report, shown, etsi }: Judged, found: PublicDocument | null | undefined): Judged {
  const document = found ? { ...found, isSameFile: true } : null;
  return {
    report: { ...report, document },
    etsi,
    shown: { vi: { ...shown.vi, document }, en: { ...shown.en, document } },
  };
}

function stays(): string {
  const mebibytes = Math.round(mostBytes / 2 ** 20);
  return t(
    `Tệp PDF hoặc tệp chữ ký, tối đa ${mebibytes} MiB. Tệp được kiểm tra ngay trên máy này, không gửi đi.`,
    `A PDF or a signature file of at most ${mebibytes} MiB. It is checked on this machine and sent nowhere.`,
  );
}

const notAsked = () =>
  t(
    'Chưa hỏi được văn bản này có do Sở lưu hay đã bị thay thế không: hãy tra mã in dưới mã QR.',
    'Whether the department keeps this document, or has replaced it, could not be asked: look up the code under the QR.',
  );
