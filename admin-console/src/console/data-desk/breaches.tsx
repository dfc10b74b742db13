import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { ActButton, Dialog } from '../../design/dialog.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Field, Lines } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, formatTime, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { useMay, useMe } from '../me.ts';
import { departmentOf } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { type Breach, clockOf, dataKindName } from './words.ts';

const kinds: readonly Breach['dataKinds'][number][] = ['basic', 'sensitive', 'location', 'biometric', 'credentials'];

/** `/admin/data-desk/breaches`: files on breaches, each with its 72 hours. */
export function Breaches() {
  const mayWrite = useMay('data-breaches.write');
  const [isOpening, setOpening] = useState(false);
  const [loaded, reload] = useLoad('breaches', () => must(api.GET('/api/v1/data-breaches')));
  return (
    <>
      <Title
        title={t('Hồ sơ vi phạm dữ liệu cá nhân', 'Breaches of personal data')}
        back={{ href: '/admin/data-desk', label: t('Yêu cầu về dữ liệu', 'Requests about data') }}
        note={t(
          'Báo cơ quan chức năng trong 72 giờ kể từ khi phát hiện; hồ sơ giữ năm năm.',
          'The authority is told within 72 hours of finding it; files are kept for five years.',
        )}
      >
        {mayWrite && (
          <button type="button" class="button button-primary" onClick={() => setOpening(true)}>
            <Icon name="plus" />
            {t('Lập hồ sơ', 'Open a file')}
          </button>
        )}
      </Title>
      <Show loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="shield-check">{t('Chưa có vi phạm nào.', 'There was no breach.')}</Empty>
          ) : (
            <Ruled onMargin label={t('Các hồ sơ', 'Files')}>
              {items.map((one) => (
                <BreachRow key={one.id} breach={one} mayWrite={mayWrite} onDone={reload} />
              ))}
            </Ruled>
          )
        }
      </Show>
      {isOpening && (
        <OpenBreach
          onClose={() => setOpening(false)}
          onDone={() => {
            setOpening(false);
            reload();
          }}
        />
      )}
    </>
  );
}

function BreachRow({
  breach,
  mayWrite,
  onDone,
}: {
  readonly breach: Breach;
  readonly mayWrite: boolean;
  readonly onDone: () => void;
}) {
  const {
    id,
    what,
    foundAt,
    dataKinds,
    peopleCount,
    measures,
    tellsPeople,
    reportBy,
    reportedAt,
    peopleToldAt,
    closedAt,
  } = breach;
  const clock = reportedAt ? undefined : clockOf(reportBy, Date.now());
  const change = async (body: { isReported?: true; arePeopleTold?: true; isClosed?: true; measures?: string }) => {
    await must(api.PATCH('/api/v1/data-breaches/{id}', { params: { path: { id } }, body }));
    onDone();
  };
  return (
    <Row
      mark={closedAt ? 'good' : (clock?.mark ?? 'now')}
      title={<span class="break-words">{what}</span>}
      note={
        <>
          {t('Phát hiện', 'Found')} {formatTime(foundAt)} · {dataKinds.map(dataKindName).join(', ')}
          {peopleCount !== null &&
            ` · ${t(`${formatNumber(peopleCount)} người`, `${formatNumber(peopleCount)} people`)}`}
          {measures && <span class="block">{measures}</span>}
          {reportedAt && (
            <span class="block">
              {t('Đã báo cơ quan chức năng', 'The authority was told')} {formatTime(reportedAt)}
            </span>
          )}
          {peopleToldAt && (
            <span class="block">
              {t('Đã báo những người liên quan', 'The people were told')} {formatTime(peopleToldAt)}
            </span>
          )}
        </>
      }
      act={
        <>
          {clock && !closedAt && <State state={clock.mark === 'bad' ? 'bad' : 'warn'}>{clock.text}</State>}
          {closedAt && <State state="plain">{t('Đã đóng', 'Closed')}</State>}
          {mayWrite && !closedAt && !reportedAt && (
            <ActButton
              small
              label={t('Đã báo cơ quan', 'Authority told')}
              question={t('Đã báo cơ quan chức năng (mẫu 08)?', 'Was the authority told (form 08)?')}
              confirm={t('Đã báo', 'It was told')}
              reason={t('Đã làm gì để khắc phục', 'What was done about it')}
              onConfirm={(reason) => change({ isReported: true, measures: reason })}
            />
          )}
          {mayWrite && !closedAt && tellsPeople && !peopleToldAt && (
            <ActButton
              small
              label={t('Đã báo người liên quan', 'People told')}
              question={t('Đã báo cho từng người bị lộ dữ liệu?', 'Was everybody told whose data it is?')}
              confirm={t('Đã báo', 'They were told')}
              onConfirm={() => change({ arePeopleTold: true })}
            />
          )}
          {mayWrite && !closedAt && reportedAt && (!tellsPeople || peopleToldAt) && (
            <ActButton
              small
              label={t('Đóng hồ sơ', 'Close the file')}
              question={t('Đóng hồ sơ này?', 'Close this file?')}
              confirm={t('Đóng hồ sơ', 'Close it')}
              onConfirm={() => change({ isClosed: true })}
            />
          )}
        </>
      }
    />
  );
}

/** Of the zone of this computer, as `datetime-local` wants it. */
const localNow = () => {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function OpenBreach({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const me = useMe();
  const [chosen, setChosen] = useState<readonly Breach['dataKinds'][number][]>(['basic']);
  const entry = useEntry('new breach', { foundAt: localNow(), what: '', peopleCount: '', measures: '' });
  return (
    <Dialog title={t('Lập hồ sơ vi phạm', 'Open a file on a breach')} onClose={onClose}>
      <EntryForm
        entry={entry}
        submit={t('Lập hồ sơ', 'Open the file')}
        cancel={onClose}
        onSubmit={async ({ foundAt, what, peopleCount, measures }) => {
          await must(
            api.POST('/api/v1/data-breaches', {
              body: {
                organisationId: departmentOf(me)?.id ?? '',
                foundAt: new Date(foundAt).toISOString(),
                what,
                dataKinds: [...chosen],
                ...(peopleCount === '' ? {} : { peopleCount: Number(peopleCount) }),
                measures,
              },
            }),
          );
          onDone();
        }}
      >
        <Field
          label={t('Phát hiện lúc (năm-tháng-ngày giờ:phút)', 'Found at (year-month-day hour:minute)')}
          required
          pattern="\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"
          {...entry.field('foundAt')}
        />
        <Lines label={t('Chuyện gì đã xảy ra', 'What happened')} {...entry.field('what')} />
        <fieldset class="grid gap-1">
          <legend class="font-semibold">{t('Loại dữ liệu', 'Kinds of data')}</legend>
          {kinds.map((kind) => (
            <Tick
              key={kind}
              checked={chosen.includes(kind)}
              onChange={(isChecked) => setChosen(isChecked ? [...chosen, kind] : chosen.filter((one) => one !== kind))}
            >
              {dataKindName(kind)}
            </Tick>
          ))}
        </fieldset>
        <Field
          type="number"
          label={t('Bao nhiêu người (để trống nếu chưa biết)', 'How many people (empty when not known)')}
          min={0}
          {...entry.field('peopleCount')}
        />
        <Lines label={t('Đã làm gì để khắc phục', 'What was done about it')} {...entry.field('measures')} />
      </EntryForm>
    </Dialog>
  );
}
