import { api, must } from '../design/api.ts';
import { formatNumber, t } from '../design/language.ts';
import { Lifetimes as Bars, type Lifetime } from '../design/lifetimes.tsx';
import { sentence } from './call.ts';
import { subjectParts } from './certificate.tsx';
import { type CertificateProfile, profileName } from './words.ts';

const dayMs = 86_400_000;
/** Sooner than this somebody has to act. */
const soonDays = 30;
/** The soonest are looked at; of longer lists the months below say how many. */
const mostRead = 200;

/** What ends when, the soonest first: each service's certificate by name, people and seals together; authorities last. */
export async function readLifetimes(): Promise<readonly Lifetime[]> {
  const [certificates, authorities] = await Promise.all([
    must(api.GET('/api/v1/certificates', { params: { query: { status: 'valid', limit: mostRead } } })),
    must(api.GET('/api/v1/authorities')),
  ]);
  return [
    ...byKind(certificates.items),
    ...authorities.items
      .filter(({ retiredAt }) => retiredAt === null)
      .map(({ id, name, notAfter }) => lifetime(id, name, t('cơ quan cấp', 'authority'), [notAfter])),
  ].sort((one, other) => one.until - other.until);
}

/** The situation in a sentence: what ends first. */
export function headlineOf(lifetimes: readonly Lifetime[]): string {
  const [first] = lifetimes;
  if (!first) return t('Chưa có chứng thư nào', 'There is no certificate yet');
  return first.isSoon
    ? t(`${sentence(first.name)} sắp hết hạn, ${first.said}`, `${first.name} ends soon, ${first.said}`)
    : t(`Chưa chứng thư nào sắp hết hạn`, `No certificate ends soon`);
}

export function CertificateLifetimes({ lifetimes }: { readonly lifetimes: readonly Lifetime[] }) {
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="lifetimes">
      <h2 id="lifetimes">{t('Còn dùng bao lâu', 'How long they last')}</h2>
      <Bars now={Date.now()} lifetimes={lifetimes} />
    </section>
  );
}

interface Certificate {
  readonly serial: string;
  readonly subject: string;
  readonly profile: CertificateProfile;
  readonly notAfter: string;
}

/** People's and organisations' as one line each kind, or there would be thousands; a service's own by itself. */
function byKind(certificates: readonly Certificate[]): Lifetime[] {
  const many: readonly CertificateProfile[] = ['official', 'seal'];
  const ofAuthorities = ['root', 'issuing-ca', 'cross'];
  const alone = certificates
    .filter(({ profile }) => !many.includes(profile) && !ofAuthorities.includes(profile))
    .map(({ serial, subject, profile, notAfter }) =>
      lifetime(serial, subjectParts(subject).name, profileName(profile), [notAfter], `/admin/certificates/${serial}`),
    );
  const grouped = many.flatMap((profile) => {
    const ends = certificates.filter((one) => one.profile === profile).map(({ notAfter }) => notAfter);
    if (ends.length === 0) return [];
    const count = formatNumber(ends.length) + (certificates.length === mostRead ? '+' : '');
    return [lifetime(profile, `${count} ${profileName(profile).toLowerCase()}`, '', ends)];
  });
  return [...alone, ...grouped];
}

function lifetime(key: string, name: string, kind: string, ends: readonly string[], href?: string): Lifetime {
  const times = ends.map((end) => Date.parse(end));
  const [until, last] = [Math.min(...times), Math.max(...times)];
  const isSoon = until - Date.now() < soonDays * dayMs;
  const [from, to] = [left(until), left(last)];
  const said = from === to ? t(`còn ${from}`, `${from} left`) : t(`còn ${from} đến ${to}`, `${from} to ${to} left`);
  return { key, name, kind, until, isSoon, said, ...(href ? { href } : {}) };
}

/** «21 ngày», «11 tháng», «9 năm». */
function left(until: number): string {
  const days = Math.max(0, Math.floor((until - Date.now()) / dayMs));
  if (days < 60) return t(`${days} ngày`, `${days} days`);
  if (days < 730) return t(`${Math.floor(days / 30.44)} tháng`, `${Math.floor(days / 30.44)} months`);
  return t(`${Math.floor(days / 365.25)} năm`, `${Math.floor(days / 365.25)} years`);
}
