import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton, Dialog } from '../../design/dialog.tsx';
import { EntryDialog, EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Field } from '../../design/form.tsx';
import { useKept } from '../../design/keep.ts';
import { formatAgo, formatDate, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { enrolBrowser, forgetRoom, roomOfBrowser } from '../../design/room-key.ts';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { inWords, sentence } from '../call.ts';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';

/** `/admin/schools/:id/computers`: on which computers of the school a badge opens something; and whose badge was found. */
export function RoomComputers() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [loaded, reload] = useLoad(id, async () => {
    const [school, computers, here] = await Promise.all([
      must(api.GET('/api/v1/organisations/{id}', params)),
      must(api.GET('/api/v1/organisations/{id}/room-computers', params)),
      roomOfBrowser(),
    ]);
    return { school, computers: computers.items, here: computers.items.find((one) => one.id === here?.id) };
  });
  return (
    <Show loaded={loaded}>
      {({ school, computers, here }) => <Loaded school={school} computers={computers} here={here} onChanged={reload} />}
    </Show>
  );
}

interface Computer {
  readonly id: string;
  readonly name: string;
  readonly enrolledAt: string;
  readonly lastUsedAt: string | null;
}

function Loaded({
  school,
  computers,
  here,
  onChanged,
}: {
  readonly school: { readonly id: string; readonly name: string; readonly may: string[] };
  readonly computers: readonly Computer[];
  /** This very browser. */
  readonly here: Computer | undefined;
  readonly onChanged: () => void;
}) {
  const may = mayDo(school);
  const [open, setOpen] = useKept<'enrol' | 'found' | undefined>('dialog of computers', undefined);
  return (
    <>
      <Title
        title={headline(computers.length)}
        note={t(
          'Ở mạng đã khai báo của trường, và ở từng máy ghi danh dưới đây. Ở nơi khác thẻ chỉ là tờ giấy.',
          'In the registered network of the school, and on each computer enrolled below. Anywhere else a badge is paper.',
        )}
        back={{ href: `/admin/schools/${school.id}`, label: school.name }}
      >
        {may('accounts.read') && (
          <button type="button" class="button" onClick={() => setOpen('found')}>
            {t('Có người nhặt được thẻ', 'Somebody found a badge')}
          </button>
        )}
        {may('accounts.invite') && !here && (
          <button type="button" class="button button-primary" onClick={() => setOpen('enrol')}>
            {t('Ghi danh máy này', 'Enrol this computer')}
          </button>
        )}
      </Title>
      {open === 'enrol' && (
        <EnrolHere
          schoolId={school.id}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            onChanged();
          }}
        />
      )}
      {open === 'found' && <FoundBadge mayVoid={may('accounts.invite')} onClose={() => setOpen(undefined)} />}
      {here && (
        <Banner state="good">
          {t(`Máy này đã ghi danh: «${here.name}».`, `This computer is enrolled: “${here.name}”.`)}
        </Banner>
      )}
      <Table
        label={t('Máy đã ghi danh', 'Enrolled computers')}
        heads={[
          t('Máy', 'Computer'),
          t('Ghi danh', 'Enrolled'),
          t('Dùng lần cuối', 'Last used'),
          ...(may('accounts.invite') ? [t('Việc', 'Action')] : []),
        ]}
        empty={t(
          'Ngồi vào từng máy của phòng máy, đăng nhập rồi ghi danh ở trang này.',
          'Sit down at each computer of the room, sign in, and enrol it on this page.',
        )}
      >
        {computers.map((computer) => (
          <tr key={computer.id}>
            <td class="font-semibold">
              {computer.name}
              {computer.id === here?.id && <span class="text-quiet"> ({t('máy này', 'this one')})</span>}
            </td>
            <td class="number">{formatDate(computer.enrolledAt)}</td>
            <td>{computer.lastUsedAt ? formatAgo(computer.lastUsedAt) : t('chưa', 'never')}</td>
            {may('accounts.invite') && (
              <td class="row-act py-1!">
                <ActButton
                  label={t('Bỏ máy', 'Remove')}
                  question={t(`Bỏ «${computer.name}»?`, `Remove “${computer.name}”?`)}
                  confirm={t('Bỏ máy', 'Remove')}
                  bad
                  onConfirm={async () => {
                    await must(
                      api.DELETE('/api/v1/organisations/{id}/room-computers/{computerId}', {
                        params: { path: { id: school.id, computerId: computer.id } },
                      }),
                    );
                    if (computer.id === here?.id) await forgetRoom();
                    onChanged();
                  }}
                >
                  <p>{t('Thẻ thôi mở được gì ở máy đó.', 'Badges open nothing on it from now on.')}</p>
                </ActButton>
              </td>
            )}
          </tr>
        ))}
      </Table>
    </>
  );
}

