import { type Client, NoSuchObjectError, ResultCodeError } from 'ldapts';
import { connected, type Finding, good, type Opening } from '../connector.ts';
import { openClient, profileOf, type Settings } from './client.ts';
import type { Profile } from './profiles.ts';

/** What people and groups are kept as (RFC 2798, RFC 4519 §3.5). */
const classesOf = ({ person, group }: Profile) => [...person.classes, ...group.classes, 'organizationalUnit'];

/** Whether an LDAP server answers, takes the account, has the base, and knows the object classes that people need. */
export async function* examineLdap({ settings, secret }: Opening<Settings>): AsyncGenerator<Finding> {
  const started = performance.now();
  let client: Client;
  try {
    client = await openClient(settings, secret);
  } catch (error) {
    if (!(error instanceof ResultCodeError)) return yield noAnswer(settings, error);
    yield connected(started);
    return yield notAccepted(settings, error);
  }
  try {
    yield connected(started);
    yield good(
      'credentials',
      `Tài khoản ${settings.bindDn} đăng nhập được.`,
      `The account ${settings.bindDn} signs in.`,
    );
    const isThere = await hasEntry(client, settings.baseDn);
    if (!isThere) return yield noBase(settings);
    yield good('base', `Có nhánh ${settings.baseDn}.`, `The base ${settings.baseDn} is there.`);
    yield await examineSchema(client, profileOf(settings));
  } catch (error) {
    yield noAnswer(settings, error);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

function noAnswer({ url }: Settings, error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    step: 'connection',
    state: 'bad',
    sentence: { vi: `${url} không trả lời: ${reason}`, en: `${url} does not answer: ${reason}` },
    next: {
      vi: 'Kiểm tra địa chỉ, cổng, tường lửa và chứng thư TLS của máy chủ LDAP.',
      en: 'Check the address, the port, the firewall and the TLS certificate of the LDAP server.',
    },
  };
}

function notAccepted({ bindDn }: Settings, error: Error): Finding {
  return {
    step: 'credentials',
    state: 'bad',
    sentence: {
      vi: `Máy chủ không nhận tài khoản ${bindDn}: ${error.message}`,
      en: `The server does not accept the account ${bindDn}: ${error.message}`,
    },
    next: {
      vi: 'Nhập lại tài khoản và mật khẩu ở Đồng bộ → đích này → Sửa.',
      en: 'Enter the account and its password again under Directory sync → this target → Edit.',
    },
  };
}

async function hasEntry(client: Client, dn: string): Promise<boolean> {
  try {
    return (await client.search(dn, { scope: 'base', attributes: ['1.1'] })).searchEntries.length === 1;
  } catch (error) {
    if (error instanceof NoSuchObjectError) return false;
    throw error;
  }
}

function noBase({ baseDn }: Settings): Finding {
  return {
    step: 'base',
    state: 'bad',
    sentence: {
      vi: `Không có nhánh ${baseDn}, hoặc tài khoản không được đọc nhánh đó.`,
      en: `The base ${baseDn} is not there, or the account may not read it.`,
    },
    next: {
      vi: 'Tạo nhánh đó ở máy chủ, cho tài khoản quyền đọc và ghi, hoặc sửa Base DN.',
      en: 'Create it at the server, let the account read and write it, or correct the base DN.',
    },
  };
}

/** The server names its classes in the subschema entry (RFC 4512 §4.2); one that hides it is not at fault. */
async function examineSchema(client: Client, profile: Profile): Promise<Finding> {
  const neededClasses = classesOf(profile);
  const root = await client.search('', { scope: 'base', attributes: ['subschemaSubentry'] });
  const subschema = String(root.searchEntries[0]?.subschemaSubentry ?? '');
  const filter = '(objectClass=subschema)';
  const found = subschema
    ? await client.search(subschema, { scope: 'base', filter, attributes: ['objectClasses'] }).catch(() => undefined)
    : undefined;
  const known = [found?.searchEntries[0]?.objectClasses ?? []].flat().map(String).join('\n');
  if (known === '')
    return {
      step: 'schema',
      state: 'warning',
      sentence: { vi: 'Máy chủ không cho xem lược đồ.', en: 'The server does not show its schema.' },
      next: {
        vi: `Hỏi người quản trị máy chủ xem có ${neededClasses.join(', ')} không.`,
        en: `Ask its administrator whether it has ${neededClasses.join(', ')}.`,
      },
    };
  const missing = neededClasses.filter((name) => !new RegExp(`'${name}'`, 'i').test(known));
  if (missing.length === 0)
    return good('schema', `Lược đồ có ${neededClasses.join(', ')}.`, `The schema has ${neededClasses.join(', ')}.`);
  return {
    step: 'schema',
    state: 'bad',
    sentence: { vi: `Lược đồ thiếu ${missing.join(', ')}.`, en: `The schema lacks ${missing.join(', ')}.` },
    next: profile.schema,
  };
}
