import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner, Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatAgo, formatDate, t } from '../../design/language.ts';
import { useAgain } from '../../design/live.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { approvalPath } from '../approvals/passkey-act.ts';
import { mayDo } from '../may.ts';
import { useMe } from '../me.ts';
import { Hex, Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';

type Path = '/api/v1/signing/organisations/{organisationId}/sealing-machines';
type Machine = paths[Path]['get']['responses']['200']['content']['application/json']['items'][number];
type Token = paths[`${Path}/look`]['post']['responses']['200']['content']['application/json'];

interface School {
  readonly id: string;
  readonly name: string;
  readonly may: readonly string[];
}

/** How often the digits of a computer that waits for its PIN are looked for. */
const everyMs = 4_000;

const ofSchool = (organisationId: string) => ({ params: { path: { organisationId } } });

/** `/admin/schools/:id/sealing`, and `/admin/sealing` for the school whose seal one keeps: the computers on which its own USB token seals. */
export function SealingMachines() {
  const { roles } = useMe();
  const kept = roles.find(({ role }) => role === 'clerk')?.organisation.id;
  const { id = kept ?? '' } = useRoute().params;
  const [loaded, reload] = useLoad(`sealing ${id}`, async () => {
    const [school, machines] = await Promise.all([
      must(api.GET('/api/v1/organisations/{id}', { params: { path: { id } } })),
      must(api.GET('/api/v1/signing/organisations/{organisationId}/sealing-machines', ofSchool(id))),
    ]);
    return { school, machines: machines.items };
  });
  useAgain(reload, everyMs);
  return (
    <Show loaded={loaded}>
      {({ school, machines }) => (
        <>
          <Title
            title={t('Máy đóng dấu', 'Sealing machines')}
            icon="stamp"
            back={{ href: `/admin/schools/${school.id}`, label: school.name }}
            note={t(
              'Máy tính cắm USB token của trường. Trình duyệt không cần cài gì: lệnh «edutrust sign» chạy trên máy đó.',
              'Computers with the school’s USB token. The browser needs no plug-in: the command “edutrust sign” runs there.',
            )}
          >
            <a class="button" href={`/admin/schools/${school.id}/seal-picture`}>
              <Icon name="stamp" />
              {t('Hình con dấu', 'Picture of the seal')}
            </a>
          </Title>
          {machines.length > 0 && (
            <ul class="grid gap-3 md:grid-cols-2">
              {machines.map((one) => (
                <li key={one.id} class="grid">
                  <MachineCard machine={one} mayEnd={mayDo(school)('sealing-machines.write')} onDone={reload} />
                </li>
              ))}
            </ul>
          )}
          {mayDo(school)('signing.seal') ? (
            <Pair school={school} />
          ) : (
            machines.length === 0 && <Empty icon="stamp">{t('Chưa ghép máy nào.', 'No computer is paired yet.')}</Empty>
          )}
        </>
      )}
    </Show>
  );
}

/** The code that the computer shows, then what its token says it is, then the clerk's word. */
function Pair({ school: { id, name } }: { readonly school: School }) {
  const [code, setCode] = useState('');
  const [token, setToken] = useState<Token>();
  const { isBusy, error, run } = useAction();
  const proposed = useProposed();
  const asked = { ...ofSchool(id), body: { code } };
  return (
    <form
      class="card grid gap-4 max-w-xl"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          if (token)
            proposed(await must(api.POST('/api/v1/signing/organisations/{organisationId}/sealing-machines', asked)));
          else
            setToken(
              await must(api.POST('/api/v1/signing/organisations/{organisationId}/sealing-machines/look', asked)),
            );
        });
      }}
    >
      <h2>{t('Ghép máy mới', 'Pair a computer')}</h2>
      <p>
        {t(
          'Trên máy cắm token, chạy lệnh này, rồi gõ mã máy hiện ra:',
          'Run this where the token is, and type the code:',
        )}
        <code class="block mt-2 text-sm wrap-anywhere">edutrust sign --origin {location.origin} --pkcs11 …</code>
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      <Field
        label={t('Mã đang hiện trên máy đó', 'The code that it shows')}
        name="code"
        required
        maxLength={20}
        autocomplete="off"
        placeholder="7KQ4-M2XA"
        value={code}
        onInput={(event) => {
          setCode(event.currentTarget.value.trim());
          setToken(undefined);
        }}
      />
      {token && (
        <>
          <p>
            {t(
              `Máy «${token.machineName}» đang cắm thiết bị có chứng thư này. Đúng là của trường thì ghép.`,
              `The token in “${token.machineName}” holds this certificate. Pair the computer if it is the school’s.`,
            )}
          </p>
          <CertificateLines certificate={token.certificate} />
          {!isSameName(token.certificate.organisation, name) && (
            <Banner state="warn">
              {t(
                `Chứng thư không ghi đúng tên «${name}». Chỉ ghép khi chắc đó là con dấu của trường.`,
                `The certificate does not name “${name}”. Pair the computer only if you are sure that it is the school’s seal.`,
              )}
            </Banner>
          )}
        </>
      )}
      <button type="submit" class="button button-primary" disabled={isBusy || code.length < 8}>
        {token ? t('Đề nghị ghép', 'Propose to pair it') : t('Xem thiết bị', 'See the token')}
      </button>
    </form>
  );
}

