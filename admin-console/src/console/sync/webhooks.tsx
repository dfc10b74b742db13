import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { useCopy } from '../../design/copy.ts';
import { ActButton } from '../../design/dialog.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Choice, Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatTime, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { type Standing, State } from '../../design/mark.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMay } from '../me.ts';
import { Title } from '../parts.tsx';

type Webhook =
  paths['/api/v1/sync/webhooks']['get']['responses']['200']['content']['application/json']['items'][number];
type Failure = NonNullable<
  paths['/api/v1/sync/webhooks/{id}/attempts']['get']['responses']['200']['content']['application/json']['items'][number]['failure']
>;

/** `/admin/sync/webhooks`: which systems are told what happens, how that goes, and what can be done about it. */
export function Webhooks() {
  const mayWrite = useMay('sync.write');
  const [secret, setSecret] = useState<string>();
  const [loaded, reload] = useLoad('webhooks', async () => {
    const [webhooks, clients] = await Promise.all([
      must(api.GET('/api/v1/sync/webhooks')),
      must(api.GET('/api/v1/sync/clients')),
    ]);
    return { webhooks: webhooks.items, clients: clients.items.filter(({ endedAt }) => endedAt === null) };
  });
  return (
    <>
      <Title
        title={t('Báo tin cho hệ thống khác', 'Webhooks')}
        note={t(
          'Khi có người vào, rời hay đổi lớp, EduTrust báo ngay cho hệ thống đó. Tin chỉ nói mã của ai đổi, không nói gì thêm.',
          'When somebody joins, leaves or changes class, EduTrust tells these systems at once: whose record changed, and nothing else.',
        )}
        back={{ href: '/admin/sync', label: t('Đồng bộ', 'Directory sync') }}
      />
      {secret && <Secret value={secret} />}
      <Show loaded={loaded}>
        {({ webhooks, clients }) => (
          <div class="grid gap-10">
            {webhooks.length === 0 && !(mayWrite && clients.length > 0) && (
              <Empty
                icon="send"
                act={
                  mayWrite && (
                    <a class="button button-primary" href="/admin/sync/clients/new">
                      <Icon name="plus" />
                      {t('Cho một hệ thống vào', 'Let a system in')}
                    </a>
                  )
                }
              >
                {mayWrite
                  ? t(
                      'Chưa có nơi nhận nào. Trước hết cho một hệ thống đọc dữ liệu, hay chỉ nghe tin.',
                      'No address is told anything yet. First let a system read data, or only hear of changes.',
                    )
                  : t('Chưa có nơi nhận nào.', 'No address is told anything yet.')}
              </Empty>
            )}
            {webhooks.map((webhook) => (
              <One key={webhook.id} webhook={webhook} mayWrite={mayWrite} onSecret={setSecret} onChange={reload} />
            ))}
            {mayWrite && clients.length > 0 && (
              <Adding isFirst={webhooks.length === 0} clients={clients} onSecret={setSecret} onAdded={reload} />
            )}
          </div>
        )}
      </Show>
    </>
  );
}

function Secret({ value }: { readonly value: string }) {
  const { isCopied, copy } = useCopy();
  return (
    <Banner state="good" live>
      <p class="font-semibold">
        {t(
          'Đưa khoá này cho người phụ trách hệ thống nhận để họ kiểm tra tin là thật. Khoá chỉ hiện lần này.',
          'Give this to the people who run the receiving system: messages are verified by it. It is shown this once.',
        )}
      </p>
      <pre class="my-2 whitespace-pre-wrap break-all">{value}</pre>
      <button type="button" class="button" onClick={() => copy(value)}>
        {isCopied ? t('Đã chép', 'Copied') : t('Chép khoá', 'Copy the secret')}
      </button>
    </Banner>
  );
}

function standingOf({ state, failures }: Webhook): { readonly state: Standing; readonly word: string } {
  if (state === 'paused') return { state: 'plain', word: t('Tạm dừng', 'Paused') };
  if (state === 'disabled') return { state: 'bad', word: t('Đã ngừng', 'Disabled') };
  if (failures > 0) return { state: 'warn', word: t('Đang gửi lại', 'Trying again') };
  return { state: 'good', word: t('Đang gửi tốt', 'Healthy') };
}

const failureWords = (): Readonly<Record<Failure, string>> => ({
  status: t('máy nhận trả lời là lỗi', 'the receiver answered with an error'),
  timeout: t('quá 15 giây không trả lời', 'no answer within 15 seconds'),
  certificate: t('chứng chỉ của máy nhận không đúng', 'its certificate is not valid'),
  'private-address': t('địa chỉ dẫn vào mạng nội bộ', 'the address leads into a private network'),
  unreachable: t('không nối được', 'no connection'),
});

