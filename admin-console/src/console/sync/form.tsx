import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { type Entry, EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { mayDo } from '../may.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import type { Target } from './words.ts';

type LdapValues = { name: string; url: string; baseDn: string; bindDn: string; profile: string; domain: string };

/** As the server has them: what is not said is not there. */
const settingsOf = ({ url, baseDn, bindDn, profile, domain }: Omit<LdapValues, 'name'>) => ({
  url,
  baseDn,
  bindDn,
  ...(profile === 'people' ? {} : { profile }),
  ...(domain.trim() === '' ? {} : { domain: domain.trim() }),
});

const needsDomain: ReadonlySet<string> = new Set(['activeDirectory', 'eduPerson']);

/** `/admin/sync/:id/edit`: another name, address, account or password. */
export function EditTarget() {
  const { id = '' } = useRoute().params;
  const [targets] = useLoad(`target ${id}`, () => must(api.GET('/api/v1/sync/targets')));
  return (
    <Show loaded={targets}>
      {({ items }) => {
        const target = items.find((one) => one.id === id);
        return target && mayDo(target)('sync.write') ? (
          <Edit target={target} />
        ) : (
          <Title
            title={t('Không có đích này', 'There is no such target')}
            back={{ href: '/admin/sync', label: t('Đồng bộ', 'Directory sync') }}
          />
        );
      }}
    </Show>
  );
}

function Edit({ target: { id, name, settings } }: { readonly target: Target }) {
  const { route } = useLocation();
  const [secret, setSecret] = useState('');
  const text = (key: string) => (typeof settings[key] === 'string' ? settings[key] : '');
  const before = {
    url: text('url'),
    baseDn: text('baseDn'),
    bindDn: text('bindDn'),
    profile: text('profile') || 'people',
    domain: text('domain'),
  };
  const entry = useEntry('target', { name, ...before });
  return (
    <>
      <Title
        title={t(`Sửa ${name}`, `Edit ${name}`)}
        note={t('Sau khi sửa, lượt sau so sánh lại từ đầu.', 'After this the next run compares everything again.')}
        back={{ href: `/admin/sync/${id}`, label: name }}
      />
      <EntryForm
        entry={entry}
        submit={t('Lưu', 'Save')}
        cancel={`/admin/sync/${id}`}
        onSubmit={async ({ name, ...now }) => {
          const isMoved = secret !== '' || JSON.stringify(now) !== JSON.stringify(before);
          const body = { name, ...(isMoved ? { settings: settingsOf(now) } : {}), ...(secret ? { secret } : {}) };
          await must(api.PATCH('/api/v1/sync/targets/{id}', { params: { path: { id } }, body }));
          sayNext(t('Đã lưu.', 'Saved.'));
          route(`/admin/sync/${id}`);
        }}
      >
        <LdapFields entry={entry} secret={secret} onSecret={setSecret} isKept />
      </EntryForm>
    </>
  );
}

/** `/admin/sync/new`: an LDAP server. Its password is never kept over a sign-in. */
export function NewTarget() {
  const { route } = useLocation();
  const organisationId = useMe().roles[0]?.organisation.id ?? '';
  const [secret, setSecret] = useState('');
  const entry = useEntry('new target', { name: '', url: '', baseDn: '', bindDn: '', profile: 'people', domain: '' });
  return (
    <>
      <Title
        title={t('Thêm máy chủ LDAP', 'Add an LDAP server')}
        note={t(
          'Sau khi thêm, xem trước rồi mới chạy; chưa có gì được gửi đi.',
          'After this you preview before it runs; nothing is sent yet.',
        )}
        back={{ href: '/admin/sync', label: t('Đồng bộ', 'Directory sync') }}
      />
      <EntryForm
        entry={entry}
        submit={t('Thêm', 'Add')}
        cancel="/admin/sync"
        onSubmit={async ({ name, ...values }) => {
          const { id } = await must(
            api.POST('/api/v1/sync/targets', {
              body: { name, kind: 'ldap', settings: settingsOf(values), secret, organisationId },
            }),
          );
          sayNext(t(`Đã thêm ${name}.`, `${name} was added.`));
          route(`/admin/sync/${id}`);
        }}
      >
        <LdapFields entry={entry} secret={secret} onSecret={setSecret} />
      </EntryForm>
    </>
  );
}

function LdapFields({
  entry,
  secret,
  onSecret,
  isKept,
}: {
  readonly entry: Entry<LdapValues>;
  readonly secret: string;
  readonly onSecret: (secret: string) => void;
  /** There is a password already. */
  readonly isKept?: boolean;
}) {
  return (
    <>
      <Field label={t('Tên', 'Name')} required maxlength={60} {...entry.field('name')} />
      <Field
        label={t('Địa chỉ máy chủ', 'Address of the server')}
        required
        placeholder="ldaps://ldap.example.edu.vn"
        {...entry.field('url')}
      />
      <Field
        label={t('Nhánh để ghi', 'Branch to write to')}
        required
        placeholder="dc=example,dc=edu,dc=vn"
        hint={t('Quản trị máy chủ gọi là Base DN.', 'The server’s administrator calls it the base DN.')}
        {...entry.field('baseDn')}
      />
      <Field
        label={t('Tài khoản của EduTrust ở đó', 'Account of EduTrust there')}
        required
        placeholder="cn=edutrust,dc=example,dc=edu,dc=vn"
        hint={t('Quản trị máy chủ gọi là Bind DN.', 'The server’s administrator calls it the bind DN.')}
        {...entry.field('bindDn')}
      />
      <Field
        label={t('Mật khẩu của tài khoản đó', 'Password of that account')}
        name="secret"
        type="password"
        autocomplete="off"
        required={!isKept}
        hint={
          isKept
            ? t(
                'Để trống nếu chỉ đổi tên. Đổi địa chỉ hay tài khoản thì nhập lại.',
                'Leave empty to change the name alone. With another address or account enter it again.',
              )
            : undefined
        }
        value={secret}
        onInput={({ currentTarget }) => onSecret(currentTarget.value)}
      />
      <Choice
        label={t('Máy chủ đó giữ tài khoản kiểu gì', 'What kind of accounts it keeps')}
        hint={t(
          'Mỗi kiểu ghi đúng các thuộc tính mà phần mềm ở đó tìm, và khoá thật khi một người rời đi.',
          'Each writes what software there looks for, and really locks the account of who leaves.',
        )}
        {...entry.choice('profile')}
        options={[
          { value: 'people', label: t('Người và nhóm (thường dùng)', 'People and groups (usual)') },
          { value: 'posix', label: t('Tài khoản máy Linux', 'Accounts of Linux machines') },
          { value: 'activeDirectory', label: 'Active Directory, Samba' },
          { value: 'eduPerson', label: t('Liên hiệp giáo dục (eduPerson)', 'Education federations (eduPerson)') },
        ]}
      />
      <Field
        label={t('Miền thư điện tử', 'Mail domain')}
        required={needsDomain.has(entry.values.profile)}
        placeholder="so.edu.vn"
        hint={t(
          'Phần sau dấu @ của địa chỉ thư; để trống nếu không cần địa chỉ thư.',
          'What follows the @ of mail addresses; leave empty where none are needed.',
        )}
        {...entry.field('domain')}
      />
    </>
  );
}
