import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';

/** `/admin/sync/new`: an LDAP server. Its password is never kept over a sign-in. */
export function NewTarget() {
  const { route } = useLocation();
  const organisationId = useMe().roles[0]?.organisation.id ?? '';
  const [secret, setSecret] = useState('');
  const entry = useEntry('new target', { name: '', url: '', baseDn: '', bindDn: '' });
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
        onSubmit={async ({ name, url, baseDn, bindDn }) => {
          const { id } = await must(
            api.POST('/api/v1/sync/targets', {
              body: { name, kind: 'ldap', settings: { url, baseDn, bindDn }, secret, organisationId },
            }),
          );
          sayNext(t(`Đã thêm ${name}.`, `${name} was added.`));
          route(`/admin/sync/${id}`);
        }}
      >
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
          required
          value={secret}
          onInput={({ currentTarget }) => setSecret(currentTarget.value)}
        />
      </EntryForm>
    </>
  );
}
