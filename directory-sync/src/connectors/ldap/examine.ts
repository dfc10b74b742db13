import type { Text } from '@edutrust/platform/messages';
import { type Client, NoSuchObjectError, ResultCodeError } from 'ldapts';
import { connected, type Finding, good, type Opening } from '../connector.ts';
import { openClient, profileOf, type Settings } from './client.ts';
import { peopleDn } from './mapping.ts';
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
    const [root] = (await client.search('', { scope: 'base', attributes: ['subschemaSubentry', 'currentTime'] }))
      .searchEntries;
    yield* clockOf(String(root?.currentTime ?? ''));
    const isThere = await hasEntry(client, settings.baseDn);
    if (!isThere) return yield noBase(settings);
    yield good('base', `Có nhánh ${settings.baseDn}.`, `The base ${settings.baseDn} is there.`);
    yield await examineSchema(client, profileOf(settings), String(root?.subschemaSubentry ?? ''));
    yield* limitsOf(client, settings);
    yield* accountsOf(client, settings);
  } catch (error) {
    yield noAnswer(settings, error);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

function noAnswer({ url }: Settings, error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return {
    step: 'connection',
    state: 'bad',
    sentence: { vi: `${url} không trả lời: ${reason}`, en: `${url} does not answer: ${reason}` },
    next: certificateFaults.find(({ codes }) => codes.test(code))?.next ?? {
      vi: 'Kiểm tra địa chỉ, cổng và tường lửa; máy chủ có đang chạy không?',
      en: 'Check the address, the port and the firewall; is the server running?',
    },
  };
}

/** What is wrong with a server's certificate, by the codes of Node (`X509_V_ERR_…` of OpenSSL). */
const certificateFaults: readonly { readonly codes: RegExp; readonly next: Text }[] = [
  {
    codes: /ALTNAME_INVALID/,
    next: {
      vi: 'Chứng thư mang tên khác: dùng đúng tên máy ghi trong chứng thư, hoặc cấp chứng thư cho tên này.',
      en: 'The certificate is for another name: use the name that it carries, or have one issued for this name.',
    },
  },
  {
    codes: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    next: {
      vi: 'Chứng thư hết hạn hoặc chưa đến hạn: gia hạn nó, và xem đồng hồ của cả hai máy.',
      en: 'The certificate has expired or is not valid yet: renew it, and look at the clocks of both machines.',
    },
  },
  {
    codes: /SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|INVALID_CA|CERT_CHAIN/,
    next: {
      vi: 'Máy này không tin nơi cấp chứng thư: thêm chứng thư gốc của họ vào NODE_EXTRA_CA_CERTS rồi khởi động lại.',
      en: 'This machine does not trust its issuer: add their root certificate by NODE_EXTRA_CA_CERTS and start again.',
    },
  },
];

/** Tickets of a domain and times of certificates bear no more. */
const mostApartSeconds = 300;

/** Active Directory says its time (MS-ADTS §3.1.1.3.2.8: `20261127181000.0Z`); other servers do not. */
function* clockOf(currentTime: string): Generator<Finding> {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(currentTime) ?? [];
  if (year === undefined) return;
  const there = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const apart = Math.round(Math.abs(Date.now() - there) / 1_000);
  if (apart <= mostApartSeconds)
    return yield good('clock', `Hai đồng hồ lệch ${apart} giây.`, `The clocks are ${apart} s apart.`);
  yield {
    step: 'clock',
    state: 'warning',
    sentence: { vi: `Đồng hồ hai máy lệch ${apart} giây.`, en: `The clocks are ${apart} s apart.` },
    next: {
      vi: 'Cho cả hai máy lấy giờ từ cùng một máy chủ NTP.',
      en: 'Have both machines take the time from one NTP server.',
    },
  };
}

const limitPageSize = 500;
/** Limits that servers come with are far below; who reads so many may read all. */
const mostRead = 5_000;

/** Whether the account may read more than a page of people: an answer that stops is no list (D4). */
async function* limitsOf(client: Client, { baseDn, bindDn }: Settings): AsyncGenerator<Finding> {
  let read = 0;
  const paged = { pageSize: limitPageSize };
  try {
    for await (const page of client.searchPaginated(peopleDn(baseDn), { scope: 'one', attributes: ['1.1'], paged })) {
      read += page.searchEntries.length;
      if (read >= mostRead) break;
    }
  } catch (error) {
    if (error instanceof NoSuchObjectError) return; // nothing was brought yet
    if (!(error instanceof ResultCodeError)) throw error;
    return yield {
      step: 'limits',
      state: 'bad',
      sentence: {
        vi: `Máy chủ chỉ cho đọc ${read} người rồi dừng: ${error.message}`,
        en: `The server stops after ${read} people: ${error.message}`,
      },
      next: {
        vi: `Bỏ giới hạn cho ${bindDn}; OpenLDAP: limits dn.exact="${bindDn}" size=unlimited time=unlimited.`,
        en: `Lift the limits of ${bindDn}; OpenLDAP: limits dn.exact="${bindDn}" size=unlimited time=unlimited.`,
      },
    };
  }
  yield good('limits', `Đọc được ${read} người.`, `${read} people can be read.`);
}

/** LDAP_MATCHING_RULE_BIT_AND (MS-ADTS §3.1.1.3.4.4.1). */
const hasBits = '1.2.840.113556.1.4.803';

/**
 * Accounts of a domain that are enabled and have no password, as earlier versions made them. One whose password is to be
 * changed at the next sign-in reads the same, so that they are told and not disabled ({@link Mapping.bitsOf}).
 */
async function* accountsOf(client: Client, settings: Settings): AsyncGenerator<Finding> {
  const { control } = profileOf(settings).person;
  if (!control) return;
  const { attribute, disabled, passwordSet } = control;
  const filter = `(&(${attribute}=*)(!(${attribute}:${hasBits}:=${disabled}))(|(${passwordSet}=0)(!(${passwordSet}=*))))`;
  const options = { scope: 'one', filter, attributes: ['1.1'], paged: { pageSize: limitPageSize } } as const;
  let open = 0;
  try {
    for await (const page of client.searchPaginated(peopleDn(settings.baseDn), { ...options, attributes: ['1.1'] }))
      open += page.searchEntries.length;
  } catch (error) {
    if (error instanceof NoSuchObjectError) return; // nothing was brought yet
    throw error;
  }
  if (open === 0)
    return yield good(
      'accounts',
      'Không tài khoản nào mở mà thiếu mật khẩu.',
      'No account is enabled without a password.',
    );
  yield {
    step: 'accounts',
    state: 'warning',
    sentence: {
      vi: `${open} tài khoản đang mở mà chưa có mật khẩu, hoặc phải đổi mật khẩu.`,
      en: `${open} accounts are enabled and have no password, or one that is to be changed.`,
    },
    next: {
      vi: 'Đặt mật khẩu cho người dùng chúng; khoá những tài khoản còn lại; lệnh ở docs/directory-sync.md.',
      en: 'Set passwords for those whose accounts are used, and disable the others; docs/directory-sync.md has the commands.',
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
async function examineSchema(client: Client, profile: Profile, subschema: string): Promise<Finding> {
  const neededClasses = classesOf(profile);
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
