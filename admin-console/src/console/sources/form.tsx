import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Choice, Field } from '../../design/form.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { sayNext } from '../heading.ts';
import { RememberedOf } from '../import/remembered.tsx';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';

type Source = paths['/api/v1/sync/sources']['get']['responses']['200']['content']['application/json']['items'][number];
type Tried = paths['/api/v1/sync/source-tests']['post']['responses']['200']['content']['application/json'];
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
  return <SourceForm />;
}

/** `/admin/import/sources/:id`: what a source is set by. Its password is written, never shown. */
export function EditSource() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(`source ${id}`, async () => {
    const { items } = await must(api.GET('/api/v1/sync/sources'));
    return items.find((one) => one.id === id);
  });
  return (
    <Show loaded={loaded}>
      {(source) =>
        source ? (
          <SourceForm source={source} />
        ) : (
          <Title title={t('Không có nguồn này', 'There is no such source')} back={back()} />
        )
      }
    </Show>
  );
}

const back = () => ({ href: '/admin/import/sources', label: t('Nguồn danh sách', 'Roster sources') });

/** What the form says of a source that there is. */
function valuesOf({ name, settings }: Source): typeof empty {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const attributes = (settings.attributes ?? {}) as Readonly<Record<string, unknown>>;
  const { url, baseDn, tokenUrl, folder, bindDn, clientId } = settings;
  return {
    name,
    url: text(url),
    account: text(bindDn) || text(clientId),
    baseDn: text(baseDn),
    tokenUrl: text(tokenUrl),
    folder: text(folder),
    fullName: text(attributes.fullName),
    localCode: text(attributes.localCode),
    birthDate: text(attributes.birthDate),
    schoolCode: text(attributes.schoolCode),
    classCode: text(attributes.classCode),
    title: text(attributes.title),
  };
}

/** Settings of the kind, by what is typed; what the form does not ask for stays. */
function settingsOf(
  kind: Kind,
  { url, account, baseDn, tokenUrl, folder, name: _, ...names }: typeof empty,
  source?: Source,
) {
  const kept = (source?.settings.attributes ?? {}) as Readonly<Record<string, unknown>>;
  const others = Object.fromEntries(Object.entries(kept).filter(([field]) => !(field in names)));
  const attributes = Object.fromEntries(Object.entries(names).filter(([, attribute]) => attribute !== ''));
  return {
    ...source?.settings,
    ...{
      ldap: { url, bindDn: account, baseDn, attributes: { ...others, ...attributes } },
      oneroster: { url, tokenUrl, clientId: account },
      folder: { folder },
    }[kind],
  };
}

