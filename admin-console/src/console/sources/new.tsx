import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';

type Kind = 'ldap' | 'oneroster' | 'folder';
type Roster = 'staff' | 'learners' | 'guardians';

const empty = {
  name: '',
  url: '',
  account: '',
  baseDn: '',
  tokenUrl: '',
  folder: '',
  fullName: 'displayName',
  localCode: 'employeeNumber',
  birthDate: '',
  schoolCode: '',
  classCode: '',
  title: 'title',
};

/** `/admin/import/sources/new`: a system that rosters are read from. Its password is never kept over a sign-in. */
export function NewSource() {
  const { route } = useLocation();
  const department = useMe().roles[0]?.organisation.id ?? '';
  const [kind, setKind] = useState<Kind>('ldap');
  const [roster, setRoster] = useState<Roster>('staff');
  const [organisation, setOrganisation] = useState('');
  const [isWhole, setWhole] = useState(false);
  const [applies, setApplies] = useState(false);
  const [secret, setSecret] = useState('');
  const entry = useEntry('new source', empty);
  return (
    <>
      <Title
        title={t('Thêm một nguồn', 'Add a source')}
        note={t(
          'Nguồn chỉ được đọc. Lần đọc đầu cho một kế hoạch để xem; chưa ghi gì.',
          'A source is only read. The first reading makes a plan to look at; nothing is written.',
        )}
        back={{ href: '/admin/import/sources', label: t('Nguồn danh sách', 'Roster sources') }}
      />
      <EntryForm
        entry={entry}
        submit={t('Thêm', 'Add')}
        cancel="/admin/import/sources"
        onSubmit={async ({ name, url, account, baseDn, tokenUrl, folder, ...names }) => {
          const attributes = Object.fromEntries(Object.entries(names).filter(([, attribute]) => attribute !== ''));
          const settings = {
            ldap: { url, bindDn: account, baseDn, attributes },
            oneroster: { url, tokenUrl, clientId: account },
            folder: { folder },
          }[kind];
          await must(
            api.POST('/api/v1/sync/sources', {
              body: {
                name,
                kind,
                settings,
                secret: kind === 'folder' ? '' : secret,
                organisationId: organisation || department,
                rosters: [roster],
                isWhole,
                applies: applies && roster !== 'staff',
              },
            }),
          );
          sayNext(
            t(
              `Đã thêm ${name}. Bấm «Đọc ngay» để xem kế hoạch đầu.`,
              `${name} was added. “Read now” makes its first plan.`,
            ),
          );
          route('/admin/import/sources');
        }}
      >
        <Field label={t('Tên', 'Name')} required maxlength={60} {...entry.field('name')} />
        <Choice
          label={t('Loại', 'Kind')}
          name="kind"
          value={kind}
          options={[
            { value: 'ldap', label: t('LDAP, Active Directory', 'LDAP, Active Directory') },
            { value: 'oneroster', label: t('OneRoster 1.1, 1.2', 'OneRoster 1.1, 1.2') },
            { value: 'folder', label: t('Thư mục thả tệp', 'Drop folder') },
          ]}
          onChoose={(value) => setKind(value as Kind)}
        />
        <Choice
          label={t('Danh sách gì?', 'A roster of what?')}
          name="roster"
          value={roster}
          options={[
            { value: 'staff', label: t('Nhân sự', 'Staff') },
            { value: 'learners', label: t('Học sinh', 'Learners') },
            ...(kind !== 'ldap' ? [{ value: 'guardians', label: t('Người giám hộ', 'Guardians') }] : []),
          ]}
          onChoose={(value) => setRoster(value as Roster)}
        />
        <OrganisationChoice
          label={t('Trường của dòng không ghi mã trường', 'School of rows that name none')}
          name="organisation"
          kind="school"
          value={organisation}
          none={t('Theo mã trường của nguồn', 'By the source’s school codes')}
          onChoose={setOrganisation}
        />
        {kind !== 'folder' && (
          <>
            <Field
              label={t('Địa chỉ máy chủ', 'Address of the server')}
              required
              placeholder={
                kind === 'ldap'
                  ? 'ldaps://ldap.example.edu.vn'
                  : 'https://sis.example.edu.vn/ims/oneroster/rostering/v1p2'
              }
              {...entry.field('url')}
            />
            {kind === 'oneroster' && (
              <Field
                label={t('Địa chỉ xin mã truy cập', 'Address of its tokens')}
                required
                {...entry.field('tokenUrl')}
              />
            )}
            <Field
              label={t('Tài khoản của EduTrust ở đó', 'Account of EduTrust there')}
              required
              placeholder={kind === 'ldap' ? 'cn=edutrust,dc=example,dc=edu,dc=vn' : ''}
              {...entry.field('account')}
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
          </>
        )}
        {kind === 'folder' && (
          <Field
            label={t('Tên thư mục trên máy chủ', 'Name of the folder on the server')}
            required
            hint={t(
              'Dưới thư mục incoming của máy chủ. Mỗi tệp kèm một tệp .sha256 cùng tên; thiếu nó thì tệp coi như chưa chép xong.',
              'Below the server’s folder “incoming”. Each file has its .sha256 beside it; without it the file is not there yet.',
            )}
            {...entry.field('folder')}
          />
        )}
        {kind === 'ldap' && (
          <>
            <Field
              label={t('Nhánh có người', 'Branch with the people')}
              required
              placeholder="ou=people,dc=example,dc=edu,dc=vn"
              {...entry.field('baseDn')}
            />
            <fieldset class="grid gap-4 sm:grid-cols-2">
              <legend class="text-lg font-semibold mb-2">
                {t('Tên thuộc tính trong thư mục đó', 'Names of the attributes there')}
              </legend>
              <Field label={t('Họ và tên', 'Name')} required {...entry.field('fullName')} />
              <Field label={t('Mã riêng', 'Own code')} required {...entry.field('localCode')} />
              <Field label={t('Ngày sinh (không bắt buộc)', 'Birth date (optional)')} {...entry.field('birthDate')} />
              <Field
                label={
                  organisation === ''
                    ? t('Mã trường', 'School code')
                    : t('Mã trường (không bắt buộc)', 'School code (optional)')
                }
                required={organisation === ''}
                {...entry.field('schoolCode')}
              />
              {roster === 'learners' && <Field label={t('Lớp', 'Class')} required {...entry.field('classCode')} />}
              {roster === 'staff' && (
                <Field label={t('Chức vụ (không bắt buộc)', 'Title (optional)')} {...entry.field('title')} />
              )}
            </fieldset>
          </>
        )}
        <Tick
          checked={isWhole}
          note={t(
            'Ai vắng mặt được ghi là rời; nguồn thiếu một trang thì không làm gì.',
            'Who is absent has left; a source that lacks a page does nothing.',
          )}
          onChange={setWhole}
        >
          {t('Nguồn có đủ mọi người của trường', 'It holds everybody of its schools')}
        </Tick>
        {roster !== 'staff' && (
          <Tick
            checked={applies}
            note={t(
              'Chỉ khi không có gì phải chờ người thứ hai.',
              'Only where nothing has to wait for a second person.',
            )}
            onChange={setApplies}
          >
            {t('Tự áp dụng', 'Apply by itself')}
          </Tick>
        )}
      </EntryForm>
    </>
  );
}
