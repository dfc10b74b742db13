import { t } from '../../design/language.ts';

/** What a snippet is filled in with. */
export interface Settings {
  readonly issuer: string;
  readonly clientId: string;
  readonly callback: string;
  readonly scopes: readonly string[];
  readonly hasSecret: boolean;
}

/** One kind of software, with what a developer pastes there; only the secret is missing. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  /** What has to be chosen at the app for it, or is worth knowing. */
  readonly note?: () => string;
  readonly code: (settings: Settings) => string;
}

const pathOf = (address: string): string => /^[a-z.+-]+:\/*[^/]*(\/[^?#]*)/.exec(address)?.[1] ?? '/callback';
const secret = '$EDUTRUST_SECRET';

/** Others are asked for by a setting of its own, or with the app's own token. */
const isAskedAtSignIn = (scope: string) => scope !== 'offline_access' && !scope.startsWith('ssf.');

export const stacks: readonly Stack[] = [
  {
    id: 'openid-client',
    name: 'Node · openid-client',
    code: ({ issuer, clientId, callback, scopes, hasSecret }) => `// npm install openid-client
import * as oidc from 'openid-client';

const issuer = new URL('${issuer}');
const edutrust = await oidc.discovery(
  issuer,
  '${clientId}',
  ${hasSecret ? 'process.env.EDUTRUST_SECRET' : 'undefined, oidc.None()'},${issuer.startsWith('http:') ? `\n  ${hasSecret ? 'undefined, ' : ''}{ execute: [oidc.allowInsecureRequests] }, // http on this machine` : ''}
);
const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();
const address = oidc.buildAuthorizationUrl(edutrust, {
  redirect_uri: '${callback}',
  scope: '${scopes.join(' ')}',
  state,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});
// send the browser to address; then, at ${callback}:
const tokens = await oidc.authorizationCodeGrant(edutrust, currentUrl, {
  pkceCodeVerifier: verifier,
  expectedState: state,
});
const person = await oidc.fetchUserInfo(edutrust, tokens.access_token, tokens.claims().sub);`,
  },
  {
    id: 'authjs',
    name: 'Auth.js (Next.js)',
    code: ({ issuer, clientId, scopes }) => `// auth.ts; the address to register ends in /api/auth/callback/edutrust
import NextAuth from 'next-auth';

export const { handlers, auth, signIn } = NextAuth({
  providers: [
    {
      id: 'edutrust',
      name: 'EduTrust',
      type: 'oidc',
      issuer: '${issuer}',
      clientId: '${clientId}',
      clientSecret: process.env.EDUTRUST_SECRET,
      authorization: { params: { scope: '${scopes.join(' ')}' } },
      checks: ['pkce', 'state', 'nonce'],
      idToken: false, // the claims are at userinfo
    },
  ],
});`,
  },
  {
    id: 'spring',
    name: 'Spring Security',
    note: () =>
      t(
        'Spring chờ ID token ký bằng RS256: chọn RS256 khi sửa ứng dụng.',
        'Spring expects ID tokens signed by RS256: choose RS256 at the app.',
      ),
    code: ({ issuer, clientId, callback, scopes }) => `# application.yaml, spring-boot-starter-oauth2-client
spring.security.oauth2.client:
  provider.edutrust:
    issuer-uri: ${issuer}
    user-name-attribute: sub
  registration.edutrust:
    client-id: ${clientId}
    client-secret: \${EDUTRUST_SECRET}
    redirect-uri: ${callback}
    scope: ${scopes.join(',')}
# Spring Security 6: set OAuth2AuthorizationRequestCustomizers.withPkce() on the resolver; 7 has it on`,
  },
  {
    id: 'dotnet',
    name: 'ASP.NET Core',
    code: ({ issuer, clientId, callback, scopes }) => `// Microsoft.AspNetCore.Authentication.OpenIdConnect
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
  .AddCookie()
  .AddOpenIdConnect("EduTrust", options => {
    options.Authority = "${issuer}";${issuer.startsWith('http:') ? '\n    options.RequireHttpsMetadata = false; // http on this machine' : ''}
    options.ClientId = "${clientId}";
    options.ClientSecret = builder.Configuration["EDUTRUST_SECRET"];
    options.ResponseType = "code";
    options.UsePkce = true;
    options.MapInboundClaims = false;
    options.GetClaimsFromUserInfoEndpoint = true;
    options.CallbackPath = "${pathOf(callback)}";
    options.Scope.Clear();
${scopes.map((one) => `    options.Scope.Add("${one}");`).join('\n')}
  });`,
  },
  {
    id: 'laravel',
    name: 'PHP · Laravel',
    code: ({ issuer, clientId, callback, scopes }) => `// composer require jumbojett/openid-connect-php
Route::get('${pathOf(callback)}', function () {
    $oidc = new Jumbojett\\OpenIDConnectClient('${issuer}', '${clientId}', env('EDUTRUST_SECRET'));
    $oidc->setRedirectURL('${callback}');
    $oidc->addScope(${JSON.stringify(scopes).replaceAll('"', "'")});
    $oidc->setCodeChallengeMethod('S256');
    $oidc->authenticate();
    $person = $oidc->requestUserInfo(); // $person->sub is the key
});`,
  },
  {
    id: 'authlib',
    name: 'Python · Django, Authlib',
    code: ({ issuer, clientId, callback, scopes }) => `# pip install authlib requests
import os
from authlib.integrations.django_client import OAuth

oauth = OAuth()
oauth.register(
    name="edutrust",
    client_id="${clientId}",
    client_secret=os.environ["EDUTRUST_SECRET"],
    server_metadata_url="${issuer}/.well-known/openid-configuration",
    client_kwargs={"scope": "${scopes.join(' ')}", "code_challenge_method": "S256"},
)

def login(request):
    return oauth.edutrust.authorize_redirect(request, "${callback}")

def callback(request):
    token = oauth.edutrust.authorize_access_token(request)
    person = oauth.edutrust.userinfo(request=request, token=token)`,
  },
  {
    id: 'moodle',
    name: 'Moodle · OAuth 2',
    note: () =>
      t(
        'Moodle không có PKCE và nonce: chọn «Không PKCE, không nonce» khi sửa ứng dụng. Moodle đòi email: xin phạm vi email, chỉ người lớn có.',
        'Moodle has neither PKCE nor nonce: choose “Neither PKCE nor nonce” at the app. It wants an e-mail address: ask for the scope email, which adults alone have.',
      ),
    code: ({ issuer, clientId, scopes }) => `Site administration → Server → OAuth 2 services → Custom
  Name                       EduTrust
  Client ID                  ${clientId}
  Client secret              ${secret}
  Service base URL           ${issuer}
  Scopes included in a login request              ${scopes.filter(isAskedAtSignIn).join(' ')}
  Require email verification                      off
Redirect address to register: https://<moodle>/admin/oauth2callback.php
User field mappings: preferred_username → username, given_name → firstname,
                     family_name → lastname, email → email`,
  },
  {
    id: 'nextcloud',
    name: 'Nextcloud · user_oidc',
    note: () =>
      t(
        'Bản user_oidc cũ không nhận ES256: chọn RS256 cho ID token.',
        'Older versions of user_oidc do not take ES256: choose RS256 for ID tokens.',
      ),
    code: ({ issuer, clientId, scopes }) => `occ app:install user_oidc
occ user_oidc:provider EduTrust \\
  --clientid='${clientId}' --clientsecret="${secret}" \\
  --discoveryuri='${issuer}/.well-known/openid-configuration' \\
  --scope='${scopes.filter(isAskedAtSignIn).join(' ')}' \\
  --unique-uid=1 --mapping-uid=sub --mapping-display-name=name \\
  --mapping-email=email --mapping-groups=groups
# redirect address to register: https://<nextcloud>/apps/user_oidc/code`,
  },
  {
    id: 'grafana',
    name: 'Grafana',
    code: ({
      issuer,
      clientId,
      scopes,
    }) => `# grafana.ini; redirect address to register: https://<grafana>/login/generic_oauth
[auth.generic_oauth]
enabled = true
name = EduTrust
client_id = ${clientId}
client_secret = ${secret}
scopes = ${scopes.filter(isAskedAtSignIn).join(' ')}
auth_url = ${issuer}/oidc/auth
token_url = ${issuer}/oidc/token
api_url = ${issuer}/oidc/userinfo
use_pkce = true
login_attribute_path = preferred_username
name_attribute_path = name
groups_attribute_path = groups
role_attribute_path = contains(roles[*], 'staff') && 'Editor' || 'Viewer'`,
  },
  {
    id: 'oauth2-proxy',
    name: 'oauth2-proxy',
    code: ({ issuer, clientId, scopes }) => `oauth2-proxy --provider=oidc \\
  --oidc-issuer-url='${issuer}' \\
  --client-id='${clientId}' --client-secret="${secret}" \\
  --redirect-url='https://<app>/oauth2/callback' \\
  --scope='${scopes.filter(isAskedAtSignIn).join(' ')}' \\
  --code-challenge-method=S256 \\
  --oidc-email-claim=sub --user-id-claim=sub \\
  --oidc-groups-claim=groups --email-domain='*'
# the e-mail address as identity instead: --oidc-email-claim=email --insecure-oidc-allow-unverified-email`,
  },
  {
    id: 'mod-auth-openidc',
    name: 'Apache · mod_auth_openidc',
    code: ({ issuer, clientId, scopes }) => `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret "exec:/bin/cat /etc/apache2/edutrust-secret"
OIDCRedirectURI https://<app>/redirect
OIDCCryptoPassphrase "exec:/bin/cat /etc/apache2/oidc-passphrase"
OIDCScope "${scopes.filter(isAskedAtSignIn).join(' ')}"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
<Location "/">
  AuthType openid-connect
  Require claim roles:teacher
</Location>`,
  },
  {
    id: 'gitlab',
    name: 'GitLab',
    note: () =>
      t(
        'GitLab đòi email: xin phạm vi email, chỉ người lớn có.',
        'GitLab wants an e-mail address: ask for the scope email, which adults alone have.',
      ),
    code: ({ issuer, clientId, scopes }) => `# /etc/gitlab/gitlab.rb
gitlab_rails['omniauth_providers'] = [{
  name: "openid_connect", label: "EduTrust",
  args: {
    name: "openid_connect", issuer: "${issuer}", discovery: true,
    response_type: "code", pkce: true, uid_field: "sub",
    scope: ${JSON.stringify(scopes.filter(isAskedAtSignIn))},
    client_auth_method: "basic", client_signing_alg: "ES256",
    client_options: {
      identifier: "${clientId}", secret: ENV["EDUTRUST_SECRET"],
      redirect_uri: "https://<gitlab>/users/auth/openid_connect/callback"
    }
  }
}]`,
  },
];
