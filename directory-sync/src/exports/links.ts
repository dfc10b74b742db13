import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';

type Tools = Pick<ServiceContext, 'secrets' | 'config' | 'clock'>;

const signatureOf = ({ secrets }: Pick<Tools, 'secrets'>, fileId: string, expires: number): Buffer =>
  createHmac('sha256', secrets.derive('sync.export-links')).update(`${fileId} ${expires}`).digest();

/** A link that opens one file until it expires, for whoever holds it. */
export function linkTo(
  tools: Tools,
  fileId: string,
  seconds: number,
): { readonly url: string; readonly expiresAt: Date } {
  const expires = Math.floor(tools.clock.now().getTime() / 1_000) + seconds;
  const url = new URL(`/api/v1/exports/files/${fileId}`, tools.config.url);
  url.searchParams.set('expires', String(expires));
  url.searchParams.set('signature', signatureOf(tools, fileId, expires).toString('base64url'));
  return { url: url.href, expiresAt: new Date(expires * 1_000) };
}

/** Whether a link is one of ours and has not expired. */
export function isGoodLink(tools: Tools, fileId: string, expires: number, signature: string): boolean {
  const ours = signatureOf(tools, fileId, expires);
  const theirs = Buffer.from(signature, 'base64url');
  if (theirs.length !== ours.length || !timingSafeEqual(theirs, ours)) return false;
  return tools.clock.now().getTime() < expires * 1_000;
}
