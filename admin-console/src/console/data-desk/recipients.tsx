import { api, must } from '../../design/api.ts';
import { Icon } from '../../design/icon.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { Title } from '../parts.tsx';

type Recipient = paths['/api/v1/recipients']['get']['responses']['200']['content']['application/json']['items'][number];

const fieldName = (field: Recipient['fieldsOfLearners'][number]): string =>
  ({
    subject: t('mã riêng ở nơi ấy', 'an identifier of its own'),
    educationId: t('mã giáo dục', 'education ID'),
    name: t('họ tên', 'name'),
    userName: t('tên đăng nhập', 'user name'),
    email: t('thư điện tử', 'e-mail'),
    birthDate: t('ngày sinh', 'birth date'),
    gender: t('giới tính', 'gender'),
    roles: t('vai trò', 'roles'),
    organisations: t('trường, đơn vị', 'school, organisation'),
    classes: t('lớp', 'class'),
    titles: t('chức danh', 'title'),
    children: t('con được làm thay', 'children acted for'),
  })[field];

const groundName = (ground: Recipient['ground']): string =>
  ({
    approved: t('nhiệm vụ của ngành, hai người của Sở đã duyệt', 'a task of the sector, approved by two people'),
    consent: t('từng người đồng ý khi vào', 'each person agrees on entering'),
    contract: t('hợp đồng dữ liệu của đơn vị', 'the organisation’s data contract'),
  })[ground];

/** `/admin/data-desk/recipients`: who gets which data of whom, for what, on what ground, since when. */
export function Recipients() {
  const [loaded] = useLoad('recipients', () => must(api.GET('/api/v1/recipients')));
  return (
    <>
      <Title
        title={t('Nơi nhận dữ liệu cá nhân', 'Recipients of personal data')}
        back={{ href: '/admin/data-desk', label: t('Yêu cầu về dữ liệu', 'Requests about data') }}
        note={t(
          'Mọi ứng dụng và hệ thống được nhận dữ liệu lúc này, theo đăng ký và hợp đồng. Đã gửi gì của từng người đi đâu thì đọc ở hồ sơ của người ấy.',
          'Every app and system that may get data now, by registration and contract. What was really sent of a person stands in that person’s record.',
        )}
      >
        <a class="button button-primary" href="/api/v1/recipients/register.csv" download>
          <Icon name="download" />
          {t('Tải sổ (CSV)', 'Download (CSV)')}
        </a>
      </Title>
      <Show loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="shield-check">{t('Chưa nơi nào nhận dữ liệu.', 'Nobody gets data.')}</Empty>
          ) : (
            <Ruled onMargin label={t('Nơi nhận', 'Recipients')}>
              {items.map((one) => (
                <RecipientRow key={one.id} recipient={one} />
              ))}
            </Ruled>
          )
        }
      </Show>
    </>
  );
}

function RecipientRow({ recipient }: { readonly recipient: Recipient }) {
  const { id, name, kind, organisation, isExternal, purpose, ground, since, lastAt, schools } = recipient;
  const href = kind === 'app' ? `/admin/apps/${id}` : undefined;
  const said = purpose && t(purpose.vi, purpose.en);
  return (
    <Row
      mark={said ? 'dot' : 'warn'}
      title={
        href ? (
          <a href={href} class="no-underline text-ink hover:underline">
            {name}
          </a>
        ) : (
          name
        )
      }
      note={
        <>
          {organisation.name}
          {isExternal && ` · ${t('ngoài ngành', 'from outside the sector')}`}
          {schools !== null &&
            ` · ${t(`${formatNumber(schools)} trường cho vào`, `let in by ${formatNumber(schools)} schools`)}`}
        </>
      }
      act={
        <span class="text-quiet">
          {t(`từ ${formatDate(since)}`, `since ${formatDate(since)}`)}
          {lastAt && ` · ${t(`lần cuối ${formatDate(lastAt)}`, `last ${formatDate(lastAt)}`)}`}
        </span>
      }
    >
      <dl class="facts mt-2">
        <Fields label={t('Về học sinh', 'Of learners')} fields={recipient.fieldsOfLearners} />
        <Fields label={t('Về người khác', 'Of others')} fields={recipient.fieldsOfOthers} />
        <dt>{t('Mục đích', 'Purpose')}</dt>
        <dd>{said || t('chưa ai ghi', 'nobody wrote it down')}</dd>
        <dt>{t('Căn cứ', 'Ground')}</dt>
        <dd>{groundName(ground)}</dd>
      </dl>
    </Row>
  );
}

function Fields({ label, fields }: { readonly label: string; readonly fields: Recipient['fieldsOfLearners'] }) {
  if (fields.length === 0) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>{fields.map(fieldName).join(', ')}</dd>
    </>
  );
}
