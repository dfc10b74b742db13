import { useLocation } from 'preact-iso';
import { Icon } from '../design/icon.tsx';
import type { IconName } from '../design/icons.ts';
import { t } from '../design/language.ts';
import type { Me } from './me.ts';
import { roleName } from './words.ts';

type Held = Me['roles'][number];

/** Short enough to be read whole: who answers for the city needs not the department's long name. */
const placeOf = ({ organisation }: Held): string =>
  organisation.kind === 'department' ? t('Toàn thành phố', 'The whole city') : organisation.name;

/** Where the work of a role begins. */
function homeOf({ role, organisation }: Held): string {
  if (role === 'teacher') return '/teach';
  if (role === 'signer' || role === 'clerk') return '/sign';
  return organisation.kind === 'school' || organisation.kind === 'centre'
    ? `/admin/schools/${organisation.id}`
    : '/admin';
}

const icons: Readonly<Record<string, IconName>> = {
  teacher: 'graduation-cap',
  signer: 'signature',
  clerk: 'stamp',
  'security-officer': 'shield-check',
  auditor: 'scroll-text',
  'school-administrator': 'school',
  'app-owner': 'layout-grid',
};

/** Which of a person's roles they work in; each leads to where its work begins. */
export function RoleSwitch({ me: { roles } }: { readonly me: Me }) {
  const { path } = useLocation();
  const here =
    roles.find((held) => homeOf(held) === path) ??
    roles.find(({ role }) => path.startsWith('/teach') === (role === 'teacher')) ??
    roles[0];
  if (!here) return null;
  const shown = (
    <>
      <Icon name={icons[here.role] ?? 'landmark'} />
      <span class="grow min-w-0">
        <b class="block text-[0.9375rem]">{roleName(here.role)}</b>
        <span class="block text-[0.8125rem] text-quiet truncate">{placeOf(here)}</span>
      </span>
    </>
  );
  if (roles.length === 1) return <p class="role-switch">{shown}</p>;
  return (
    <details class="role-menu" key={path}>
      <summary class="role-switch cursor-pointer">
        <span class="sr-only">{t('Đổi vai trò:', 'Change the role:')}</span>
        {shown}
        <Icon name="chevrons-up-down" />
      </summary>
      <ul>
        {roles.map((held) => (
          <li key={`${held.role} ${held.organisation.id}`}>
            <a href={homeOf(held)} aria-current={held === here ? 'true' : undefined}>
              <Icon name={icons[held.role] ?? 'landmark'} />
              <span class="min-w-0">
                <b class="block">{roleName(held.role)}</b>
                <span class="block text-[0.8125rem] text-quiet">{held.organisation.name}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
