import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { formatAgo, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { type ClassView, fullLine } from '../classes/views.ts';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { BadgeSheet, PinSheet } from './sheets.tsx';
import { StandIn, type StandInBadge } from './stand-in.tsx';

type Standing = paths['/api/v1/classes/{id}/badges']['get']['responses']['200']['content']['application/json'];
type Badges = paths['/api/v1/classes/{id}/badges']['post']['responses']['201']['content']['application/json'];
type Pins = paths['/api/v1/classes/{id}/pins']['post']['responses']['201']['content']['application/json'];

/** `/teach/classes/:id/badges`: who has a badge and its secret; two sheets to print, one for each. */
export function ClassBadges() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [loaded, reload] = useLoad(id, async () => {
    const [data, standing] = await Promise.all([
      must(api.GET('/api/v1/classes/{id}', params)),
      must(api.GET('/api/v1/classes/{id}/badges', params)),
    ]);
    return { data, standing };
  });
  const [badges, setBadges] = useState<Badges>();
  const [pins, setPins] = useState<Pins>();
  return (
    <Show loaded={loaded}>
      {({ data, standing }) => {
        if (badges) return <BadgeSheet data={data} made={badges.made} />;
        if (pins) return <PinSheet data={data} made={pins.made} />;
        return <Overview data={data} standing={standing} onBadges={setBadges} onPins={setPins} onChanged={reload} />;
      }}
    </Show>
  );
}

function Overview({
  data,
  standing,
  onBadges,
  onPins,
  onChanged,
}: {
  readonly data: ClassView;
  readonly standing: Standing;
  readonly onBadges: (made: Badges) => void;
  readonly onPins: (made: Pins) => void;
  readonly onChanged: () => void;
}) {
  const { path } = useLocation();
  const may = mayDo(data);
  const without = standing.items.filter(({ badge }) => !badge).map(({ person }) => person.id);
  const withoutPin = standing.items.filter(({ pin }) => !pin || pin.isLocked).map(({ person }) => person.id);
  const params = { params: { path: { id: data.id } } };
  const makeBadges = async (personIds: string[], replaces: boolean) =>
    onBadges(await must(api.POST('/api/v1/classes/{id}/badges', { ...params, body: { personIds, replaces } })));
  const makePins = async (personIds: string[], replaces: boolean) =>
    onPins(await must(api.POST('/api/v1/classes/{id}/pins', { ...params, body: { personIds, replaces } })));
  return (
    <>
      <Title
        title={
          without.length === 0
            ? t(`Cả lớp ${data.code} đã có thẻ`, `Everybody in class ${data.code} has a badge`)
            : t(
                `${without.length} em lớp ${data.code} chưa có thẻ`,
                `${without.length} of class ${data.code} have no badge`,
              )
        }
        note={t(
          'Thẻ chỉ mở được ở máy của trường, cùng với hình hoặc số bí mật của em.',
          "A badge opens on the school's computers only, together with the pupil's pictures or digits.",
        )}
        back={{ href: path.replace(/\/badges$/, ''), label: `${t('Lớp', 'Class')} ${data.code}` }}
      >
        {may('accounts.invite') && without.length > 0 && (
          <ActButton
            primary
            label={t(`Làm ${without.length} thẻ`, `Make ${without.length} badges`)}
            question={t(`Làm thẻ cho ${without.length} em?`, `Badges for ${without.length} pupils?`)}
            confirm={t('Làm thẻ', 'Make badges')}
            onConfirm={() => makeBadges(without, false)}
          >
            <p>
              {t(
                'Mã trên thẻ chỉ hiện trên tờ in này. Hình hoặc số bí mật in ở tờ khác.',
                'What is on the badge is shown on this sheet only. The secret pictures or digits are on another sheet.',
              )}
            </p>
          </ActButton>
        )}
        {may('accounts.invite') && withoutPin.length > 0 && (
          <ActButton
            primary={without.length === 0}
            label={t(`Cấp ${withoutPin.length} bí mật`, `Give ${withoutPin.length} secrets`)}
            question={t(
              `Cấp hình hoặc số cho ${withoutPin.length} em?`,
              `Pictures or digits for ${withoutPin.length} pupils?`,
            )}
            confirm={t('Cấp', 'Give')}
            onConfirm={() => makePins(withoutPin, false)}
          >
            <p>
              {t(
                'In riêng, gấp lại, đưa tận tay từng em. Không để chung với thẻ.',
                'Printed apart, folded, handed to each pupil. Never together with the badge.',
              )}
            </p>
          </ActButton>
        )}
      </Title>
      {may('accounts.invite') && <Again standing={standing} makeBadges={makeBadges} makePins={makePins} />}
      <Pupils
        data={data}
        standing={standing}
        mayGive={may('accounts.invite')}
        makeBadges={makeBadges}
        makePins={makePins}
        onChanged={onChanged}
      />
    </>
  );
}

interface Making {
  readonly makeBadges: (personIds: string[], replaces: boolean) => Promise<void>;
  readonly makePins: (personIds: string[], replaces: boolean) => Promise<void>;
}

