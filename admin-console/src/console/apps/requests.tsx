import { api, must } from '../../design/api.ts';
import { formatAgo, t } from '../../design/language.ts';
import { useAgain } from '../../design/live.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import type { AppView, Refusal, SeenRequest } from './views.ts';

/** How often the list is read again while somebody looks at it. */
const everyMs = 4_000;

/** The app's last requests, newest first, with the exact reason of each refusal, which the app itself is not told. */
export function Requests({ app }: { readonly app: AppView }) {
  const [requests, reload] = useLoad(`requests ${app.clientId}`, () =>
    must(api.GET('/api/v1/apps/{clientId}/requests', { params: { path: { clientId: app.clientId } } })),
  );
  useAgain(reload, everyMs);
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="requests">
      <h2 id="requests">{t('Yêu cầu gần nhất', 'Last requests')}</h2>
      <Show loaded={requests}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-quiet">
              {app.isSandbox
                ? t(
                    'Chưa có yêu cầu nào. Mỗi lần thử đăng nhập hiện ở đây.',
                    'None yet. Each try of a sign-in appears here.',
                  )
                : t('Không có yêu cầu nào bị từ chối.', 'No request was refused.')}
            </p>
          ) : (
            <Ruled isTight>
              {items.slice(0, 10).map((request) => (
                <Request key={`${request.at} ${request.endpoint}`} app={app} request={request} />
              ))}
            </Ruled>
          )
        }
      </Show>
    </section>
  );
}

function Request({ app, request }: { readonly app: AppView; readonly request: SeenRequest }) {
  const { at, endpoint, error, reason, detail, sent } = request;
  return (
    <Row
      mark={error ? 'bad' : 'good'}
      title={
        <>
          {reason ? refusalName(reason) : worked(endpoint)} <span class="text-quiet">· {formatAgo(at)}</span>
        </>
      }
      note={
        <span class="grid gap-1">
          {reason && <span>{remedyOf(reason)}</span>}
          {reason === 'redirect-uri' && <Addresses sent={sent.redirect_uri} registered={app.redirectUris} />}
          {error && (
            <span class="code text-sm whitespace-normal!">
              {error}: {detail}
            </span>
          )}
          <details>
            <summary>{t('Đã gửi gì', 'What was sent')}</summary>
            <dl class="facts">
              {Object.entries({ endpoint, ...sent }).map(([name, value]) => (
                <>
                  <dt key={name} class="code">
                    {name}
                  </dt>
                  <dd class="code whitespace-normal!">{value}</dd>
                </>
              ))}
            </dl>
          </details>
        </span>
      }
    />
  );
}

function Addresses({
  sent,
  registered,
}: {
  readonly sent: string | undefined;
  readonly registered: readonly string[];
}) {
  return (
    <span class="grid gap-1">
      <s class="code text-sm whitespace-normal!">{sent}</s>
      {registered.map((address) => (
        <span key={address} class="code text-sm whitespace-normal!">
          {address}
        </span>
      ))}
    </span>
  );
}

const worked = (endpoint: string) =>
  endpoint === 'token' ? t('Đã nhận token', 'Tokens were issued') : t('Đăng nhập xong', 'Signed in');

function refusalName(reason: Refusal): string {
  const names: Record<Refusal, string> = {
    'redirect-uri': t('redirect_uri không khớp', 'redirect_uri does not match'),
    'pkce-missing': t('Thiếu PKCE', 'PKCE is missing'),
    'not-pushed': t('Yêu cầu chưa được gửi trước', 'The request was not pushed'),
    'request-object': t('Yêu cầu có chữ ký không dùng được', 'The signed request is not valid'),
    proof: t('Bằng chứng giữ khóa (DPoP) không đúng', 'The proof of the key (DPoP) is not valid'),
    certificate: t('Không đúng chứng thư của ứng dụng', 'Not a certificate of the app'),
    assertion: t('client_assertion không đúng', 'The client_assertion is not valid'),
    verifier: t('code_verifier sai hoặc thiếu', 'code_verifier is wrong or missing'),
    'code-used': t('Mã đã dùng rồi', 'The code was used already'),
    'code-unknown': t('Mã hoặc token không còn', 'The code or token is gone'),
    'code-other-app': t('Mã của ứng dụng khác', 'The code is of another app'),
    secret: t('Sai mã bí mật', 'Wrong secret'),
    'secret-method': t('Không xác thực được ứng dụng', 'The app did not authenticate'),
    scope: t('Xin phạm vi chưa đăng ký', 'A scope that is not registered'),
    'not-signed-in': t('Chưa đăng nhập', 'Nobody is signed in'),
    refused: t('Người dùng không đồng ý', 'The person refused'),
    token: t('Token không dùng được', 'The token is not valid'),
    other: t('Bị từ chối', 'Refused'),
  };
  return names[reason];
}

