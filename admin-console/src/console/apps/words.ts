import { t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';

export function kindName(kind: string): string {
  const names: Record<string, string> = {
    web: t('Web có máy chủ', 'Web with a server'),
    spa: t('Chạy trong trình duyệt', 'Runs in the browser'),
    native: t('Cài trên máy, điện thoại', 'Installed on a PC or phone'),
    device: t('Màn hình không có bàn phím', 'A screen without a keyboard'),
    machine: t('Máy với máy', 'Machine to machine'),
  };
  return names[kind] ?? kind;
}

export const profiles = ['standard', 'fapi2', 'fapi2-signed'] as const;

/** What an app is held to. */
export function profileName(profile: string): string {
  const names: Record<string, string> = {
    standard: t('Thông thường', 'Standard'),
    fapi2: t('An toàn cao (FAPI 2.0)', 'High security (FAPI 2.0)'),
    'fapi2-signed': t(
      'An toàn cao, mọi thông điệp đều ký (FAPI 2.0 Message Signing)',
      'High security, every message signed (FAPI 2.0 Message Signing)',
    ),
  };
  return names[profile] ?? profile;
}

export const protections = ['pkce', 'nonce', 'none'] as const;

/** What keeps the code of another sign-in out. */
export function protectionName(protection: string): string {
  const names: Record<string, string> = {
    pkce: 'PKCE',
    nonce: t('Không PKCE, dùng nonce', 'No PKCE, a nonce instead'),
    none: t('Không PKCE, không nonce', 'Neither PKCE nor nonce'),
  };
  return names[protection] ?? protection;
}

/** What may happen to an app whose software knows neither. */
export const protectionRisk = (): string =>
  t(
    'Ai lấy được mã đăng nhập của người khác có thể vào ứng dụng này dưới tên người đó.',
    'Whoever gets hold of somebody’s sign-in code may enter this app as that person.',
  );

type Scope = NonNullable<paths['/api/v1/apps']['post']['requestBody']['content']['application/json']['scopes']>[number];

/** What an app may be told, scope by scope (docs/relying-apps.md): as the server has them, or it does not compile. */
const scopeNames = (): Readonly<Record<Scope, string>> => ({
  openid: t('Biết ai đăng nhập, không kèm dữ liệu', 'Knows that the same person came back, no data'),
  profile: t('Họ và tên', 'Full name'),
  school: t('Vai trò, trường, lớp', 'Role, school, class'),
  groups: t('Vai trò, trường, lớp dạng nhóm', 'Role, school, class as groups'),
  email: t('Thư điện tử (người lớn)', 'E-mail address (adults)'),
  birthdate: t('Ngày sinh', 'Birth date'),
  education_id: t('Mã giáo dục', 'Education ID'),
  acting_for: t('Phụ huynh làm thay cho con', 'Guardians act for their children'),
  offline_access: t('Giữ quyền khi người ấy không ở đó', 'Keeps access while the person is away'),
  'ssf.read': t(
    'Nhận tin khi tài khoản bị khoá, đổi mật khẩu, đăng xuất',
    'Hears of locked accounts, new passwords, ended sessions',
  ),
  'ssf.manage': t('Tự đặt nơi nhận các tin ấy', 'Sets where it hears of them'),
  documents: t('Tự trình văn bản của đơn vị để ký', 'Sends documents of the organisation to be signed'),
  service: t('Trình văn bản để người ký ký trên điện thoại', 'Puts documents before signers, who sign on their phones'),
  credential: t('Hỏi người ký ngay khi họ dùng ứng dụng', 'Asks signers while they use the app'),
});

/** In the order in which a form lists them. */
export const scopes = Object.keys(scopeNames()) as readonly Scope[]; // the keys of the table, nothing else

export function scopeName(scope: string): string {
  return (scopeNames() as Readonly<Record<string, string>>)[scope] ?? scope; // an older app may have one that is no more
}

/** Whom an app is for. */
export function audienceName(role: string): string {
  const names: Record<string, string> = {
    learner: t('Học sinh', 'Pupils'),
    teacher: t('Giáo viên', 'Teachers'),
    staff: t('Nhân viên', 'Staff'),
    guardian: t('Phụ huynh', 'Guardians'),
  };
  return names[role] ?? role;
}

/** The claims that a scope brings, as the app reads them (docs/relying-apps.md). */
export function claimsOf(scope: string): string {
  const claims: Record<string, string> = {
    openid: 'sub',
    profile: 'name, given_name, family_name, preferred_username',
    school: 'affiliations',
    groups: 'groups, roles',
    email: 'email, email_verified',
    birthdate: 'birthdate',
    education_id: 'education_id',
    acting_for: 'acting_for',
  };
  return claims[scope] ?? '';
}