/** A sheet shows its codes once: one that was closed, jammed or lost is made anew for everybody at once. */
function Again({ standing, makeBadges, makePins }: { readonly standing: Standing } & Making) {
  const withBadge = standing.items.filter(({ badge }) => badge).map(({ person }) => person.id);
  const withPin = standing.items.filter(({ pin }) => pin && !pin.isLocked).map(({ person }) => person.id);
  if (withBadge.length + withPin.length === 0) return null;
  return (
    <details class="no-print">
      <summary>{t('Tờ in hỏng hoặc mất?', 'Is a sheet spoilt or lost?')}</summary>
      <p class="text-quiet">
        {t(
          'Tờ đã rời đi không hiện lại được. Làm tờ mới thì những gì trên tờ cũ thôi dùng được ngay.',
          'A sheet that you have left is not shown again. Once you make a new one, all that is on the old one stops working.',
        )}
      </p>
      <div class="flex flex-wrap gap-3 pt-3">
        {withBadge.length > 0 && (
          <ActButton
            label={t(`Làm lại ${withBadge.length} thẻ`, `Make ${withBadge.length} badges again`)}
            question={t(`Làm lại thẻ của ${withBadge.length} em?`, `New badges for ${withBadge.length} pupils?`)}
            confirm={t('Làm lại thẻ', 'Make them again')}
            onConfirm={() => makeBadges(withBadge, true)}
          >
            <p>{t('Mọi thẻ đã phát của các em này thôi dùng được ngay.', 'Their badges stop working at once.')}</p>
          </ActButton>
        )}
        {withPin.length > 0 && (
          <ActButton
            label={t(`Cấp lại ${withPin.length} bí mật`, `Give ${withPin.length} secrets again`)}
            question={t(
              `Hình hoặc số mới cho ${withPin.length} em?`,
              `New pictures or digits for ${withPin.length} pupils?`,
            )}
            confirm={t('Cấp lại', 'Give them again')}
            onConfirm={() => makePins(withPin, true)}
          >
            <p>{t('Hình hoặc số cũ thôi dùng được ngay.', 'The old ones stop working at once.')}</p>
          </ActButton>
        )}
      </div>
    </details>
  );
}

function Pupils({
  data,
  standing,
  mayGive,
  makeBadges,
  makePins,
  onChanged,
}: {
  readonly data: ClassView;
  readonly standing: Standing;
  readonly mayGive: boolean;
  readonly onChanged: () => void;
} & Making) {
  const [standIn, setStandIn] = useState<StandInBadge>();
  const { isBusy, error, run } = useAction();
  const lend = (person: Standing['items'][number]['person']) =>
    run(async () => {
      const badge = await must(api.POST('/api/v1/people/{id}/stand-in-badge', { params: { path: { id: person.id } } }));
      setStandIn({ ...badge, person });
    });
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <Table
        label={t('Thẻ của lớp', 'Badges of the class')}
        heads={[
          t('Họ và tên', 'Name'),
          t('Thẻ', 'Badge'),
          t('Hình hoặc số', 'Pictures or digits'),
          ...(mayGive ? [t('Giúp', 'Help')] : []),
        ]}
        empty={t('Lớp chưa có em nào.', 'There is no pupil in this class yet.')}
      >
        {standing.items.map(({ person, badge, pin }) => (
          <tr key={person.id}>
            <td class="font-semibold">{fullLine(data, person)}</td>
            <td data-label={t('Thẻ', 'Badge')}>
              {badge ? (
                <State state="good">
                  <span class="code">{badge.serial}</span>
                  {badge.lastUsedAt && ` · ${t('dùng', 'used')} ${formatAgo(badge.lastUsedAt)}`}
                </State>
              ) : (
                <span class="text-quiet">{t('chưa có', 'none yet')}</span>
              )}
            </td>
            <td data-label={t('Hình hoặc số', 'Pictures or digits')}>
              {pin ? (
                <State state={pin.isLocked ? 'warn' : 'good'}>
                  {pin.isLocked
                    ? t('Thử sai quá nhiều, cần cấp lại', 'Too many wrong tries: give a new one')
                    : pin.kind === 'pictures'
                      ? t('Ba hình', 'Three pictures')
                      : t('Số', 'Digits')}
                </State>
              ) : (
                <span class="text-quiet">{t('chưa có', 'none yet')}</span>
              )}
            </td>
            {mayGive && (
              <td class="row-act py-1!">
                {(badge || pin) && (
                  <button type="button" class="button" disabled={isBusy} onClick={() => lend(person)}>
                    {t('Quên thẻ', 'Forgot it')}
                    <span class="sr-only">: {person.fullName}</span>
                  </button>
                )}
                {badge && (
                  <ActButton
                    label={t('Thẻ mới', 'New badge')}
                    question={t(`Thẻ mới cho ${person.fullName}?`, `A new badge for ${person.fullName}?`)}
                    confirm={t('Làm thẻ mới', 'Make it')}
                    onConfirm={() => makeBadges([person.id], true)}
                  >
                    <p>{t('Thẻ cũ thôi dùng được ngay.', 'The old badge stops working at once.')}</p>
                  </ActButton>
                )}
                {pin && (
                  <ActButton
                    label={t('Bí mật mới', 'New secret')}
                    question={t(
                      `Hình hoặc số mới cho ${person.fullName}?`,
                      `New pictures or digits for ${person.fullName}?`,
                    )}
                    confirm={t('Cấp mới', 'Give new ones')}
                    onConfirm={() => makePins([person.id], true)}
                  >
                    <p>{t('Hình hoặc số cũ thôi dùng được ngay.', 'The old ones stop working at once.')}</p>
                  </ActButton>
                )}
              </td>
            )}
          </tr>
        ))}
      </Table>
      {standIn && (
        <StandIn
          badge={standIn}
          onClose={() => {
            setStandIn(undefined);
            onChanged();
          }}
        />
      )}
    </>
  );
}
