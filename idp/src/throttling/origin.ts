import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { readCookie } from '../sessions/cookies.ts';
import type { Origin } from './throttle.ts';

/** Where a request comes from, for the throttle. */
export function originOf(request: FastifyRequest, deviceCookieName: string): Origin {
  const { ip, isBehindUndeclaredProxy } = request;
  return { ip, isBehindUndeclaredProxy, deviceCookie: readCookie(request.headers.cookie, deviceCookieName) };
}

const kept = new WeakMap<IncomingMessage, Origin>();

/** Keeps where the request comes from for what answers it past the framework. */
export function keepOrigin(request: FastifyRequest, deviceCookieName: string): void {
  kept.set(request.raw, originOf(request, deviceCookieName));
}

/** What {@link keepOrigin} kept; of a request that nobody kept nothing is known. */
export function keptOrigin(request: IncomingMessage | undefined): Origin {
  return (request && kept.get(request)) ?? { ip: '', isBehindUndeclaredProxy: true, deviceCookie: undefined };
}
