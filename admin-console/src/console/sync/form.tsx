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

/** `profile` is a SCIM server's, `accounts` an LDAP server's: the setting has one name, and values of its kind. */
type Values = Record<'name' | 'kind' | 'url' | 'baseDn' | 'bindDn' | 'profile' | 'accounts' | 'domain', string>;

const usual = { profile: 'rfc', accounts: 'people' } as const;

/** What its kind is set by; of a SCIM server what was set otherwise for it stays while its profile does. What is not said is not there. */
function settingsOf(
  { kind, url, baseDn, bindDn, profile, accounts, domain }: Omit<Values, 'name'>,
  before: Target['settings'] = {},
): Target['settings'] {
  if (kind === 'ldap')
    return {
      ...{ url, baseDn, bindDn },
      ...(accounts === usual.accounts ? {} : { profile: accounts }),
      ...(domain.trim() === '' ? {} : { domain: domain.trim() }),
    };
  return { ...((before.profile ?? 'rfc') === profile ? before : {}), url, profile };
}

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

function Edit({ target: { id, name, kind, settings } }: { readonly target: Target }) {
  const { route } = useLocation();
  const [secret, setSecret] = useState('');
  const text = (key: string) => (typeof settings[key] === 'string' ? settings[key] : '');
  const before = {
    url: text('url'),
    baseDn: text('baseDn'),
    bindDn: text('bindDn'),
    profile: (kind === 'scim' && text('profile')) || usual.profile,
    accounts: (kind === 'ldap' && text('profile')) || usual.accounts,
    domain: text('domain'),
  };
  const entry = useEntry('target', { name, kind, ...before });
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
          const isMoved = secret !== '' || JSON.stringify(now) !== JSON.stringify({ kind, ...before });
          const body = {
            name,
            ...(isMoved ? { settings: settingsOf(now, settings) } : {}),
            ...(secret ? { secret } : {}),
          };
          await must(api.PATCH('/api/v1/sync/targets/{id}', { params: { path: { id } }, body }));
          sayNext(t('Đã lưu.', 'Saved.'));
          route(`/admin/sync/${id}`);
        }}
      >
        <Fields entry={entry} secret={secret} onSecret={setSecret} isKept />
      </EntryForm>
    </>
  );
}

/** `/admin/sync/new`: a server of either kind. Its password is never kept over a sign-in. */
export function NewTarget() {
  const { route } = useLocation();
  const organisationId = useMe().roles[0]?.organisation.id ?? '';
  const [secret, setSecret] = useState('');
  const empty = { name: '', kind: 'ldap', url: '', baseDn: '', bindDn: '', domain: '', ...usual };
  const entry = useEntry<Values>('new target', empty);
  return (
    <>
      <Title
        title={t('Thêm một đích', 'Add a target')}
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
        onSubmit={async (values) => {
          const { name } = values;
          const kind = values.kind === 'scim' ? 'scim' : 'ldap';
          const body = { name, kind, settings: settingsOf(values), secret, organisationId } as const;
          const { id } = await must(api.POST('/api/v1/sync/targets', { body }));
          sayNext(t(`Đã thêm ${name}.`, `${name} was added.`));
          route(`/admin/sync/${id}`);
        }}
      >
        <Choice
          label={t('Hệ thống kia nói kiểu nào', 'What it speaks')}
          hint={t('Hỏi nhà cung cấp phần mềm.', 'Ask the maker of the software.')}
          {...entry.choice('kind')}
          options={[
            { value: 'ldap', label: 'LDAP, Active Directory' },
            { value: 'scim', label: 'SCIM 2.0' },
          ]}
        />
        <Fields entry={entry} secret={secret} onSecret={setSecret} />
      </EntryForm>
    </>
  );
}

interface FieldsOf {
  readonly entry: Entry<Values>;
  readonly secret: string;
  readonly onSecret: (secret: string) => void;
  /** There is a password already. */
  readonly isKept?: boolean;
}