function whyOf({ state, disabledReason, failures, nextAt }: Webhook): string | undefined {
  if (state === 'disabled')
    return disabledReason === 'gone'
      ? t('Máy nhận nói địa chỉ này đã bỏ (410).', 'The receiver says that the address is gone (410).')
      : t('Gửi lại nhiều ngày đều lỗi.', 'It failed for days.');
  if (failures > 0 && nextAt)
    return t(
      `Lỗi ${failures} lần; thử lại ${formatTime(nextAt)}.`,
      `Failed ${failures} times; next try ${formatTime(nextAt)}.`,
    );
  return undefined;
}

interface OneProps {
  readonly webhook: Webhook;
  readonly mayWrite: boolean;
  readonly onSecret: (secret: string) => void;
  readonly onChange: () => void;
}

function One({ webhook, mayWrite, onSecret, onChange }: OneProps) {
  const { state, word } = standingOf(webhook);
  const why = whyOf(webhook);
  return (
    <section class="grid gap-4" aria-label={webhook.clientName}>
      <div class="grid gap-1">
        <h2>{webhook.clientName}</h2>
        <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
          <State state={state}>{word}</State>
          <span class="text-quiet break-all">{webhook.url}</span>
        </p>
        {why && <p>{why}</p>}
      </div>
      {mayWrite && <Acts webhook={webhook} onSecret={onSecret} onChange={onChange} />}
      <Attempts webhook={webhook} mayWrite={mayWrite} />
    </section>
  );
}

function Acts({ webhook, onSecret, onChange }: Omit<OneProps, 'mayWrite'>) {
  const { isBusy, error, run } = useAction();
  const [said, setSaid] = useState<{ readonly state: 'good' | 'bad'; readonly sentence: string }>();
  const params = { params: { path: { id: webhook.id } } };
  const tryOut = () =>
    run(async () => {
      const { status, failure } = await must(api.POST('/api/v1/sync/webhooks/{id}/test', params));
      setSaid(
        failure === null
          ? { state: 'good', sentence: t(`Đã nhận (${status}).`, `It arrived (${status}).`) }
          : {
              state: 'bad',
              sentence: `${t('Không đến', 'It did not arrive')}: ${failureWords()[failure]}${status ? ` (${status})` : ''}.`,
            },
      );
    });
  const put = (to: 'on' | 'paused') =>
    run(async () => {
      await must(api.PUT('/api/v1/sync/webhooks/{id}/state', { ...params, body: { state: to } }));
      onChange();
    });
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      {said && <Banner state={said.state}>{said.sentence}</Banner>}
      <div class="flex flex-wrap gap-2">
        <button type="button" class="button" disabled={isBusy} onClick={tryOut}>
          {t('Gửi thử', 'Send a test')}
        </button>
        {webhook.state === 'on' ? (
          <button type="button" class="button" disabled={isBusy} onClick={() => put('paused')}>
            {t('Tạm dừng', 'Pause')}
          </button>
        ) : (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={() => put('on')}>
            {t('Gửi tiếp', 'Resume')}
          </button>
        )}
        <ActButton
          label={t('Đổi khoá', 'New secret')}
          question={t('Đổi khoá ký?', 'Make a new secret?')}
          confirm={t('Đổi khoá', 'Make a new secret')}
          onConfirm={async () => {
            onSecret((await must(api.POST('/api/v1/sync/webhooks/{id}/secret', params))).secret);
            onChange();
          }}
        >
          <p>
            {t(
              'Khoá cũ còn dùng được 24 giờ nữa, để bên nhận kịp đổi.',
              'The old one still signs for 24 hours, so that the receiver can change over.',
            )}
          </p>
        </ActButton>
        <ActButton
          label={t('Gỡ', 'Remove')}
          question={t(`Thôi báo tin cho «${webhook.clientName}»?`, `Stop telling “${webhook.clientName}”?`)}
          confirm={t('Gỡ', 'Remove')}
          bad
          onConfirm={async () => {
            await must(api.DELETE('/api/v1/sync/webhooks/{id}', params));
            onChange();
          }}
        />
      </div>
    </>
  );
}