function SourceForm({ source }: { readonly source?: Source }) {
  const { route } = useLocation();
  const department = useMe().roles[0]?.organisation.id ?? '';
  const [kind, setKind] = useState<Kind>(source?.kind ?? 'ldap');
  const [roster, setRoster] = useState<Roster>((source?.rosters[0] as Roster | undefined) ?? 'staff');
  const [organisation, setOrganisation] = useState(
    source && source.organisationId !== department ? source.organisationId : '',
  );
  const [isWhole, setWhole] = useState(source?.isWhole ?? false);
  const [applies, setApplies] = useState(source?.applies ?? false);
  const [secret, setSecret] = useState('');
  const entry = useEntry(source ? `source ${source.id}` : 'new source', source ? valuesOf(source) : empty);
  const what = (values: typeof empty) => ({
    settings: settingsOf(kind, values, source),
    rosters: [roster],
    isWhole,
    applies: applies && roster !== 'staff',
  });
  const save = async (values: typeof empty) => {
    const { name } = values;
    if (source) {
      await must(
        api.PATCH('/api/v1/sync/sources/{id}', {
          params: { path: { id: source.id } },
          body: { name, ...what(values), ...(secret ? { secret } : {}) },
        }),
      );
      sayNext(
        t(
          `Đã lưu ${name}. Từ nay nguồn được đọc với quyền của anh/chị.`,
          `${name} was saved. It is read with your rights from now on.`,
        ),
      );
    } else {
      await must(
        api.POST('/api/v1/sync/sources', {
          body: {
            name,
            kind,
            ...what(values),
            secret: kind === 'folder' ? '' : secret,
            organisationId: organisation || department,
          },
        }),
      );
      sayNext(
        t(
          `Đã thêm ${name}. Bấm «Đọc ngay» để xem kế hoạch đầu.`,
          `${name} was added. “Read now” makes its first plan.`,
        ),
      );
    }
    route('/admin/import/sources');
  };
  const tryIt = async () => {
    const settings = settingsOf(kind, entry.values, source);
    return must(
      source
        ? api.POST('/api/v1/sync/sources/{id}/tests', {
            params: { path: { id: source.id } },
            body: { settings, roster, ...(secret ? { secret } : {}) },
          })
        : api.POST('/api/v1/sync/source-tests', {
            body: {
              kind,
              settings,
              secret: kind === 'folder' ? '' : secret,
              organisationId: organisation || department,
              roster,
            },
          }),
    );
  };
  return (
    <>
      <Title
        title={
          source
            ? t(`Sửa nguồn ${source.name}`, `Change the source ${source.name}`)
            : t('Thêm một nguồn', 'Add a source')
        }
        note={
          source
            ? t(
                'Nguồn chỉ được đọc. Lưu xong thì từ lần đọc tới theo cài đặt mới, với quyền của anh/chị.',
                'A source is only read. From its next reading on it goes by what you save, with your rights.',
              )
            : t(
                'Nguồn chỉ được đọc. Lần đọc đầu cho một kế hoạch để xem; chưa ghi gì.',
                'A source is only read. The first reading makes a plan to look at; nothing is written.',
              )
        }
        back={back()}
      />
      <EntryForm
        entry={entry}
        submit={source ? t('Lưu', 'Save') : t('Thêm', 'Add')}
        cancel="/admin/import/sources"
        onSubmit={save}
      >
        <Field label={t('Tên', 'Name')} required maxlength={60} {...entry.field('name')} />
        {!source && (
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
        )}
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
        {!source && (
          <OrganisationChoice
            label={t('Trường của dòng không ghi mã trường', 'School of rows that name none')}
            name="organisation"
            kind="school"
            value={organisation}
            none={t('Theo mã trường của nguồn', 'By the source’s school codes')}
            onChoose={setOrganisation}
          />
        )}
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
              required={!source}
              {...(source
                ? {
                    hint: t(
                      'Để trống thì giữ mật khẩu cũ; đổi địa chỉ hoặc tài khoản thì nhập lại.',
                      'Left empty the old one stays; another address or account asks for it again.',
                    ),
                  }
                : {})}
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
        <TryIt tryIt={tryIt} />
      </EntryForm>
      {source?.kind === 'folder' && (
        <section class="grid gap-3" aria-labelledby="remembered">
          <h2 id="remembered">{t('Cách ghép cột đã nhớ', 'Columns that are remembered')}</h2>
          <RememberedOf organisationId={source.organisationId} />
        </section>
      )}
    </>
  );
}

/** Opens it as a reading would, and says what was found; keeps nothing of it. */
function TryIt({ tryIt }: { readonly tryIt: () => Promise<Tried> }) {
  const { isBusy, error, run } = useAction();
  const [found, setFound] = useState<Tried>();
  return (
    <div class="grid gap-3 justify-items-start">
      <button
        type="button"
        class="button"
        disabled={isBusy}
        onClick={() =>
          run(async () => {
            setFound(undefined);
            setFound(await tryIt());
          })
        }
      >
        {isBusy ? t('Đang thử…', 'Trying…') : t('Thử kết nối', 'Try the connection')}
      </button>
      {error && <Banner state="bad">{error}</Banner>}
      {found && !error && (
        <Banner state="good">
          {found.columns.length === 0
            ? t('Mở được. Tệp đã đủ.', 'It opens. The file is whole.')
            : t(
                `Đọc được ${found.hasMore ? 'hơn ' : ''}${formatNumber(found.rows)} dòng: ${found.columns.join(', ')}.`,
                `${found.hasMore ? 'More than ' : ''}${formatNumber(found.rows)} rows were read: ${found.columns.join(', ')}.`,
              )}
        </Banner>
      )}
    </div>
  );
}
