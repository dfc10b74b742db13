import { randomUUID, type X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DirectBodyAnswerer } from '@edutrust/platform/http';
import { directly, type Route, route, scope } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type Provider from 'oidc-provider';
import { seeOther } from '../page-reply.ts';
import { keepOrigin } from '../throttling/origin.ts';
import { mustBeBounded } from './bounds.ts';
import { keepCertificate } from './certificate.ts';
import { devicePath } from './device-flow.ts';
import type { createUserinfo } from './userinfo.ts';

/** What answers, for as long as the keys are the same. */
export interface Served {
  readonly callback: ReturnType<Provider['callback']>;
  readonly jwks: string;
  readonly discovery: string;
}

interface Serving {
  now(): Promise<Served>;
  /** What is there and needs no look at the keys first. */
  held(): Served | undefined;
  readonly userinfo: ReturnType<typeof createUserinfo>;
  readonly introspection: DirectBodyAnswerer;
  readonly machineGrant: DirectBodyAnswerer;
  /** The name of the cookie of known devices. */
  readonly deviceCookie: string;
  /** What the caller proved at the TLS connection. */
  certificateOf(request: IncomingMessage): X509Certificate | undefined;
}

const userinfoPath = '/oidc/userinfo';
const interactionHeader = 'x-fapi-interaction-id';
const access = { kind: 'self-authenticating', scheme: 'OpenID Connect' } as const;
const authorizationPath = '/oidc/auth';
const discoveryPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'] as const;
/** It becomes an address, and Node takes 16 KiB of headers. */
const longestFormBytes = 12 * 1024;
const form = 'application/x-www-form-urlencoded';

const publicHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'public, max-age=300',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/** Bytes that are the same until the keys change: from memory where they are there, before the framework. */
function publicDocument(url: string, { now, held }: Serving, pick: (from: Served) => string): Route[] {
  return [
    route({
      method: 'GET',
      url,
      access,
      schema: hide,
      handle: async (_request, reply) => {
        reply.headers(publicHeaders);
        return pick(await now());
      },
    }),
    directly.get(url, () => {
      const from = held();
      return from && { headers: publicHeaders, body: pick(from) };
    }),
  ];
}

const allowEveryOrigin = (url: string) =>
  route({
    method: 'OPTIONS',
    url,
    access,
    schema: hide,
    handle: async (_request, reply) =>
      reply
        .code(204)
        .headers({
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET',
          'access-control-max-age': '3600',
        })
        .header('access-control-allow-headers', '*')
        .send(),
  });

/**
 * FAPI 1.0 Part 1 §6.2.1: what the app calls the request, for its logs; else a name for it, where the app proves itself by a
 * certificate, as FAPI 1.0 has it do.
 */
function interactionOf({ headers }: IncomingMessage, certificate: X509Certificate | undefined): string | undefined {
  const given = headers[interactionHeader];
  if (typeof given === 'string' && /^[\da-f-]{36}$/i.test(given)) return given;
  return certificate && randomUUID();
}

/** Everything else is the library's own, which reads bodies itself. */
function handedOver(url: URL, { now, certificateOf, deviceCookie }: Serving): Route {
  const hand = async (request: FastifyRequest, reply: FastifyReply) => {
    const { callback } = await now();
    keepOrigin(request, deviceCookie);
    reply.hijack();
    const { raw } = request;
    const certificate = certificateOf(raw);
    keepCertificate(raw, certificate);
    raw.headers = forwarded(url, raw.headers);
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.raw.setHeader('cache-control', 'no-store'); // P13
    const interaction = request.url.startsWith(userinfoPath) ? interactionOf(raw, certificate) : undefined;
    if (interaction) reply.raw.setHeader(interactionHeader, interaction);
    await callback(raw, reply.raw);
  };
  return scope({
    prepare: (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    },
    routes: [
      route({
        method: ['GET', 'HEAD'],
        url: authorizationPath,
        access,
        schema: hide,
        handle: (request, reply) => {
          mustBeBounded(new URL(request.url, url).searchParams);
          return hand(request, reply);
        },
      }),
      route({ method: ['GET', 'POST', 'OPTIONS', 'HEAD'], url: '/oidc/*', access, schema: hide, handle: hand }),
      route({ method: ['GET', 'POST', 'HEAD'], url: devicePath, access, schema: hide, handle: hand }),
      route({ method: ['GET', 'HEAD'], url: `${devicePath}/:uid`, access, schema: hide, handle: hand }),
    ],
  });
}

/**
 * OpenID Connect Core §3.1.2.1 and RP-Initiated Logout §2 want POST too. A form on another site does not carry a
 * SameSite=Lax cookie, the navigation that follows does; so a POST becomes the GET of the same parameters.
 */
function postedForms(): Route {
  const turnIntoGet = (url: string) =>
    route({
      method: 'POST',
      url,
      access,
      schema: hide,
      limits: { bodyLimit: longestFormBytes },
      handle: async (request, reply) => {
        const parameters = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
        mustBeBounded(parameters);
        return seeOther(reply, `${url}?${parameters}`);
      },
    });
  return scope({
    prepare: (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser(form, { parseAs: 'string', bodyLimit: longestFormBytes }, (_request, body, done) =>
        done(null, body),
      );
    },
    routes: [turnIntoGet(authorizationPath), turnIntoGet('/oidc/session/end')],
  });
}

/** Discovery, JWKS and everything under `/oidc/`, on the origin of the configuration. */
export const providerRoutes = (url: URL, serving: Serving): Route[] => [
  ...discoveryPaths.flatMap((path) => publicDocument(path, serving, ({ discovery }) => discovery)),
  ...publicDocument('/oidc/jwks', serving, ({ jwks }) => jwks),
  ...discoveryPaths.map(allowEveryOrigin),
  directly.get(userinfoPath, serving.userinfo),
  directly.post('/oidc/token', form, serving.machineGrant),
  directly.post('/oidc/token/introspection', form, serving.introspection),
  handedOver(url, serving),
  postedForms(),
];

/** S6: host and scheme are those of the configuration, whatever the request says. */
export function forwarded<Headers extends IncomingMessage['headers']>(url: URL, headers: Headers): Headers {
  const { 'x-forwarded-host': _host, 'x-forwarded-for': _for, 'client-cert': _certificate, ...rest } = headers;
  return { ...rest, host: url.host, 'x-forwarded-proto': url.protocol.slice(0, -1) } as unknown as Headers;
}
