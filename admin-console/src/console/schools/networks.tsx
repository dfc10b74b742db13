import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { EntryDialog, useEntry } from '../../design/entry.tsx';
import { Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { useKept } from '../../design/keep.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';

/** `/admin/schools/:id/networks`: from which addresses the school's computers reach us. */
export function NetworksPage() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [school] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', params)));
  return <Show loaded={school}>{(data) => <Networks school={data} />}</Show>;
}

interface School {
  readonly id: string;
  readonly name: string;
  readonly may: readonly string[];
}

function Networks({ school }: { readonly school: School }) {
  const may = mayDo(school);
  const mayWrite = may('organisations.write');
  const [isAdding, setAdding] = useKept('adding a network', false);
  const [networks, reload] = useLoad(`networks ${school.id}`, () =>
    must(api.GET('/api/v1/organisations/{id}/networks', { params: { path: { id: school.id } } })),
  );
  return (
    <>
      <Title
        title={t('Mạng của trường', 'Networks of the school')}
        icon="network"
        back={{ href: `/admin/schools/${school.id}`, label: school.name }}
        note={t(
          'Máy vào từ các địa chỉ này được coi là máy dùng chung: tự đăng xuất khi để yên, và gõ sai ở đây không làm chậm cả trường.',
          'Computers that come from these addresses count as shared: they sign out when left alone, and wrong guesses there do not slow the whole school.',
        )}
      >
        {mayWrite && (
          <button type="button" class="button button-primary" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {t('Thêm một mạng', 'Add a network')}
          </button>
        )}
      </Title>
      <Show loaded={networks}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="network">
              {mayWrite
                ? t(
                    'Chưa có mạng nào. Hỏi nhà mạng địa chỉ IP tĩnh của trường.',
                    'None yet. The provider knows the school’s fixed address.',
                  )
                : t(
                    'Chưa có mạng nào. Sở ghi mạng của trường khi trường báo.',
                    'None yet. The department enters it when the school reports it.',
                  )}
            </Empty>
          ) : (
            <Ruled onMargin label={t('Các mạng', 'Networks')}>
              {items.map(({ id, range, name }) => (
                <Row
                  key={id}
                  title={name}
                  note={<span class="code">{range}</span>}
                  act={mayWrite && <Remove schoolId={school.id} network={{ id, range, name }} onDone={reload} />}
                />
              ))}
            </Ruled>
          )
        }
      </Show>
      {isAdding && (
        <AddNetwork
          schoolId={school.id}
          onClose={() => setAdding(false)}
          onDone={() => {
            setAdding(false);
            reload();
          }}
        />
      )}
    </>
  );
}

function Remove({
  schoolId,
  network: { id, range, name },
  onDone,
}: {
  readonly schoolId: string;
  readonly network: { readonly id: string; readonly range: string; readonly name: string };
  readonly onDone: () => void;
}) {
  return (
    <ActButton
      bad
      label={t(`Bỏ mạng ${name}`, `Remove ${name}`)}
      question={t(`Bỏ mạng ${name}?`, `Remove ${name}?`)}
      confirm={t('Bỏ mạng', 'Remove it')}
      onConfirm={async () => {
        await must(
          api.DELETE('/api/v1/organisations/{id}/networks/{networkId}', {
            params: { path: { id: schoolId, networkId: id } },
          }),
        );
        onDone();
      }}
    >
      <p>
        {t(
          `Máy vào từ ${range} thôi được coi là máy dùng chung của trường.`,
          `Computers that come from ${range} no longer count as shared ones of the school.`,
        )}
      </p>
    </ActButton>
  );
}

function AddNetwork({
  schoolId,
  onClose,
  onDone,
}: {
  readonly schoolId: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const entry = useEntry('new network', { name: '', range: '' });
  return (
    <EntryDialog
      title={t('Thêm một mạng', 'Add a network')}
      entry={entry}
      submit={t('Thêm mạng', 'Add the network')}
      onClose={onClose}
      onSubmit={async (body) => {
        await must(api.POST('/api/v1/organisations/{id}/networks', { params: { path: { id: schoolId } }, body }));
        onDone();
      }}
    >
      <Field
        label={t('Tên dễ nhớ', 'A name to know it by')}
        required
        maxlength={100}
        placeholder={t('Phòng máy 1', 'Computer lab 1')}
        {...entry.field('name')}
      />
      <Field
        label={t('Địa chỉ, hay dải địa chỉ', 'Address, or range of addresses')}
        required
        maxlength={60}
        placeholder="203.0.113.5"
        hint={t(
          'Một địa chỉ như 203.0.113.5, hay một dải như 203.0.113.0/28.',
          'An address such as 203.0.113.5, or a range such as 203.0.113.0/28.',
        )}
        {...entry.field('range')}
      />
    </EntryDialog>
  );
}
