import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner, Field } from '../../design/form.tsx';
import { formatAgo, formatDate, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { enrolBrowser, forgetRoom, roomOfBrowser } from '../../design/room-key.ts';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
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
  return (
    <>
      <Title
        title={t('Thẻ học sinh dùng được ở đâu', 'Where badges work')}
        note={t(
          'Ở mạng đã khai báo của trường, và ở từng máy ghi danh dưới đây. Ở nơi khác thẻ chỉ là tờ giấy.',
          'In the registered network of the school, and on each computer enrolled below. Anywhere else a badge is paper.',
        )}
        back={{ href: `/admin/schools/${school.id}`, label: school.name }}
      />
      {here ? (
        <Banner state="good">
          {t(`Máy này đã ghi danh: «${here.name}».`, `This computer is enrolled: “${here.name}”.`)}
        </Banner>
      ) : (
        may('accounts.invite') && <EnrolHere schoolId={school.id} onDone={onChanged} />
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
          'Chưa có máy nào. Ngồi vào từng máy của phòng máy, đăng nhập rồi ghi danh ở trang này.',
          'None yet. Sit down at each computer of the room, sign in, and enrol it on this page.',
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
      {may('accounts.read') && <FoundBadge mayVoid={may('accounts.invite')} />}
    </>
  );
}

function EnrolHere({ schoolId, onDone }: { readonly schoolId: string; readonly onDone: () => void }) {
  const { isBusy, error, run } = useAction();
  return (
    <form
      class="card grid gap-4 max-w-xl"
      onSubmit={(event) => {
        event.preventDefault();
        const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
        void run(async () => {
          await enrolBrowser(name, async (publicKey) => {
            const made = api.POST('/api/v1/organisations/{id}/room-computers', {
              params: { path: { id: schoolId } },
              body: { name, publicKey },
            });
            return (await must(made)).id;
          });
          onDone();
        });
      }}
    >
      <h2>{t('Ghi danh máy đang ngồi', 'Enrol the computer you sit at')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      <Field
        label={t('Tên máy', 'Name of the computer')}
        name="name"
        required
        maxLength={100}
        placeholder={t('Phòng máy 1, máy 7', 'Room 1, computer 7')}
      />
      <button type="submit" class="button button-primary" disabled={isBusy}>
        {t('Ghi danh máy này', 'Enrol this computer')}
      </button>
    </form>
  );
}

/** The finder of a badge reads its serial to the school. */
function FoundBadge({ mayVoid }: { readonly mayVoid: boolean }) {
  const [serial, setSerial] = useState('');
  const [owner, setOwner] = useState<{ readonly id: string; readonly fullName: string }>();
  const [isVoid, setVoid] = useState(false);
  const { isBusy, error, run } = useAction();
  const params = { params: { path: { serial } } };
  return (
    <section class="grid gap-4 max-w-xl" aria-labelledby="found">
      <h2 id="found">{t('Có người nhặt được thẻ?', 'Somebody found a badge?')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      {isVoid && (
        <Banner state="good">{t('Đã huỷ thẻ. Hãy làm thẻ mới cho em.', 'The badge is void. Make a new one.')}</Banner>
      )}
      <form
        class="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => setOwner((await must(api.GET('/api/v1/badges/{serial}', params))).person));
        }}
      >
        <Field
          label={t('Số in ở mép thẻ', 'The number on its edge')}
          name="serial"
          inputmode="numeric"
          required
          maxLength={8}
          value={serial}
          onInput={(event) => {
            setSerial(event.currentTarget.value.trim());
            setOwner(undefined);
            setVoid(false);
          }}
        />
        <button type="submit" class="button" disabled={isBusy}>
          {t('Thẻ của ai?', 'Whose is it?')}
        </button>
      </form>
      {owner && (
        <p class="flex flex-wrap gap-3 items-center">
          <a href={`/admin/people/${owner.id}`}>{owner.fullName}</a>
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
    </section>
  );
}
