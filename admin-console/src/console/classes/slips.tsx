import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { useKept } from '../../design/keep.ts';
import { formatDate, formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Mark } from '../../design/mark.tsx';
import { Qr } from '../../design/qr.tsx';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { activationAddress, type MadeCode } from '../activation.ts';
import { Title } from '../parts.tsx';
import '../paper.css';
import type { ClassView } from './views.ts';

type Accounts = paths['/api/v1/classes/{id}/accounts']['get']['responses']['200']['content']['application/json'];
type Codes = paths['/api/v1/classes/{id}/activation-codes']['post']['responses']['201']['content']['application/json'];

/** `/teach/classes/:id/slips`: for whom, asked before anything is made; then the sheet to print and cut. */
export function SlipsPage() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [loaded] = useLoad(id, async () => {
    const [data, accounts] = await Promise.all([
      must(api.GET('/api/v1/classes/{id}', params)),
      must(api.GET('/api/v1/classes/{id}/accounts', params)),
    ]);
    return { data, accounts };
  });
  const [codes, setCodes] = useState<Codes>();
  return (
    <Show loaded={loaded}>
      {({ data, accounts }) =>
        codes ? <Sheet data={data} codes={codes} /> : <Choose data={data} accounts={accounts} onMade={setCodes} />
      }
    </Show>
  );
}

type Which = 'new' | 'chosen' | 'all';

