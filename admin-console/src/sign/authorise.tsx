import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatClock, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Skeleton } from '../design/show.tsx';
import { sha256, signDigests, toBase64Url } from './keys.ts';
import { assertPasskey } from './passkey.ts';
import { PasskeyEnded } from './passkey-words.ts';
import { code4Of } from './session.ts';

/** What an app asks to be signed, as the API gives it. */
interface Asked {
  readonly id: string;
  readonly app: string;
  readonly description: string | null;
  readonly count: number;
  readonly expiresAt: string;
  readonly state: string;
  readonly code4: string;
  readonly custody: 'device' | 'hsm';
  readonly list: string;
  readonly hashes: readonly { readonly hashHex: string; readonly label: string | null }[];
  readonly assertionOptions: { readonly challenge: string };
  readonly wrappedKey: string | null;
  readonly continueAt: string | null;
}

type Waiting = Pick<Asked, 'id' | 'app' | 'description' | 'count' | 'expiresAt'>;

/** What other apps wait for; nothing while it is not known, or without a network. */
export function useAskedByApps(): readonly Waiting[] {
  const [asked] = useLoad('authorisations', () => must(api.GET('/api/v1/signing/authorisations')));
  return asked.state === 'ready' ? asked.data.items : [];
}

/** Above the inbox: other apps that wait for the person's signature now. */
export function AskedByApps({ items }: { readonly items: readonly Waiting[] }) {
  if (items.length === 0) return null;
  return (
    <Ruled onMargin>
      {items.map(({ id, app, description, count, expiresAt }) => (
        <Row
          key={id}
          mark="now"
          title={t(`${app} chờ ký ${count} văn bản`, `${app} waits for ${count} signatures`)}
          note={[description, t(`đến ${formatClock(expiresAt)}`, `until ${formatClock(expiresAt)}`)]
            .filter(Boolean)
            .join(' · ')}
        >
          <a class="button button-primary mt-3" href={`/sign/authorise/${id}`}>
            {t('Xem và trả lời', 'Look and answer')}
          </a>
        </Row>
      ))}
    </Ruled>
  );
}

