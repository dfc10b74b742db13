import { useState } from 'preact/hooks';
import { Segments } from '../../design/choices.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import type { AppView } from './views.ts';

const stacks = ['node', 'spring', 'php', 'dotnet'] as const;
type Stack = (typeof stacks)[number];

const names: Readonly<Record<Stack, string>> = {
  node: 'Node',
  spring: 'Spring',
  php: 'PHP',
  dotnet: '.NET',
};

/** What a developer pastes, filled in for this app; only the secret is missing. */
export function Snippets({ app }: { readonly app: AppView }) {
  const [stack, setStack] = useState<Stack>('node');
  const [isCopied, setCopied] = useState(false);
  const code = snippet(stack, app, location.origin);
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="snippets">
      <h2 id="snippets">{t('Dán vào dự án', 'Paste into the project')}</h2>
      <div class="flex flex-wrap items-center justify-between gap-3">
        <Segments
          label={t('Nền tảng', 'Stack')}
          value={stack}
          options={stacks.map((value) => ({ value, label: names[value] }))}
          onChoose={(next) => {
            setStack(next);
            setCopied(false);
          }}
        />
        <button
          type="button"
          class="button button-small"
          onClick={async () => {
            await navigator.clipboard.writeText(code);
            setCopied(true);
          }}
        >
          <Icon name={isCopied ? 'check' : 'copy'} />
          {isCopied ? t('Đã chép', 'Copied') : t('Chép', 'Copy')}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard */}
      <pre class="listing" tabIndex={0}>
        {code}
      </pre>
    </section>
  );
}

function snippet(stack: Stack, app: AppView, issuer: string): string {
  const callback = app.redirectUris[0] ?? 'http://localhost:3000/callback';
  const scope = app.scopes.join(' ');
  const isPublic = app.kind !== 'web';
  switch (stack) {
    case 'node':
      return `// npm install openid-client
import * as oidc from 'openid-client';

const edutrust = await oidc.discovery(
  new URL('${issuer}'),
  '${app.clientId}',${isPublic ? '' : '\n  process.env.EDUTRUST_SECRET,'}
);
const verifier = oidc.randomPKCECodeVerifier();
const address = oidc.buildAuthorizationUrl(edutrust, {
  redirect_uri: '${callback}',
  scope: '${scope}',
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});`;
    case 'spring':
      return `# application.yaml, spring-boot-starter-oauth2-client (Spring Security 7: PKCE is on)
spring.security.oauth2.client:
  provider.edutrust.issuer-uri: ${issuer}
  registration.edutrust:
    client-id: ${app.clientId}
    client-secret: \${EDUTRUST_SECRET}
    redirect-uri: ${callback}
    scope: ${app.scopes.join(',')}`;
    case 'php':
      return `// composer require jumbojett/openid-connect-php
$oidc = new Jumbojett\\OpenIDConnectClient(
    '${issuer}', '${app.clientId}', getenv('EDUTRUST_SECRET'));
$oidc->setRedirectURL('${callback}');
$oidc->addScope(${JSON.stringify(app.scopes)});
$oidc->setCodeChallengeMethod('S256');
$oidc->authenticate();
$person = $oidc->requestUserInfo();`;
    case 'dotnet':
      return `// Microsoft.AspNetCore.Authentication.OpenIdConnect
builder.Services.AddAuthentication().AddOpenIdConnect("EduTrust", options => {
    options.Authority = "${issuer}";
    options.ClientId = "${app.clientId}";
    options.ClientSecret = builder.Configuration["EDUTRUST_SECRET"];
    options.ResponseType = "code";
    options.GetClaimsFromUserInfoEndpoint = true;
    options.CallbackPath = "${pathOf(callback)}";
${app.scopes.map((one) => `    options.Scope.Add("${one}");`).join('\n')}
});`;
  }
}

const pathOf = (address: string): string => /^https?:\/\/[^/]+(\/[^?#]*)/.exec(address)?.[1] ?? '/callback';
