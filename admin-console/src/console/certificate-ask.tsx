import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { Show } from '../design/show.tsx';
import { approvalPath } from './approvals/passkey-act.ts';
import type { Due } from './certificate-requests.tsx';

interface Organisation {
  readonly id: string;
  readonly name: string;
}

/** Asks for a seal, or for the certificate of a signer's own token; a second officer decides. */
export function AskForCertificate({
  renewing,
  onDone,
}: {
  readonly renewing: Due | null;
  readonly onDone: () => void;
}) {
  const [organisation, setOrganisation] = useState<Organisation | null>(renewing?.organisation ?? null);
  const [personId, setPersonId] = useState(renewing?.person?.id ?? '');
  const [custody, setCustody] = useState<Due['custody']>(renewing?.custody ?? 'outside');
  const [keepsKey, setKeepsKey] = useState(renewing?.keyMayStay ?? false);
  const [csr, setCsr] = useState('');
  const { route } = useLocation();
  const { isBusy, error, run } = useAction();
  const isStored = custody === 'key-store' && personId === '';
  const wantsCsr = !isStored && !(renewing && keepsKey);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    return run(async () => {
      const { approvalId } = await must(
        api.POST('/api/v1/certificate-requests', {
          body: {
            organisationId: organisation?.id ?? '',
            custody: isStored ? 'key-store' : 'outside',
            ...(personId ? { personId } : {}),
            ...(wantsCsr ? { csr } : {}),
            ...(renewing ? { renews: renewing.serial } : {}),
          },
        }),
      );
      if (approvalId) return route(approvalPath(approvalId));
      onDone();
    });
  };
  return (
    <form class="card grid gap-4" onSubmit={submit} id="ask">
      <h2>
        {renewing
          ? `${t('Xin cấp tiếp cho', 'Renew for')} ${renewing.person?.fullName ?? renewing.organisation.name}`
          : t('Xin chứng thư', 'Ask for a certificate')}
      </h2>
      {!renewing && <PickOrganisation chosen={organisation} onChoose={setOrganisation} />}
      {!renewing && organisation && (
        <PickHolder organisation={organisation} personId={personId} onChoose={setPersonId} />
      )}
      {!renewing && !personId && (
        <Choices
          legend={t('Khoá nằm ở đâu', 'Where the key is')}
          name="custody"
          value={custody}
          onChoose={setCustody}
          choices={[
            [
              'outside',
              t(
                'USB token hoặc HSM của đơn vị: tải yêu cầu (CSR) lên',
                'The organisation’s token or HSM: upload a request (CSR)',
              ),
            ],
            ['key-store', t('Kho khoá của hệ thống: tạo khi duyệt', 'The system’s key store: made at the approval')],
          ]}
        />
      )}
      {renewing && isStored && (
        <p>{t('Khoá mới được tạo trong kho khoá khi duyệt.', 'A new key is made in the key store at the approval.')}</p>
      )}
      {renewing && !isStored && renewing.keyMayStay && (
        <Choices
          legend={t('Khoá của chứng thư mới', 'The new certificate’s key')}
          name="key"
          value={keepsKey ? 'same' : 'new'}
          onChoose={(value) => setKeepsKey(value === 'same')}
          choices={[
            ['same', t('Giữ khoá cũ trong token', 'The same key in the token')],
            ['new', t('Khoá mới: tải yêu cầu (CSR) mới lên', 'A new key: upload its request (CSR)')],
          ]}
        />
      )}
      {wantsCsr && <CsrField value={csr} onChange={setCsr} />}
      {error && <Banner state="bad">{error}</Banner>}
      <button type="submit" class="button button-primary justify-self-start" disabled={isBusy || !organisation}>
        {t('Gửi để cán bộ khác duyệt', 'Send to another officer')}
      </button>
    </form>
  );
}