/** `/sign/authorise/:id`: WHO asks, WHAT is signed, one tap. The documents are the app's: here stand their digests. */
export function Authorise({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const [asked] = useLoad(id, () => readAsked(id));
  const [answer, setAnswer] = useState<'signed' | 'refused'>();
  const { isBusy, error, caught, run } = useAction();
  if (asked.state === 'loading') return <Skeleton />;
  if (asked.state === 'failed') return <Banner state="bad">{asked.message}</Banner>;
  const question = asked.data;
  if (answer || question.state !== 'waiting') return <Answered question={question} answer={answer} onDone={onDone} />;
  const done = (how: 'signed' | 'refused') => {
    setAnswer(how);
    if (question.continueAt) location.assign(question.continueAt); // back into the sign-in of the app
  };
  return (
    <>
      <Question question={question} />
      {error && (
        <Banner state={caught instanceof PasskeyEnded ? 'warn' : 'bad'} live>
          {error}
        </Banner>
      )}
      <div class="phone-bar">
        <div class="grid-cols-2">
          <button
            type="button"
            class="button button-primary col-span-2"
            disabled={isBusy}
            onClick={() => run(async () => done(await sign(question)))}
          >
            <Icon name="fingerprint-pattern" />
            {isBusy
              ? t('Đang ký…', 'Signing…')
              : t(
                  `Ký ${question.count} văn bản`,
                  `Sign ${question.count} ${question.count === 1 ? 'document' : 'documents'}`,
                )}
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={onDone}>
            {t('Để sau', 'Not now')}
          </button>
          <button
            type="button"
            class="button button-bad"
            disabled={isBusy}
            onClick={() => run(async () => done(await refuse(question)))}
          >
            {t('Không ký', 'Do not sign')}
          </button>
        </div>
      </div>
    </>
  );
}

function Question({ question }: { readonly question: Asked }) {
  const { app, description, count, hashes, expiresAt } = question;
  return (
    <>
      <h1>{t(`Ký cho ${app}?`, `Sign for ${app}?`)}</h1>
      <section class="what on-margin squared" aria-label={t('Việc được yêu cầu', 'What is asked')}>
        <p class="font-semibold">{description ?? t('Ứng dụng không nói là gì', 'The app does not say what it is')}</p>
        <p class="text-quiet">
          {t(
            `${count} văn bản, trả lời trước ${formatClock(expiresAt)}`,
            `${count} documents, answer before ${formatClock(expiresAt)}`,
          )}
        </p>
      </section>
      <Banner state="warn">
        {t(
          `Văn bản nằm ở ${app}, điện thoại này không đọc được. Chỉ ký khi anh/chị đang tự làm việc này ở đó và đã đọc văn bản.`,
          `The documents are at ${app} and this phone cannot read them. Sign only if you are doing this there yourself and have read them.`,
        )}
      </Banner>
      <details class="card" open={count <= 5}>
        <summary>{t('Dấu vết của từng văn bản', 'The fingerprint of each document')}</summary>
        <ul class="grid gap-2 mt-2">
          {hashes.map(({ hashHex, label }, index) => (
            <li key={`${hashHex} ${index}`}>
              {label && <span class="block">{label}</span>}
              <span class="break-all text-quiet text-sm">{hashHex}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Answered({
  question,
  answer,
  onDone,
}: {
  readonly question: Asked;
  readonly answer: 'signed' | 'refused' | undefined;
  readonly onDone: () => void;
}) {
  const isSigned = answer === 'signed' || question.state === 'authorised' || question.state === 'used';
  const { app } = question;
  return (
    <>
      <h1>{isSigned ? t('Đã xác nhận ký', 'Confirmed') : t('Không ký', 'Not signed')}</h1>
      <p>
        {isSigned
          ? t(`${app} nhận chữ ký trong ít giây.`, `${app} gets the signatures in a few seconds.`)
          : t(`${app} không nhận được chữ ký nào.`, `${app} gets no signature.`)}
      </p>
      <div class="phone-bar">
        <div>
          {question.continueAt && answer ? (
            <a class="button button-primary" href={question.continueAt} target="_self">
              {t(`Về ${app}`, `Back to ${app}`)}
            </a>
          ) : (
            <button type="button" class="button button-primary" onClick={onDone}>
              {t('Về danh sách', 'To the list')}
            </button>
          )}
        </div>
      </div>
    </>
  );
}

/**
 * The phone believes no server about what its passkey signs: it computes the challenge of the list itself and finds every
 * digest that it shows in it, in its order.
 */
async function readAsked(id: string): Promise<Asked> {
  const asked: Asked = await must(api.GET('/api/v1/signing/authorisations/{id}', { params: { path: { id } } }));
  const challenge = await sha256(new TextEncoder().encode(asked.list));
  const list = JSON.parse(asked.list) as {
    readonly purpose: string;
    readonly hashes: readonly { readonly hash: string }[];
  };
  const isWhatIsShown =
    toBase64Url(challenge) === asked.assertionOptions.challenge &&
    (await code4Of(challenge)) === asked.code4 &&
    list.purpose === 'remote-signing' &&
    list.hashes.length === asked.hashes.length &&
    asked.hashes.every(({ hashHex }, index) => list.hashes[index]?.hash === hashHex);
  if (isWhatIsShown) return asked;
  throw new Error(
    t(
      'Nội dung máy chủ gửi không khớp. Chưa có gì được ký.',
      'What the server sent does not fit together. Nothing was signed.',
    ),
  );
}

async function sign({ id, custody, wrappedKey, hashes, assertionOptions }: Asked): Promise<'signed'> {
  const { assertion, prfOutput } = await assertPasskey(assertionOptions);
  const signatures = custody === 'device' ? await signOnPhone(prfOutput, wrappedKey, hashes) : [];
  await must(
    api.POST('/api/v1/signing/authorisations/{id}/confirm', {
      params: { path: { id } },
      body: { assertion: assertion as never, signatures }, // the browser's own JSON form, which the schema describes
    }),
  );
  return 'signed';
}

function signOnPhone(prfOutput: ArrayBuffer | undefined, wrappedKey: string | null, hashes: Asked['hashes']) {
  if (!prfOutput || !wrappedKey) {
    throw new Error(
      t(
        'Passkey này không mở được khoá ký trên điện thoại.',
        'This passkey does not open the signing key on the phone.',
      ),
    );
  }
  return signDigests(
    prfOutput,
    wrappedKey,
    hashes.map(({ hashHex }) => fromHex(hashHex)),
  );
}

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

async function refuse({ id }: Asked): Promise<'refused'> {
  await must(api.POST('/api/v1/signing/authorisations/{id}/refuse', { params: { path: { id } } }));
  return 'refused';
}
