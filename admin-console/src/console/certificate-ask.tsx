import { useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Tick } from '../design/choices.tsx';
import { DropFile } from '../design/drop.tsx';
import { type Entry, EntryForm, useEntry } from '../design/entry.tsx';
import { Choice, Lines } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Show } from '../design/show.tsx';
import { approvalPath } from './approvals/passkey-act.ts';
import type { Due } from './certificate-requests.tsx';
import { sayNext } from './heading.ts';
import { useMe } from './me.ts';
import { OrganisationChoice } from './organisations.tsx';
import { Title } from './parts.tsx';

const home = '/admin/certificates/requests';

/** `/admin/certificates/requests/new`, with `renews=SERIAL` for the next one of a certificate that ends soon. */
export function AskForCertificate() {
  const { renews } = useLocation().query;
  const [loaded] = useLoad(`renewal ${renews}`, async () =>
    renews ? (await must(api.GET('/api/v1/certificate-renewals'))).items : [],
  );
  return (
    <Show loaded={loaded}>
      {(due) => {
        const renewing = due.find(({ serial }) => serial === renews);
        return renews && !renewing ? <NothingDue /> : <Ask renewing={renewing} />;
      }}
    </Show>
  );
}

const back = () => ({ href: home, label: t('Yêu cầu chứng thư', 'Certificate requests') });

function NothingDue() {
  return (
    <Title
      title={t('Chứng thư này chưa cần cấp tiếp', 'This certificate needs no renewal yet')}
      note={t(
        'Xin cấp tiếp được từ ba mươi ngày trước khi hết hạn.',
        'It can be asked for within thirty days of its end.',
      )}
      back={back()}
    />
  );
}

interface Wish {
  readonly organisationId: string;
  /** Empty for the organisation itself: its seal. */
  readonly personId: string;
  readonly custody: Due['custody'];
  readonly key: 'same' | 'new';
  readonly csr: string;
}

/** Asks for a seal, or for the certificate of a signer's own token; a second officer decides. */
function Ask({ renewing }: { readonly renewing: Due | undefined }) {
  const { route } = useLocation();
  const own = useMe().roles.find(({ role }) => role === 'school-administrator')?.organisation.id;
  const entry = useEntry<Wish & Record<string, string>>(`certificate ${renewing?.serial}`, {
    organisationId: renewing?.organisation.id ?? own ?? '',
    personId: renewing?.person?.id ?? '',
    custody: renewing?.custody ?? 'outside',
    key: renewing?.keyMayStay ? 'same' : 'new',
    csr: '',
  });
  const { personId, custody, key } = entry.values;
  const isStored = custody === 'key-store' && personId === '';
  const wantsCsr = !isStored && !(renewing && key === 'same');
  const send = async ({ organisationId, csr }: Wish) => {
    const body = {
      organisationId,
      custody: isStored ? ('key-store' as const) : ('outside' as const),
      ...(personId ? { personId } : {}),
      ...(wantsCsr ? { csr } : {}),
      ...(renewing ? { renews: renewing.serial } : {}),
    };
    const { approvalId } = await must(api.POST('/api/v1/certificate-requests', { body }));
    if (!approvalId) sayNext(t('Đã gửi yêu cầu.', 'The request was sent.'));
    route(approvalId ? approvalPath(approvalId) : home);
  };
  return (
    <>
      <Title
        title={
          renewing
            ? t(`Cấp tiếp cho ${nameOf(renewing)}`, `Renew for ${nameOf(renewing)}`)
            : t('Xin chứng thư', 'Ask for a certificate')
        }
        note={
          renewing
            ? t(
                `Chứng thư cũ hết hạn ${formatDate(renewing.notAfter)}.`,
                `It ends on ${formatDate(renewing.notAfter)}.`,
              )
            : t('Một cán bộ khác xem và duyệt rồi mới cấp.', 'It is issued once another officer has approved it.')
        }
        back={back()}
      />
      <EntryForm
        entry={entry}
        submit={t('Gửi để cán bộ khác duyệt', 'Send to another officer')}
        cancel={home}
        onSubmit={send}
      >
        {!renewing && <Holder entry={entry} />}
        {!renewing && !personId && <Custody entry={entry} />}
        {renewing && isStored && (
          <p>
            {t('Khoá mới được tạo trong kho khoá khi duyệt.', 'A new key is made in the key store at the approval.')}
          </p>
        )}
        {renewing?.keyMayStay && !isStored && <NextKey entry={entry} />}
        {wantsCsr && <CsrField entry={entry} />}
      </EntryForm>
    </>
  );
}