function Fields(props: FieldsOf) {
  const { entry } = props;
  return (
    <>
      <Field label={t('Tên', 'Name')} required maxlength={60} {...entry.field('name')} />
      {entry.values.kind === 'scim' ? <ScimFields {...props} /> : <LdapFields {...props} />}
    </>
  );
}

function Secret({ label, secret, onSecret, isKept }: FieldsOf & { readonly label: string }) {
  return (
    <Field
      label={label}
      name="secret"
      type="password"
      autocomplete="off"
      required={!isKept}
      hint={
        isKept
          ? t(
              'Để trống nếu chỉ đổi tên. Đổi địa chỉ, tài khoản hay kiểu thì nhập lại.',
              'Leave empty to change the name alone. With another address, account or kind enter it again.',
            )
          : undefined
      }
      value={secret}
      onInput={({ currentTarget }) => onSecret(currentTarget.value)}
    />
  );
}

function ScimFields(props: FieldsOf) {
  const { entry } = props;
  const [, , sentence] = profiles().find(([id]) => id === entry.values.profile) ?? ['', '', ''];
  return (
    <>
      <Field
        label={t('Địa chỉ máy chủ', 'Address of the server')}
        required
        placeholder="https://scim.example.edu.vn/v2"
        hint={t('Phần đứng ngay trước /Users.', 'What stands right before /Users.')}
        {...entry.field('url')}
      />
      <Choice
        label={t('Máy chủ được viết theo kiểu nào', 'What the server was written for')}
        hint={sentence}
        {...entry.choice('profile')}
        options={profiles().map(([value, label]) => ({ value, label }))}
      />
      <Secret label={t('Mã truy cập (token)', 'Access token')} {...props} />
    </>
  );
}

/** Profiles of SCIM servers by the name of the client that they were written for, and a sentence for who chooses. */
const profiles = (): readonly (readonly [id: string, label: string, sentence: string])[] => [
  [
    'rfc',
    t('Đúng chuẩn SCIM 2.0', 'The SCIM 2.0 standard'),
    t('Nếu không chắc thì chọn loại này.', 'Choose this when in doubt.'),
  ],
  [
    'entra',
    'Microsoft Entra',
    t(
      'Lệnh viết hoa, «đang hoạt động» là chữ, nhóm của một người đọc ở chính người đó.',
      'Operations with a capital, “active” as text, groups read with the user.',
    ),
  ],
  [
    'okta',
    'Okta',
    t(
      'Sửa ai thì ghi lại cả mục người đó; vào ra nhóm từng người một; tìm bằng tên đăng nhập.',
      'A user is written anew as a whole; groups change one member at a time; found by user name.',
    ),
  ],
  [
    'google',
    'Google Workspace',
    t(
      'Chỉ nhận người, không có nhóm, không giữ mã của EduTrust, mỗi lúc nhận ít yêu cầu.',
      'Takes users only: no groups, no id of ours, few requests at once.',
    ),
  ],
];

function LdapFields(props: FieldsOf) {
  const { entry } = props;
  return (
    <>
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
      <Secret label={t('Mật khẩu của tài khoản đó', 'Password of that account')} {...props} />
      <Choice
        label={t('Máy chủ đó giữ tài khoản kiểu gì', 'What kind of accounts it keeps')}
        hint={t(
          'Mỗi kiểu ghi đúng các thuộc tính mà phần mềm ở đó tìm, và khoá thật khi một người rời đi.',
          'Each writes what software there looks for, and really locks the account of who leaves.',
        )}
        {...entry.choice('accounts')}
        options={[
          { value: 'people', label: t('Người và nhóm (thường dùng)', 'People and groups (usual)') },
          { value: 'posix', label: t('Tài khoản máy Linux', 'Accounts of Linux machines') },
          { value: 'activeDirectory', label: 'Active Directory, Samba' },
          { value: 'eduPerson', label: t('Liên hiệp giáo dục (eduPerson)', 'Education federations (eduPerson)') },
        ]}
      />
      <Field
        label={t('Miền thư điện tử', 'Mail domain')}
        required={needsDomain.has(entry.values.accounts)}
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
