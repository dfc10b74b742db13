import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { formatDate, formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { useFilter } from '../filter.ts';
import { mayDo } from '../may.ts';
import { useMay } from '../me.ts';
import { Title } from '../parts.tsx';
import { PickPerson } from '../people/pick.tsx';
import { LastUse } from './clients.tsx';
import { ContractOf } from './contract.tsx';
import { Exports } from './exports.tsx';
import { FieldsOf } from './fields-of.tsx';
import { Token } from './token.tsx';
import { type Client, kindOfClient } from './words.ts';

const back = () => ({ href: '/admin/sync', label: t('Đồng bộ', 'Directory sync') });

/** `/admin/sync/clients/:id`: what a system may learn, when it last came, its token, and what it sees of one person. */
export function ClientPage() {
  const { id = '' } = useRoute().params;
  const [clients, reload] = useLoad(`client ${id}`, () => must(api.GET('/api/v1/sync/clients')));
  return (
    <Show loaded={clients}>
      {({ items }) => {
        const client = items.find((one) => one.id === id);
        if (client) return <Loaded client={client} onChange={reload} />;
        return <Title title={t('Không có hệ thống này', 'There is no such system')} back={back()} />;
      }}
    </Show>
  );
}

function Loaded({ client, onChange }: { readonly client: Client; readonly onChange: () => void }) {
  const { id, name, kind, endedAt, mayWrite, createdAt, oldTokenUntil } = client;
  const [token, setToken] = useState<string>();
  const mayReadPeople = useMay('people.read');
  const isOldTaken = oldTokenUntil !== null && Date.parse(oldTokenUntil) > Date.now();
  return (
    <>
      <Title
        title={name}
        back={back()}
        note={
          <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
            {endedAt ? (
              <State state="plain">{t(`Đã ngừng ${formatDate(endedAt)}`, `Ended ${formatDate(endedAt)}`)}</State>
            ) : (
              <State state="good">{t('Đang được vào', 'May come in')}</State>
            )}
            {kindOfClient(kind)} ·{' '}
            {mayWrite ? t('đọc và đưa nhân viên vào', 'reads, and adds staff') : t('chỉ đọc', 'reads only')}
          </span>
        }
      >
        {!endedAt && mayDo(client)('sync.write') && <Acts client={client} onToken={setToken} onChange={onChange} />}
      </Title>
      {token && <Token id={id} kind={kind} token={token} />}
      <dl class="facts">
        <dt>{t('Cho vào từ', 'Since')}</dt>
        <dd>{formatDate(createdAt)}</dd>
        <dt>{t('Dùng', 'Use')}</dt>
        <dd>
          <LastUse client={client} />
        </dd>
        {isOldTaken && (
          <>
            <dt>{t('Mã cũ', 'Old token')}</dt>
            <dd>{t(`còn dùng được tới ${formatTime(oldTokenUntil)}`, `works until ${formatTime(oldTokenUntil)}`)}</dd>
          </>
        )}
      </dl>
      <div class="split">
        <ContractOf title={t('Hệ thống này được biết gì', 'What this system learns')} contract={client.contract} />
        {mayReadPeople && <Preview clientId={id} />}
      </div>
      {!endedAt && <Exports clientId={id} mayWrite={mayDo(client)('sync.write')} />}
    </>
  );
}

function Acts({
  client: { id, name },
  onToken,
  onChange,
}: {
  readonly client: Client;
  readonly onToken: (token: string | undefined) => void;
  readonly onChange: () => void;
}) {
  const params = { params: { path: { id } } };
  return (
    <>
      <ActButton
        label={t('Đổi mã', 'New token')}
        question={t(`Đổi mã truy cập của ${name}?`, `Make a new token for ${name}?`)}
        confirm={t('Đổi mã', 'Make it')}
        onConfirm={async () => {
          onToken((await must(api.POST('/api/v1/sync/clients/{id}/token', params))).token);
          onChange();
        }}
      >
        <p>
          {t(
            'Mã mới hiện một lần. Mã cũ còn dùng được một ngày nữa, đủ để nhập mã mới ở hệ thống kia.',
            'The new one is shown once. The old one works for a day more, so that the new one can be entered there.',
          )}
        </p>
      </ActButton>
      <ActButton
        bad
        label={t('Ngừng cho vào', 'End its access')}
        question={t(`Ngừng cho ${name} vào?`, `End the access of ${name}?`)}
        confirm={t('Ngừng', 'End it')}
        onConfirm={async () => {
          await must(api.DELETE('/api/v1/sync/clients/{id}', params));
          onToken(undefined);
          onChange();
        }}
      >
        <p>
          {t(
            'Mọi mã của hệ thống này hết tác dụng ngay. Những gì nó đã lấy thì EduTrust không thu lại được.',
            'Every token of this system stops at once. What it has read cannot be taken back.',
          )}
        </p>
      </ActButton>
    </>
  );
}

/** What this system gets to know of one person; the person is in the address. */
function Preview({ clientId }: { readonly clientId: string }) {
  const [personId, setPerson] = useFilter('person');
  return (
    <section class="grid gap-4 min-w-0 content-start" aria-labelledby="preview">
      <h2 id="preview">{t('Xem thử với một người', 'Try it with one person')}</h2>
      <PickPerson label={t('Tìm người', 'Find the person')} onPick={setPerson} />
      {personId && <Seen key={personId} clientId={clientId} personId={personId} />}
    </section>
  );
}

function Seen({ clientId, personId }: { readonly clientId: string; readonly personId: string }) {
  const [seen] = useLoad(`seen ${personId}`, async () => {
    const [person, { fields }] = await Promise.all([
      must(api.GET('/api/v1/people/{id}', { params: { path: { id: personId } } })),
      must(
        api.GET('/api/v1/sync/clients/{id}/people/{person}', { params: { path: { id: clientId, person: personId } } }),
      ),
    ]);
    return { person, fields };
  });
  return (
    <Show loaded={seen}>
      {({ person, fields }) => (
        <>
          <p>
            <a href={`/admin/people/${personId}`} class="font-semibold">
              {person.fullName}
            </a>
          </p>
          {fields.length > 0 ? (
            <FieldsOf fields={fields} />
          ) : (
            <p class="text-quiet">
              {t(
                'Hệ thống này không biết gì về người này: ở ngoài đơn vị của nó.',
                'It knows nothing of them: they are outside its organisation.',
              )}
            </p>
          )}
        </>
      )}
    </Show>
  );
}