const nameOf = ({ person, organisation }: Due): string => person?.fullName ?? organisation.name;

interface Part {
  readonly entry: Entry<Wish & Record<string, string>>;
}

/** An organisation itself, or one of those who sign for it. */
function Holder({ entry }: Part) {
  const { organisationId } = entry.values;
  const [loaded] = useLoad(`signers ${organisationId}`, async () =>
    organisationId
      ? (await must(api.GET('/api/v1/roles', { params: { query: { organisation: organisationId } } }))).items
      : [],
  );
  const signers =
    loaded.state === 'ready'
      ? loaded.data.filter(({ role, organisation }) => role === 'signer' && organisation.id === organisationId)
      : [];
  return (
    <>
      <OrganisationChoice label={t('Đơn vị', 'Organisation')} {...entry.choice('organisationId')} />
      {organisationId && (
        <Choice
          label={t('Cấp cho', 'For')}
          {...entry.choice('personId')}
          options={[
            { value: '', label: t('Đơn vị: con dấu', 'The organisation: its seal') },
            ...signers.map(({ person }) => ({
              value: person.id,
              label: t(`Người ký: ${person.fullName}`, `Signer: ${person.fullName}`),
            })),
          ]}
        />
      )}
    </>
  );
}

function Custody({ entry }: Part) {
  return (
    <fieldset class="grid gap-2">
      <legend class="font-semibold mb-1">{t('Khoá nằm ở đâu?', 'Where is the key?')}</legend>
      <Tick
        type="radio"
        name="custody"
        checked={entry.values.custody === 'outside'}
        onChange={() => entry.set('custody', 'outside')}
        note={t('Tải yêu cầu (CSR) của nó lên.', 'Its request (CSR) is uploaded.')}
      >
        {t('USB token hoặc HSM của đơn vị', 'In the organisation’s token or HSM')}
      </Tick>
      <Tick
        type="radio"
        name="custody"
        checked={entry.values.custody === 'key-store'}
        onChange={() => entry.set('custody', 'key-store')}
        note={t('Khoá được tạo khi duyệt.', 'It is made at the approval.')}
      >
        {t('Kho khoá của hệ thống', 'In the system’s key store')}
      </Tick>
    </fieldset>
  );
}

function NextKey({ entry }: Part) {
  return (
    <fieldset class="grid gap-2">
      <legend class="font-semibold mb-1">{t('Khoá của chứng thư mới', 'The new certificate’s key')}</legend>
      <Tick type="radio" name="key" checked={entry.values.key === 'same'} onChange={() => entry.set('key', 'same')}>
        {t('Giữ khoá cũ trong token', 'The same key in the token')}
      </Tick>
      <Tick
        type="radio"
        name="key"
        checked={entry.values.key === 'new'}
        onChange={() => entry.set('key', 'new')}
        note={t('Tải yêu cầu (CSR) mới lên.', 'Its request (CSR) is uploaded.')}
      >
        {t('Khoá mới', 'A new key')}
      </Tick>
    </fieldset>
  );
}

/** Dropped, chosen or pasted. */
function CsrField({ entry }: Part) {
  return (
    <>
      <DropFile
        isField
        icon="file-text"
        accept=".csr,.p10,.req,.pem,.der,.txt"
        name={t('Tệp CSR', 'CSR file')}
        title={t('Thả tệp CSR vào đây', 'Drop the CSR file here')}
        note={t('Chỉ gửi yêu cầu, không bao giờ gửi khoá riêng.', 'Send the request only, never the private key.')}
        isBusy={entry.isBusy}
        onFile={async (file) => entry.set('csr', await textOf(file))}
      />
      <Lines
        label={t('Yêu cầu cấp chứng thư (CSR, PKCS #10)', 'Certificate request (CSR, PKCS #10)')}
        hint={t(
          'Hoặc dán vào đây; bắt đầu bằng -----BEGIN CERTIFICATE REQUEST-----',
          'Or paste it; it begins with -----BEGIN CERTIFICATE REQUEST-----',
        )}
        rows={6}
        {...entry.field('csr')}
      />
    </>
  );
}

/** PEM or base64 as it stands; DER becomes base64. */
async function textOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, 100_000).arrayBuffer());
  if (bytes[0] !== 0x30) return new TextDecoder().decode(bytes); // a SEQUENCE begins DER; PEM and base64 do not
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
