import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner, Choice } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { toast } from '../../design/toast.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMay, useMe } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';

type Path = '/api/v1/signing/organisations/{organisationId}/parcels';
type Parcel = paths[Path]['get']['responses']['200']['content']['application/json']['items'][number];
type ParcelClass =
  paths['/api/v1/signing/organisations/{organisationId}/parcel-classes']['get']['responses']['200']['content']['application/json']['items'][number];

/** `/admin/signing/parcels`: parcels of school reports for the ministry's warehouse, from making one to its receipt. */
export function ParcelRegister() {
  const organisation = useMe().roles.find(
    ({ role }) => role === 'school-administrator' || role === 'clerk',
  )?.organisation;
  const organisationId = organisation?.id ?? '';
  const [round, setRound] = useState(0);
  const again = () => setRound(round + 1);
  const path = { organisationId };
  const [classes] = useLoad(`parcel classes ${organisationId} ${round}`, () =>
    must(api.GET('/api/v1/signing/organisations/{organisationId}/parcel-classes', { params: { path } })),
  );
  const { loaded, more } = usePages(`parcels ${organisationId} ${round}`, (cursor) =>
    must(
      api.GET('/api/v1/signing/organisations/{organisationId}/parcels', {
        params: { path, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Gói học bạ số', 'Parcels of school reports')}
        note={t(
          'PDF và XML đã phát hành của một lớp, đóng dấu cả gói, để nộp kho học bạ số.',
          'A class’s issued PDF and XML, sealed as one, to be handed in at the warehouse.',
        )}
        back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
      />
      {classes.state === 'ready' && organisation && (
        <Pack organisationId={organisation.id} classes={classes.data.items} onDone={again} />
      )}
      <Show loaded={loaded}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="inbox">
              {t(
                'Chưa có gói nào. Học bạ số phát hành rồi thì đóng gói được.',
                'There is no parcel yet. School reports can be packed once they are issued.',
              )}
            </Empty>
          ) : (
            <Table
              label={t('Sổ gói học bạ', 'Register of parcels')}
              heads={[t('Số', 'Number'), t('Lớp', 'Class'), t('Tình trạng', 'State'), t('Mã', 'Code'), '']}
            >
              {rows.map((row) => (
                <ParcelRow key={row.id} row={row} organisationId={organisationId} onDone={again} />
              ))}
            </Table>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

/** Classes with reports that are in no parcel, the first one chosen. */
function Pack({
  organisationId,
  classes,
  onDone,
}: {
  readonly organisationId: string;
  readonly classes: readonly ParcelClass[];
  readonly onDone: () => void;
}) {
  const ready = classes.filter(({ unpacked }) => unpacked > 0);
  const [wished, setChosen] = useState('');
  const [id, setId] = useState(() => crypto.randomUUID()); // an answer that was lost on the way takes no second number
  const { isBusy, error, run } = useAction();
  const chosen = ready.find((one) => one.id === wished) ?? ready[0];
  if (!chosen) {
    if (classes.length === 0) return null;
    return (
      <p class="text-quiet">
        {t('Mọi học bạ đã phát hành đều nằm trong một gói.', 'Every issued report is in a parcel.')}
      </p>
    );
  }
  const submit = () =>
    run(async () => {
      const made = await must(
        api.POST('/api/v1/signing/organisations/{organisationId}/parcels', {
          params: { path: { organisationId } },
          body: { id, classId: chosen.id },
        }),
      );
      setId(crypto.randomUUID());
      toast(t(`Đã đóng gói số ${made.number}, chờ đóng dấu.`, `Parcel ${made.number} waits for the seal.`));
      onDone();
    });
  return (
    <form
      class="flex flex-wrap items-end gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {error && <Banner state="bad">{error}</Banner>}
      <div class="grow basis-72 max-w-lg">
        <Choice
          label={t('Đóng gói lớp', 'Class to pack')}
          name="class"
          value={chosen.id}
          options={ready.map((one) => ({
            value: one.id,
            label: t(
              `${one.code}, ${one.schoolYear}–${one.schoolYear + 1}: ${formatNumber(one.issued)} học bạ, ${formatNumber(one.unpacked)} chưa đóng gói`,
              `${one.code}, ${one.schoolYear}–${one.schoolYear + 1}: ${formatNumber(one.issued)} reports, ${formatNumber(one.unpacked)} in no parcel`,
            ),
          }))}
          onChoose={setChosen}
        />
      </div>
      <button type="submit" class="button button-primary" disabled={isBusy}>
        <Icon name="plus" />
        {t('Đóng gói', 'Make the parcel')}
      </button>
    </form>
  );
}

interface RowProps {
  readonly row: Parcel;
  readonly organisationId: string;
  readonly onDone: () => void;
}

function ParcelRow({ row, organisationId, onDone }: RowProps) {
  return (
    <tr>
      <td class="number font-semibold">{row.number}</td>
      <td data-label={t('Lớp', 'Class')}>
        {row.className} · {t(`${formatNumber(row.reports)} học bạ`, `${formatNumber(row.reports)} reports`)}
        <span class="block text-sm text-quiet">
          {formatDate(row.madeAt)}
          {row.replaces && t(` · thay gói ${row.replaces}`, ` · instead of ${row.replaces}`)}
        </span>
      </td>
      <td data-label={t('Tình trạng', 'State')}>
        <ParcelState row={row} />
        {row.toResend.length > 0 && (
          <span class="block text-sm text-warn">
            {t('Cần gửi lại: ', 'To be sent again: ')}
            {row.toResend.map(({ fullName }) => fullName).join(', ')}
          </span>
        )}
      </td>
      <td data-label={t('Mã', 'Code')}>
        <a class="code" href={`/verify/${row.code}`}>
          {row.code}
        </a>
      </td>
      <td>
        <ParcelActs row={row} organisationId={organisationId} onDone={onDone} />
      </td>
    </tr>
  );
}

function ParcelState({ row }: Pick<RowProps, 'row'>) {
  if (row.state === 'to-seal') return <State state="now">{t('Chờ đóng dấu', 'To be sealed')}</State>;
  if (row.state === 'ready') return <State state="now">{t('Đã đóng dấu, chờ nộp', 'Sealed, to be sent')}</State>;
  if (row.state === 'dropped') return <State state="plain">{t('Đã bỏ', 'Dropped')}</State>;
  return (
    <>
      <State state="good">
        {t('Đã nộp', 'Sent')} {row.sentAt && formatDate(row.sentAt)}
      </State>
      <span class="block text-sm">
        {t('Biên nhận', 'Receipt')} {row.receipt}
      </span>
    </>
  );
}

/** What is next: seal, hand in and write down the receipt, pack again. */
function ParcelActs({ row, organisationId, onDone }: RowProps) {
  const maySeal = useMay('signing.seal');
  const isLive = row.state === 'ready' || row.state === 'sent';
  return (
    <span class="flex flex-wrap gap-2">
      {row.state === 'to-seal' && maySeal && (
        <a class="button" href={`/sign/batch/seal/${row.requestId}`}>
          <Icon name="stamp" />
          {t('Đóng dấu', 'Seal')}
        </a>
      )}
      {isLive && (
        <a class="button" href={`/api/v1/signing/requests/${row.requestId}/document`}>
          <Icon name="download" />
          {t('Tải gói', 'Download')}
        </a>
      )}
      {row.state === 'ready' && (
        <ActButton
          label={t('Đã nộp', 'It was sent')}
          question={t(`Kho đã nhận gói ${row.number}`, `The warehouse took ${row.number}`)}
          confirm={t('Ghi biên nhận', 'Keep the receipt')}
          reason={t('Số biên nhận của kho', 'Number of the receipt')}
          onConfirm={async (receipt) => {
            const params = { path: { organisationId, parcelId: row.id } };
            await must(
              api.PUT('/api/v1/signing/organisations/{organisationId}/parcels/{parcelId}/receipt', {
                params,
                body: { receipt },
              }),
            );
            onDone();
          }}
        />
      )}
      {row.toResend.length > 0 && isLive && !row.replacedBy && (
        <PackAgain row={row} organisationId={organisationId} onDone={onDone} />
      )}
    </span>
  );
}

function PackAgain({ row, organisationId, onDone }: RowProps) {
  const [id] = useState(() => crypto.randomUUID());
  return (
    <ActButton
      label={t('Đóng gói lại', 'Pack again')}
      question={t(`Gói mới thay gói ${row.number}?`, `A new parcel instead of ${row.number}?`)}
      confirm={t('Đóng gói lại', 'Pack again')}
      onConfirm={async () => {
        await must(
          api.POST('/api/v1/signing/organisations/{organisationId}/parcels', {
            params: { path: { organisationId } },
            body: { id, classId: row.classId, replacesId: row.id },
          }),
        );
        onDone();
      }}
    >
      <p>
        {t(
          'Gói mới có mọi học bạ đang có hiệu lực của lớp, lấy số mới và chờ đóng dấu.',
          'It holds every report of the class that is in force, has a number of its own and waits for the seal.',
        )}
      </p>
    </ActButton>
  );
}