function headline(count: number): string {
  if (count === 0) return t('Chưa máy nào ghi danh dùng thẻ', 'No computer is enrolled for badges');
  return t(
    `${sentence(inWords(count))} máy đã ghi danh dùng thẻ`,
    count === 1
      ? 'One computer is enrolled for badges'
      : `${sentence(inWords(count))} computers are enrolled for badges`,
  );
}

function EnrolHere({
  schoolId,
  onClose,
  onDone,
}: {
  readonly schoolId: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const entry = useEntry('computer', { name: '' });
  const enrol = async ({ name }: { readonly name: string }) => {
    await enrolBrowser(name.trim(), async (publicKey) => {
      const made = api.POST('/api/v1/organisations/{id}/room-computers', {
        params: { path: { id: schoolId } },
        body: { name: name.trim(), publicKey },
      });
      return (await must(made)).id;
    });
    onDone();
  };
  return (
    <EntryDialog
      title={t('Ghi danh máy đang ngồi', 'Enrol the computer you sit at')}
      entry={entry}
      submit={t('Ghi danh', 'Enrol')}
      onClose={onClose}
      onSubmit={enrol}
    >
      <Field
        label={t('Tên máy', 'Name of the computer')}
        required
        maxLength={100}
        placeholder={t('Phòng máy 1, máy 7', 'Room 1, computer 7')}
        hint={t('Để biết máy nào khi cần bỏ.', 'To know which one it is when it has to go.')}
        {...entry.field('name')}
      />
    </EntryDialog>
  );
}

/** The finder of a badge reads its serial to the school. */
function FoundBadge({ mayVoid, onClose }: { readonly mayVoid: boolean; readonly onClose: () => void }) {
  const entry = useEntry('found badge', { serial: '' });
  const [owner, setOwner] = useState<{ readonly id: string; readonly fullName: string }>();
  const [isVoid, setVoid] = useState(false);
  const params = { params: { path: { serial: entry.values.serial.trim() } } };
  const look = async () => {
    setVoid(false);
    setOwner(undefined);
    setOwner((await must(api.GET('/api/v1/badges/{serial}', params))).person);
  };
  return (
    <Dialog title={t('Thẻ nhặt được là của ai?', 'Whose is the badge that was found?')} onClose={onClose}>
      {isVoid && (
        <Banner state="good" live>
          {t('Đã huỷ thẻ. Hãy làm thẻ mới cho em.', 'The badge is void. Make a new one.')}
        </Banner>
      )}
      <EntryForm entry={entry} submit={t('Tìm chủ thẻ', 'Find whose it is')} cancel={onClose} onSubmit={look}>
        <Field
          label={t('Số in ở mép thẻ', 'The number on its edge')}
          inputmode="numeric"
          required
          maxLength={8}
          {...entry.field('serial')}
        />
      </EntryForm>
      {owner && (
        <p class="flex flex-wrap gap-3 items-center">
          <a class="font-semibold" href={`/admin/people/${owner.id}`}>
            {owner.fullName}
          </a>
          {mayVoid && (
            <ActButton
              label={t('Huỷ thẻ', 'Void it')}
              question={t(`Huỷ thẻ của ${owner.fullName}?`, `Void the badge of ${owner.fullName}?`)}
              confirm={t('Huỷ thẻ', 'Void it')}
              bad
              onConfirm={async () => {
                await must(api.POST('/api/v1/badges/{serial}/void', params));
                setOwner(undefined);
                setVoid(true);
              }}
            >
              <p>{t('Thẻ này thôi mở được gì, ở mọi máy.', 'It opens nothing from now on, on every computer.')}</p>
            </ActButton>
          )}
        </p>
      )}
    </Dialog>
  );
}
