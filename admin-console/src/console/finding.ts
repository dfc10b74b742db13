import { api, must } from '../design/api.ts';
import type { IconName } from '../design/icons.ts';
import { formatEducationId, t } from '../design/language.ts';
import { stateName } from './documents/views.ts';
import type { Me } from './me.ts';
import { openGroups } from './rooms.ts';
import { roleName } from './words.ts';

export interface Found {
  /** Of what kind it is; those of one kind follow each other. */
  readonly kind: string;
  readonly href: string;
  readonly title: string;
  readonly note?: string;
  readonly icon: IconName;
}

/** What the words name, the console's own pages first; only what this person may see. Nothing for no words. */
export async function findIn(me: Me, typed: string): Promise<readonly Found[]> {
  const words = typed.trim();
  if (words === '') return [];
  const may = (action: string) => me.permissions.includes(action);
  const found = await Promise.all([
    pages(me, words),
    may('people.read') ? people(words) : [],
    may('organisations.read') ? schools(words) : [],
    may('apps.read') ? apps(words) : [],
    may('signing.read') ? documents(words) : [],
    may('certificates.read') ? certificates(words) : [],
  ]);
  return found.flat();
}

/** Without marks, as people type in a hurry. */
export const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toLowerCase();

const hasAll = (text: string, words: string): boolean => {
  const inside = plain(text);
  return plain(words)
    .split(/\s+/)
    .every((word) => inside.includes(word));
};

function pages(me: Me, words: string): Found[] {
  const own = [
    ...openGroups(me).flatMap(({ rooms }) => rooms),
    {
      path: '/account',
      icon: 'settings' as const,
      label: () => t('Tài khoản, passkey, thiết bị', 'Account, passkeys, devices'),
    },
  ];
  return own
    .filter(({ label }) => hasAll(label(), words))
    .map(({ path, icon, label }) => ({ kind: t('Trang', 'Pages'), href: path, title: label(), icon }));
}

async function people(words: string): Promise<Found[]> {
  const { items } = await must(api.GET('/api/v1/people', { params: { query: { q: words, limit: 4 } } }));
  return items.map(({ id, fullName, educationId, affiliations: [first] }) => ({
    kind: t('Người', 'People'),
    href: `/admin/people/${id}`,
    title: fullName,
    icon: 'user',
    note: [
      first && [roleName(first.role), first.className, first.organisation.name].filter(Boolean).join(' · '),
      formatEducationId(educationId),
    ]
      .filter(Boolean)
      .join(' · '),
  }));
}

async function schools(words: string): Promise<Found[]> {
  const { items } = await must(api.GET('/api/v1/organisations', { params: { query: { q: words, limit: 4 } } }));
  return items.map(({ id, name, code, kind }) => ({
    kind: t('Trường', 'Schools'),
    href: kind === 'ward' ? `/admin/schools?ward=${id}` : `/admin/schools/${id}`,
    title: name,
    icon: kind === 'ward' ? 'map-pin' : 'school',
    note: code,
  }));
}

async function apps(words: string): Promise<Found[]> {
  const { items } = await must(api.GET('/api/v1/apps'));
  return items
    .filter(({ name }) => hasAll(name, words))
    .slice(0, 3)
    .map(({ clientId, name }) => ({
      kind: t('Ứng dụng', 'Apps'),
      href: `/admin/apps/${clientId}`,
      title: name,
      icon: 'layout-grid',
    }));
}

/** A document has no page of its own: it is shown alone in the list, by its code. */
async function documents(words: string): Promise<Found[]> {
  const { items } = await must(api.GET('/api/v1/signing/requests', { params: { query: { q: words, limit: 4 } } }));
  return items.map(({ code, title, state, organisation }) => ({
    kind: t('Tài liệu', 'Documents'),
    href: `/admin/signing?q=${code}`,
    title,
    icon: 'signature',
    note: `${stateName(state)} · ${organisation.name}`,
  }));
}

async function certificates(words: string): Promise<Found[]> {
  const { items } = await must(api.GET('/api/v1/certificates', { params: { query: { q: words, limit: 3 } } }));
  return items.map(({ serial, subject }) => ({
    kind: t('Chứng thư', 'Certificates'),
    href: `/admin/certificates/${serial}`,
    title: subject.split(', ').at(-1) ?? subject,
    icon: 'shield-check',
  }));
}