function remedyOf(reason: Refusal): string {
  const remedies: Record<Refusal, string> = {
    'redirect-uri': t(
      'Phải khớp từng ký tự với một địa chỉ đã đăng ký.',
      'It must equal a registered address, character by character.',
    ),
    'pkce-missing': t(
      'Gửi code_challenge với code_challenge_method=S256.',
      'Send code_challenge with code_challenge_method=S256.',
    ),
    'not-pushed': t(
      'Gửi tham số tới pushed_authorization_request_endpoint, rồi chuyển người dùng với request_uri.',
      'Send the parameters to the pushed_authorization_request_endpoint, then the person with the request_uri.',
    ),
    'request-object': t(
      'Ký bằng khóa đã đăng ký; iss là CLIENT_ID, aud là issuer, exp không quá một giờ sau nbf.',
      'Sign it with a registered key; iss is the CLIENT_ID, aud the issuer, exp within an hour of nbf.',
    ),
    proof: t(
      'Mỗi yêu cầu một bằng chứng mới: htm, htu, jti, iat, nonce vừa nhận, và ath cùng với token.',
      'A new proof for each request: htm, htu, jti, iat, the latest nonce, and ath with a token.',
    ),
    certificate: t(
      'Gửi tới mtls_endpoint_aliases, với đúng chứng thư đã đăng ký và còn hạn.',
      'Use the mtls_endpoint_aliases, with a registered certificate that is still valid.',
    ),
    assertion: t(
      'iss và sub là CLIENT_ID, aud là issuer, exp trong một giờ, jti dùng một lần.',
      'iss and sub are the CLIENT_ID, aud is the issuer, exp within an hour, jti used once.',
    ),
    verifier: t(
      'Giữ code_verifier trong phiên của trình duyệt cho tới lúc đổi mã.',
      'Keep the code_verifier in the browser’s session until the code is redeemed.',
    ),
    'code-used': t(
      'Trang quay về bị tải lại? Mỗi mã đổi được một lần.',
      'Was the page loaded twice? Each code is redeemed once.',
    ),
    'code-unknown': t('Mã sống 60 giây; hãy đăng nhập lại.', 'A code lives 60 seconds; sign in again.'),
    'code-other-app': t('Kiểm tra CLIENT_ID.', 'Check CLIENT_ID.'),
    secret: t('Kiểm tra CLIENT_SECRET, hoặc đổi mã bí mật.', 'Check CLIENT_SECRET, or rotate the secret.'),
    'secret-method': t(
      'Gửi mã bí mật bằng HTTP Basic (client_secret_basic).',
      'Send the secret by HTTP Basic (client_secret_basic).',
    ),
    scope: t('Thêm phạm vi khi sửa ứng dụng, hoặc đừng xin.', 'Add the scope to the app, or do not ask for it.'),
    'not-signed-in': t('Bình thường với prompt=none.', 'This is normal with prompt=none.'),
    refused: t('Không cần làm gì.', 'There is nothing to do.'),
    token: t('Access token sống 10 phút; lấy token mới.', 'An access token lives 10 minutes; get a new one.'),
    other: t('Xem lý do chính xác bên dưới.', 'See the exact reason below.'),
  };
  return remedies[reason];
}