function Choose({
  data,
  accounts,
  onMade,
}: {
  readonly data: ClassView;
  readonly accounts: Accounts;
  readonly onMade: (codes: Codes) => void;
}) {
  const { path } = useLocation();
  const [which, setWhich] = useKept<Which>('which', 'new');
  const [ticked, setTicked] = useKept<readonly string[]>('ticked', []);
  const accountOf = new Map(accounts.items.map((one) => [one.personId, one]));
  const isActive = (id: string) => accountOf.get(id)?.status === 'active';
  const open = data.learners.filter(({ id }) => accountOf.get(id)?.status !== 'suspended');
  const fresh = open.filter(({ id }) => !isActive(id));
  const chosen = which === 'new' ? fresh : which === 'all' ? open : open.filter(({ id }) => ticked.includes(id));
  const resets = chosen.filter(({ id }) => isActive(id));
  const replaced = chosen.filter(({ id }) => accountOf.get(id)?.hasOpenCode);
  const choices: readonly [Which, string, string][] = [
    [
      'new',
      t(`Em chưa kích hoạt (${fresh.length})`, `Those who have not activated (${fresh.length})`),
      t('Em đã kích hoạt không bị động tới.', 'Accounts in use are left alone.'),
    ],
    ['chosen', t('Chọn từng em', 'Choose one by one'), ''],
    ['all', t(`Cả lớp (${open.length})`, `The whole class (${open.length})`), ''],
  ];
  return (
    <>
      <Title
        title={t(`Phiếu kích hoạt lớp ${data.code}`, `Activation slips of class ${data.code}`)}
        note={t('In cho ai? Chưa có mã nào được cấp.', 'For whom? No code has been made yet.')}
        back={{ href: path.replace(/\/slips$/, ''), label: `${t('Lớp', 'Class')} ${data.code}` }}
      />
      <fieldset class="grid gap-3 max-w-xl">
        <legend class="sr-only">{t('In phiếu cho', 'Slips for')}</legend>
        {choices.map(([value, label, note]) => (
          <label
            key={value}
            class="card p-4! flex gap-3 items-start cursor-pointer has-[:checked]:border-accent has-[:checked]:bg-accent-soft"
          >
            <input
              type="radio"
              name="which"
              class="tick mt-0.5"
              checked={which === value}
              onChange={() => setWhich(value)}
            />
            <span>
              <span class="font-semibold">{label}</span>
              {note && <span class="block text-sm text-quiet">{note}</span>}
            </span>
          </label>
        ))}
      </fieldset>
      {which === 'chosen' && (
        <fieldset class="grid gap-x-6 sm:grid-cols-2 lg:grid-cols-3">
          <legend class="font-semibold mb-2">{t('Chọn em', 'Choose')}</legend>
          {open.map(({ id, fullName }) => (
            <label key={id} class="flex gap-3 items-center min-h-11 cursor-pointer">
              <input
                type="checkbox"
                class="tick"
                checked={ticked.includes(id)}
                onChange={() => setTicked(ticked.includes(id) ? ticked.filter((one) => one !== id) : [...ticked, id])}
              />
              <span>
                {fullName}
                {isActive(id) && <span class="text-sm text-quiet"> · {t('đã kích hoạt', 'activated')}</span>}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {resets.length > 0 && (
        <Banner state="warn">
          {t(
            `${resets.length} em đã có tài khoản đang dùng. Ai cầm phiếu mới của các em ấy sẽ đặt lại được mật khẩu.`,
            `${resets.length} of them use their account already. The holder of a new slip can replace the password.`,
          )}
        </Banner>
      )}
      <div class="flex flex-wrap gap-3">
        <ActButton
          primary
          disabled={chosen.length === 0}
          label={t(`Lập ${chosen.length} phiếu`, `Make ${chosen.length} slips`)}
          question={t(`Cấp mã mới cho ${chosen.length} em?`, `New codes for ${chosen.length} pupils?`)}
          confirm={t(`Cấp ${chosen.length} mã`, `Make ${chosen.length} codes`)}
          onConfirm={async () =>
            onMade(
              await must(
                api.POST('/api/v1/classes/{id}/activation-codes', {
                  params: { path: { id: data.id } },
                  body: { personIds: chosen.map(({ id }) => id), ...(resets.length > 0 ? { resetsActive: true } : {}) },
                }),
              ),
            )
          }
        >
          <ul class="list-disc pl-5 grid gap-1">
            <li>
              {t(
                'Mỗi mã dùng được một lần và chỉ hiện trên tờ in này.',
                'Each code works once and is shown on this sheet only.',
              )}
            </li>
            {replaced.length > 0 && (
              <li>
                {t(
                  `${replaced.length} phiếu đã phát mà chưa dùng sẽ thôi dùng được.`,
                  `${replaced.length} slips handed out but not used yet stop working.`,
                )}
              </li>
            )}
            {resets.length > 0 && (
              <li class="font-semibold">
                {t(
                  `${resets.length} em đang dùng tài khoản sẽ có thể bị đặt lại mật khẩu: ${resets.map(({ fullName }) => fullName).join(', ')}.`,
                  `${resets.length} accounts in use can be taken over with the slip: ${resets.map(({ fullName }) => fullName).join(', ')}.`,
                )}
              </li>
            )}
          </ul>
        </ActButton>
      </div>
    </>
  );
}

/** Paper is a screen too: two columns to cut along the lines, black on white, nothing but what the child needs. */
function Sheet({ data, codes }: { readonly data: ClassView; readonly codes: Codes }) {
  const { path } = useLocation();
  const nameOf = new Map(data.learners.map(({ id, fullName }) => [id, fullName]));
  return (
    <>
      <div class="no-print grid gap-4">
        <Title
          title={t(`${codes.made.length} phiếu, lớp ${data.code}`, `${codes.made.length} slips, class ${data.code}`)}
          note={t('Rời trang này thì mã không hiện lại nữa.', 'The codes are not shown again after this page.')}
          back={{ href: path.replace(/\/slips$/, ''), label: `${t('Lớp', 'Class')} ${data.code}` }}
        >
          <button type="button" class="button button-primary" onClick={() => globalThis.print()}>
            {t(`In ${codes.made.length} phiếu`, `Print ${codes.made.length} slips`)}
          </button>
        </Title>
        {codes.skipped.length > 0 && (
          <Banner state="warn">
            {t('Không có phiếu:', 'Without a slip:')}{' '}
            {codes.skipped.map(({ personId, reason }) => `${nameOf.get(personId)} (${skippedName(reason)})`).join(', ')}
          </Banner>
        )}
      </div>
      <ul class="paper-sheet paper-sheet-wide">
        {codes.made.map((made) => (
          <Slip key={made.person.id} made={made} data={data} />
        ))}
      </ul>
    </>
  );
}

function skippedName(reason: Codes['skipped'][number]['reason']): string {
  if (reason === 'active') return t('đang dùng tài khoản', 'uses the account');
  if (reason === 'suspended') return t('tài khoản đang khoá', 'the account is suspended');
  return t('thầy/cô không cấp mã được', 'not yours to invite');
}

function Slip({ made: { person, code, expiresAt }, data }: { readonly made: MadeCode; readonly data: ClassView }) {
  return (
    <li class="paper-card slip-card">
      <span class="paper-head paper-small">
        <span>{t('Phiếu kích hoạt', 'Activation slip')}</span>
        <span>
          {data.organisationName} · {data.code}
        </span>
      </span>
      <strong class="slip-name">{person.fullName}</strong>
      <span class="paper-middle">
        <Qr
          text={activationAddress(code)}
          label={t(`Mã QR của ${person.fullName}`, `QR code of ${person.fullName}`)}
          class="paper-qr"
        />
        <span class="grid gap-1">
          <span class="paper-small">
            {t('Quét, hoặc gõ ở', 'Scan it, or type at')} {location.host}/activate
          </span>
          <strong class="code slip-code" data-activation-code>
            {code.split('-').map((group, index) => (
              <span key={group + String(index)} class="block">
                {group}
              </span>
            ))}
          </strong>
          <span class="paper-small">
            {t('Dùng một lần, trước', 'Works once, before')} {formatDate(expiresAt)}
          </span>
        </span>
      </span>
      <span class="paper-small paper-foot">
        <Mark size={16} />
        <span>
          {t('Mã giáo dục, để nhớ:', 'Education ID, to remember:')}{' '}
          <strong class="code">{formatEducationId(person.educationId)}</strong>
        </span>
      </span>
    </li>
  );
}
