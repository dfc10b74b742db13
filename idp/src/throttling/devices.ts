import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecretBox } from '@edutrust/platform/secrets';

const deviceIdLength = 16;
const tagLength = 8;
/** The last so many people of a browser: a computer of a lab serves classes, and a cookie has 4 KiB. */
const mostPeople = 100;
const form = new RegExp(`^[\\w-]{${deviceIdLength}}\\.(?:[\\w-]{${tagLength}}){0,${mostPeople}}$`);

/**
 * What a browser keeps of who signed in there: one cookie with an identifier of the browser and a short tag for each
 * person, which says nothing to others and is worth nothing on another browser. It opens no account: it only says whose
 * tries are counted apart (R1).
 */
export interface KnownDevices {
  /** The browser's identifier, when this person signed in there before. */
  deviceOf(cookie: string | undefined, personId: string): string | undefined;
  /** The cookie once this person has signed in there: the newest first, the oldest forgotten. */
  remember(cookie: string | undefined, personId: string): string;
}

export function createKnownDevices(secrets: Pick<SecretBox, 'derive'>): KnownDevices {
  const key = secrets.derive('idp/known-device/v2');
  const tagOf = (deviceId: string, personId: string) =>
    createHmac('sha256', key).update(`${deviceId}\0${personId}`).digest('base64url').slice(0, tagLength);
  return {
    deviceOf: (cookie, personId) => {
      const { deviceId, tags } = parse(cookie) ?? {};
      if (deviceId === undefined || tags === undefined) return undefined;
      const wanted = Buffer.from(tagOf(deviceId, personId));
      return tags.some((tag) => timingSafeEqual(Buffer.from(tag), wanted)) ? deviceId : undefined;
    },
    remember: (cookie, personId) => {
      const { deviceId, tags } = parse(cookie) ?? { deviceId: newDeviceId(), tags: [] };
      const own = tagOf(deviceId, personId);
      const others = tags.filter((tag) => tag !== own).slice(0, mostPeople - 1);
      return `${deviceId}.${[own, ...others].join('')}`;
    },
  };
}

const newDeviceId = () => randomBytes((deviceIdLength * 3) / 4).toString('base64url');

function parse(cookie: string | undefined): { readonly deviceId: string; readonly tags: string[] } | undefined {
  if (!cookie || !form.test(cookie)) return undefined;
  const [deviceId = '', tags = ''] = cookie.split('.');
  return { deviceId, tags: tags.match(new RegExp(`.{${tagLength}}`, 'g')) ?? [] };
}
