import type { AppSession } from './sessions.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const safe = (text: string) => text.replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? sign);

const labels: Readonly<Record<string, string>> = {
  name: 'Họ và tên',
  given_name: 'Tên',
  family_name: 'Họ',
  birthdate: 'Ngày sinh',
  education_id: 'Mã giáo dục',
  affiliations: 'Nơi học tập, công tác',
  sub: 'Mã riêng của bạn ở ứng dụng này',
};

function page(name: string, body: string): string {
  return `<!doctype html>
<html lang="vi">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${safe(name)}</title></head>
<body><main><h1>${safe(name)}</h1>${body}</main></body>
</html>`;
}

/** The app's one page: who is signed in and what the app was told, or the way to sign in. */
export function homePage(name: string, session: AppSession | undefined): string {
  if (!session) {
    return page(name, '<p>Bạn chưa đăng nhập.</p><p><a href="/sign-in">Đăng nhập bằng tài khoản EduTrust</a></p>');
  }
  const rows = Object.entries(session.claims)
    .map(([claim, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `<dt>${safe(labels[claim] ?? claim)}</dt><dd data-claim="${safe(claim)}">${safe(text)}</dd>`;
    })
    .join('');
  return page(
    name,
    `<p>Xin chào, <strong>${safe(String(session.claims.name ?? session.sub))}</strong>.</p>
<p>Ứng dụng này chỉ được biết những điều sau:</p><dl>${rows}</dl>
<form method="post" action="/sign-out"><button>Đăng xuất</button></form>`,
  );
}

export function messagePage(name: string, message: string): string {
  return page(name, `<p>${safe(message)}</p><p><a href="/">Về trang đầu</a></p>`);
}