/** What was sent last, and again on demand. */
function Attempts({ webhook: { id, clientName, failures, state }, mayWrite }: Pick<OneProps, 'webhook' | 'mayWrite'>) {
  const params = { params: { path: { id } } };
  const [loaded, reload] = useLoad(`attempts of ${id} ${state} ${failures}`, () =>
    must(api.GET('/api/v1/sync/webhooks/{id}/attempts', params)),
  );
  const { isBusy, error, run } = useAction();
  const again = (eventId: string) =>
    run(async () => {
      await must(api.POST('/api/v1/sync/webhooks/{id}/replays', { ...params, body: { eventId } }));
      reload();
    });
  return (
    <Show loaded={loaded}>
      {({ items }) => (
        <>
          {error && <Banner state="bad">{error}</Banner>}
          <Table
            label={t(`Tin đã gửi cho ${clientName}`, `Messages to ${clientName}`)}
            heads={[
              t('Lúc', 'At'),
              t('Tin', 'Message'),
              t('Kết quả', 'Result'),
              ...(mayWrite ? [t('Việc', 'Action')] : []),
            ]}
            empty={t('Chưa gửi tin nào.', 'Nothing was sent yet.')}
          >
            {items.slice(0, 10).map((attempt) => (
              <tr key={`${attempt.eventId} ${attempt.at}`}>
                <td class="number">{formatTime(attempt.at)}</td>
                <td>
                  {attempt.type}
                  {attempt.isReplay && <span class="text-quiet"> ({t('gửi lại', 'again')})</span>}
                </td>
                <td>
                  <State state={attempt.failure === null ? 'good' : 'bad'}>
                    {attempt.failure === null ? t('đã nhận', 'taken') : failureWords()[attempt.failure]}
                    {attempt.status !== null && ` (${attempt.status})`}
                  </State>
                </td>
                {mayWrite && (
                  <td class="row-act py-1!">
                    {attempt.failure === null && (
                      <button
                        type="button"
                        class="button button-small"
                        disabled={isBusy}
                        onClick={() => again(attempt.eventId)}
                      >
                        {t('Gửi lại', 'Send again')}
                      </button>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </Table>
        </>
      )}
    </Show>
  );
}

const kinds = {
  people: [
    'person.created',
    'person.changed',
    'person.left',
    'person.returned',
    'person.transferred',
    'person.merged',
    'person.archived',
    'affiliation.started',
  ],
  classes: ['class.created', 'class.changed'],
  organisations: ['organisation.created', 'organisation.changed'],
} as const;
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[]; // the table's own keys

const kindWords = (): Readonly<Record<Kind, string>> => ({
  people: t('Người: vào, rời, đổi thông tin, chuyển trường', 'People: who joins, leaves, changes or moves'),
  classes: t('Lớp', 'Classes'),
  organisations: t('Trường và đơn vị', 'Schools and organisations'),
});

interface AddProps {
  readonly clients: readonly { readonly id: string; readonly name: string }[];
  readonly onSecret: (secret: string) => void;
  readonly onAdded: () => void;
}

/** Behind a button, as there are addresses to look at; at once where there is none. */
function Adding({ isFirst, onAdded, ...props }: AddProps & { readonly isFirst: boolean }) {
  const [isOpen, setOpen] = useState(isFirst);
  if (!isOpen)
    return (
      <button type="button" class="button justify-self-start" onClick={() => setOpen(true)}>
        <Icon name="plus" />
        {t('Thêm nơi nhận', 'Add an address')}
      </button>
    );
  const close = () => {
    setOpen(false);
    onAdded();
  };
  return <Add {...props} onAdded={close} />;
}

function Add({ clients, onSecret, onAdded }: AddProps) {
  const entry = useEntry('new webhook', { clientId: clients[0]?.id ?? '', url: '' });
  const [chosen, setChosen] = useState<readonly Kind[]>(kindNames);
  if (clients.length === 0)
    return (
      <p class="text-quiet">
        {t(
          'Muốn thêm nơi nhận, trước hết cho một hệ thống đọc dữ liệu (SCIM, OneRoster hay chỉ nghe tin).',
          'To add one, first let a system read data (SCIM, OneRoster, or events only).',
        )}
      </p>
    );
  return (
    <section class="grid gap-4" aria-labelledby="add-webhook">
      <h2 id="add-webhook">{t('Thêm nơi nhận', 'Add an address')}</h2>
      <EntryForm
        entry={entry}
        submit={t('Thêm', 'Add')}
        cancel="/admin/sync"
        onSubmit={async ({ clientId, url }) => {
          const types = chosen.flatMap((kind) => [...kinds[kind]]);
          const made = await must(api.POST('/api/v1/sync/webhooks', { body: { clientId, url, types, scheme: 'v1' } }));
          entry.set('url', '');
          onSecret(made.secret);
          onAdded();
        }}
      >
        <Choice
          label={t('Hệ thống', 'System')}
          options={clients.map(({ id, name }) => ({ value: id, label: name }))}
          {...entry.choice('clientId')}
        />
        <Field
          label={t('Địa chỉ nhận', 'Address')}
          required
          maxlength={2_000}
          placeholder="https://sis.example.edu.vn/edutrust"
          hint={t('Do bên hệ thống nhận đưa.', 'The people who run the receiving system know it.')}
          {...entry.field('url')}
        />
        <fieldset class="ticks">
          <legend>{t('Báo khi có thay đổi về', 'Tell about')}</legend>
          {kindNames.map((kind) => (
            <Tick
              key={kind}
              checked={chosen.includes(kind)}
              onChange={(isOn) => setChosen(kindNames.filter((one) => (one === kind ? isOn : chosen.includes(one))))}
            >
              {kindWords()[kind]}
            </Tick>
          ))}
        </fieldset>
      </EntryForm>
    </section>
  );
}
