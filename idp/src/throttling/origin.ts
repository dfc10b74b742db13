import type { FastifyRequest } from 'fastify';
import { readCookie } from '../sessions/cookies.ts';
import type { Origin } from './throttle.ts';

/** Where a request comes from, for the throttle. */
export function originOf(request: FastifyRequest, deviceCookieName: string): Origin {
  const { ip, isBehindUndeclaredProxy } = request;
  return { ip, isBehindUndeclaredProxy, deviceCookie: readCookie(request.headers.cookie, deviceCookieName) };
}
