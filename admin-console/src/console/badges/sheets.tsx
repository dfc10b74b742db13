import { useLocation } from 'preact-iso';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { Mark } from '../../design/mark.tsx';
import { pictureOf } from '../../design/pictures.ts';
import { Qr } from '../../design/qr.tsx';
import type { paths } from '../../generated/api.d.ts';
import { type ClassView, fullLine, schoolYearName } from '../classes/views.ts';
import { Title } from '../parts.tsx';
import '../paper.css';

type Badges = paths['/api/v1/classes/{id}/badges']['post']['responses']['201']['content']['application/json'];
type Pins = paths['/api/v1/classes/{id}/pins']['post']['responses']['201']['content']['application/json'];

const givenName = (fullName: string) => fullName.split(' ').at(-1) ?? fullName;

function PrintTitle({
  data,
  title,
  count,
}: {
  readonly data: ClassView;
  readonly title: string;
  readonly count: number;
}) {
  const { path } = useLocation();
  return (
    <div class="no-print grid gap-4">
      <Title
        title={title}
        note={t(
          'Rời trang này thì không hiện lại nữa. A4, cắt theo nét đứt.',
          'Not shown again after this page. A4, cut along the dashes.',
        )}
        back={{ href: path.replace(/\/badges$/, ''), label: `${t('Lớp', 'Class')} ${data.code}` }}
      >
        <button type="button" class="button button-primary" disabled={count === 0} onClick={() => globalThis.print()}>
          <Icon name="printer" /> {t(`In ${count} tờ nhỏ`, `Print ${count}`)}
        </button>
      </Title>
      {count === 0 && <Banner state="warn">{t('Không em nào cần cái mới.', 'Nobody needs a new one.')}</Banner>}
    </div>
  );
}

/** Twelve badges a page, three by four: given name large, the square of 26 mm, the class, and the serial for who finds it. */
export function BadgeSheet({ data, made }: { readonly data: ClassView; readonly made: Badges['made'] }) {
  return (
    <>
      <PrintTitle data={data} title={t(`Thẻ lớp ${data.code}`, `Badges of class ${data.code}`)} count={made.length} />
      <ul class="paper-sheet">
        {made.map(({ person, badge }) => (
          <li key={person.id} class="paper-card badge-card">
            <strong class="badge-given">{givenName(person.fullName)}</strong>
            <span class="paper-small">{fullLine(data, person)}</span>
            <span class="paper-middle">
              <Qr
                text={badge.address}
                label={t(`Thẻ của ${person.fullName}`, `Badge of ${person.fullName}`)}
                class="paper-qr"
              />
              <span class="badge-class">
                <strong>{data.code}</strong>
                <span class="paper-small">{data.organisationName}</span>
                <span class="paper-small">{schoolYearName(data.schoolYear)}</span>
              </span>
            </span>
            <span class="paper-code code" data-badge-code>
              {badge.code}
            </span>
            <span class="paper-small paper-foot">
              <Mark size={16} />
              <span>
                {t('Nhặt được? Gọi nhà trường, đọc số', 'Found it? Call the school and read')}{' '}
                <strong class="code">{badge.serial}</strong>
              </span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Secrets, apart from the badges: each is folded over and handed to its child. */
export function PinSheet({ data, made }: { readonly data: ClassView; readonly made: Pins['made'] }) {
  return (
    <>
      <PrintTitle
        data={data}
        title={t(`Bí mật của thẻ, lớp ${data.code}`, `Secrets of the badges, class ${data.code}`)}
        count={made.length}
      />
      <ul class="paper-sheet">
        {made.map(({ person, kind, pin }) => (
          <li key={person.id} class="paper-card badge-card">
            <strong class="badge-given">{givenName(person.fullName)}</strong>
            <span class="paper-small">
              {fullLine(data, person)} · {data.code}
            </span>
            {kind === 'pictures' ? (
              <span class="badge-pictures" data-pin={pin}>
                {pin.split(' ').map((name, index) => {
                  const { icon, word } = pictureOf(name);
                  return (
                    <span key={name} class="badge-picture">
                      <b class="badge-nth">{index + 1}</b>
                      <Icon name={icon} />
                      {word}
                    </span>
                  );
                })}
              </span>
            ) : (
              <span class="badge-digits code" data-pin={pin}>
                {pin}
              </span>
            )}
            <span class="paper-small">
              {t(
                'Nhớ rồi thì đưa lại cho thầy cô. Không viết lên thẻ.',
                'Once you know it, give this back. Never write it on the badge.',
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