/** Names are written in many ways: what differs in more than case and spaces is for people to judge. */
function isSameName(certified: string, own: string): boolean {
  const plain = (name: string) => name.normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
  return plain(certified) === plain(own);
}

function CertificateLines({ certificate }: { readonly certificate: Token['certificate'] }) {
  return (
    <dl class="text-sm grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
      <dt class="text-quiet">{t('Đơn vị', 'Organisation')}</dt>
      <dd class="font-semibold break-words">{certificate.organisation}</dd>
      <dt class="text-quiet">{t('Nơi cấp', 'Issued by')}</dt>
      <dd class="break-words">{certificate.issuer}</dd>
      <dt class="text-quiet">{t('Hết hạn', 'Valid until')}</dt>
      <dd class="number">{formatDate(certificate.notAfter)}</dd>
      <dt class="text-quiet">SHA-256</dt>
      <dd>
        <Hex hex={certificate.sha256} />
      </dd>
    </dl>
  );
}

function MachineCard({
  machine,
  mayEnd,
  onDone,
}: {
  readonly machine: Machine;
  readonly mayEnd: boolean;
  readonly onDone: () => void;
}) {
  const { id, name, state, clerk, certificate, approvalId, expiresAt, lastUsedAt, openBatch } = machine;
  const isOver = state === 'refused' || state === 'revoked';
  return (
    <article class="card grid gap-3 content-start">
      <div class="flex flex-wrap gap-2 justify-between items-start">
        <h2>{name}</h2>
        <State state={state === 'paired' ? 'good' : isOver ? 'plain' : 'warn'}>{stateName(state)}</State>
      </div>
      <p class="text-sm text-quiet">
        {clerk.fullName}
        {lastUsedAt && ` · ${t('dùng', 'used')} ${formatAgo(lastUsedAt)}`}
        {expiresAt && !isOver && ` · ${t('ghép đến', 'paired until')} ${formatDate(expiresAt)}`}
      </p>
      <CertificateLines certificate={certificate} />
      {openBatch && (
        <Banner state="now">
          {t(
            `Đang chờ PIN cho ${openBatch.documents} văn bản. Mã trên máy phải là `,
            `Waits for the PIN for ${openBatch.documents} documents. The computer must show `,
          )}
          <b class="number text-lg">{openBatch.code4}</b>
        </Banner>
      )}
      {!isOver && (
        <div class="flex flex-wrap gap-2">
          {state === 'awaiting-approval' && (
            <a class="button" href={approvalPath(approvalId)}>
              {t('Xem việc duyệt', 'See the approval')}
            </a>
          )}
          {mayEnd && (
            <ActButton
              bad
              label={t('Ngừng máy này', 'Revoke it')}
              question={t(`Ngừng máy «${name}»?`, `Revoke “${name}”?`)}
              confirm={t('Ngừng máy', 'Revoke it')}
              onConfirm={async () => {
                await must(api.POST('/api/v1/signing/sealing-machines/{id}/revoke', { params: { path: { id } } }));
                onDone();
              }}
            >
              <p>
                {t(
                  'Từ lúc này máy không đóng dấu được nữa. Văn bản đã đóng dấu giữ nguyên giá trị.',
                  'It seals nothing from now on. Documents that it sealed stay as they are.',
                )}
              </p>
            </ActButton>
          )}
        </div>
      )}
    </article>
  );
}

function stateName(state: Machine['state']): string {
  return {
    'awaiting-approval': t('Chờ duyệt', 'Awaiting approval'),
    paired: t('Đóng dấu được', 'Can seal'),
    refused: t('Bị từ chối', 'Refused'),
    revoked: t('Đã ngừng', 'Revoked'),
  }[state];
}