/** Thousands of schools: a few letters first, then one of those that fit. */
function PickOrganisation({
  chosen,
  onChoose,
}: {
  readonly chosen: Organisation | null;
  readonly onChoose: (organisation: Organisation | null) => void;
}) {
  const [words, setWords] = useState('');
  const [loaded] = useLoad(`organisations ${words}`, () =>
    must(api.GET('/api/v1/organisations', { params: { query: { limit: 20, ...(words ? { q: words } : {}) } } })),
  );
  const found = loaded.state === 'ready' ? loaded.data.items : [];
  const offered = chosen && !found.some(({ id }) => id === chosen.id) ? [chosen, ...found] : found;
  return (
    <div class="grid gap-4 sm:grid-cols-2">
      <label class="grid gap-1.5">
        <span class="font-semibold">{t('Tìm đơn vị', 'Find the organisation')}</span>
        <input
          type="search"
          class="control"
          maxLength={100}
          value={words}
          onChange={({ currentTarget }) => setWords(currentTarget.value.trim())}
        />
      </label>
      <label class="grid gap-1.5">
        <span class="font-semibold">{t('Đơn vị', 'Organisation')}</span>
        <select
          class="control"
          required
          value={chosen?.id ?? ''}
          onChange={({ currentTarget }) => onChoose(offered.find(({ id }) => id === currentTarget.value) ?? null)}
        >
          <option value="">{t('— chọn —', '— choose —')}</option>
          {offered.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** The organisation itself, or one of those who sign for it. */
function PickHolder({
  organisation,
  personId,
  onChoose,
}: {
  readonly organisation: Organisation;
  readonly personId: string;
  readonly onChoose: (personId: string) => void;
}) {
  const [loaded] = useLoad(`signers ${organisation.id}`, () =>
    must(api.GET('/api/v1/roles', { params: { query: { organisation: organisation.id } } })),
  );
  return (
    <Show loaded={loaded}>
      {({ items }) => (
        <label class="grid gap-1.5">
          <span class="font-semibold">{t('Cấp cho', 'For')}</span>
          <select class="control" value={personId} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
            <option value="">{`${t('Đơn vị (con dấu)', 'The organisation (its seal)')}: ${organisation.name}`}</option>
            {items
              .filter((one) => one.role === 'signer' && one.organisation.id === organisation.id)
              .map(({ person }) => (
                <option key={person.id} value={person.id}>
                  {`${t('Người ký', 'Signer')}: ${person.fullName}`}
                </option>
              ))}
          </select>
        </label>
      )}
    </Show>
  );
}

function Choices<Value extends string>({
  legend,
  name,
  value,
  choices,
  onChoose,
}: {
  readonly legend: string;
  readonly name: string;
  readonly value: Value;
  readonly choices: readonly (readonly [Value, string])[];
  readonly onChoose: (value: Value) => void;
}) {
  return (
    <fieldset class="grid gap-1">
      <legend class="font-semibold">{legend}</legend>
      {choices.map(([one, label]) => (
        <label key={one} class="flex items-center gap-3 min-h-11">
          <input
            type="radio"
            name={name}
            value={one}
            checked={one === value}
            onChange={() => onChoose(one)}
            class="size-5 shrink-0"
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** Pasted, dropped or chosen; DER from a file becomes base64. */
function CsrField({ value, onChange }: { readonly value: string; readonly onChange: (csr: string) => void }) {
  const read = async (file: File | undefined) => {
    if (file) onChange(await textOf(file));
  };
  return (
    <div class="grid gap-2">
      <label class="grid gap-1.5">
        <span class="font-semibold">
          {t('Yêu cầu cấp chứng thư (CSR, PKCS #10)', 'Certificate request (CSR, PKCS #10)')}
        </span>
        <textarea
          rows={6}
          required
          class="control font-mono text-sm"
          placeholder="-----BEGIN CERTIFICATE REQUEST-----"
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            return read(event.dataTransfer?.files[0]);
          }}
        />
      </label>
      <label class="grid gap-1.5">
        <span class="text-sm text-quiet">
          {t(
            'Dán, kéo thả tệp vào ô trên, hoặc chọn tệp. Chỉ gửi yêu cầu, không bao giờ gửi khoá riêng.',
            'Paste, drop a file above, or choose one. Send the request only, never the private key.',
          )}
        </span>
        <input
          type="file"
          accept=".csr,.p10,.req,.pem,.der,.txt"
          class="control py-2"
          onChange={({ currentTarget }) => read(currentTarget.files?.[0])}
        />
      </label>
    </div>
  );
}

async function textOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, 100_000).arrayBuffer());
  if (bytes[0] !== 0x30) return new TextDecoder().decode(bytes); // a SEQUENCE begins DER; PEM and base64 do not
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
