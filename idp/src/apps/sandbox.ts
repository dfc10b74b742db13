import { Conflict, InvalidInput } from '@edutrust/platform/errors';

const hosts = ['localhost', '127.0.0.1', '[::1]'];
const isHere = (uri: string) =>
  URL.canParse(uri) && new URL(uri).protocol === 'http:' && hosts.includes(new URL(uri).hostname);

interface Sandboxed {
  readonly isSandbox: boolean;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backchannelLogoutUri: string | null;
  readonly homeUri: string | null;
}

/** An app in its sandbox is on the developer's machine and nowhere else. @throws InvalidInput `apps/sandbox-address` */
export function mustStayHere(app: Sandboxed): void {
  if (!app.isSandbox) return;
  const one = [app.backchannelLogoutUri, app.homeUri].filter((uri) => uri !== null);
  const elsewhere = [...app.redirectUris, ...app.postLogoutRedirectUris, ...one].find((uri) => !isHere(uri));
  if (elsewhere === undefined) return;
  const detail = {
    vi: `Khi còn thử nghiệm, ứng dụng chỉ ở trên máy của lập trình viên (http://localhost hoặc http://127.0.0.1), không phải ${elsewhere.slice(0, 200)}.`,
    en: `In its sandbox an app is on its developer’s machine alone (http://localhost or http://127.0.0.1), not at ${elsewhere.slice(0, 200)}.`,
  };
  throw new InvalidInput('apps/sandbox-address', detail, { fields: [{ pointer: '/redirectUris', detail }] });
}

/** Whom real people have used is not taken back into the sandbox: their subjects would become those of invented ones. */
export const alreadyReal = () =>
  new Conflict('apps/real', {
    vi: 'Ứng dụng đã dùng thật thì không quay lại thử nghiệm; hãy tạo một ứng dụng khác để thử.',
    en: 'An app in real use does not go back to the sandbox; make another one to try things.',
  });
