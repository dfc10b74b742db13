import type { RecordedEvent } from '../events/outbox.ts';

/** Types whose events a security monitor wants: sign-ins and their refusals, credentials, rights, keys, two-person acts. */
export const securityTypes = [
  'account.',
  'accounts.',
  'activation.',
  'approval.',
  'app.',
  'badge.',
  'break-glass.',
  'certificate.',
  'data-breach.',
  'guardianship.limited',
  'network.',
  'passkey.',
  'person.erased',
  'person.merged',
  'personal-data.',
  'recovery-code.',
  'role.',
  'second-factor.',
  'session.',
  'sign-in.',
  'signing-key.',
  'upstream.',
] as const;

/** log audit (13), RFC 5424 §6.2.1. */
const facility = 13;
/** Severities of RFC 5424 §6.2.1 with those of CEF. */
const alert = { syslog: 4, cef: 8 };
const notice = { syslog: 5, cef: 5 };
const information = { syslog: 6, cef: 2 };

function severityOf(type: string) {
  if (/^(sign-in|activation|break-glass)\.|guess|spray|erased|breach/.test(type)) return alert;
  if (/^(role|approval|passkey|second-factor|network|app|upstream|guardianship)\.|suspended|resumed|merged/.test(type))
    return notice;
  return information;
}

/** In the header: no bar, no backslash bare (ArcSight CEF, rev. 25). */
const head = (text: string) => text.replace(/[\\|]/g, '\\$&').replace(/[\r\n]+/g, ' ');
/** In an extension: no equals sign, no backslash bare, lines as `\n`. */
const value = (text: string) => text.replace(/[\\=]/g, '\\$&').replace(/\r?\n/g, '\\n');

/**
 * An event as a line of syslog (RFC 5424) with CEF in it. Ids only, as in the log: who somebody is, the monitor asks
 * nobody but EduTrust. `externalId` is the same each time that it is sent.
 */
export function syslogOf({ id, at, type, actor, subject, organisationId, data }: RecordedEvent, host: string): string {
  const { syslog, cef } = severityOf(type);
  const who = actor.kind === 'person' ? actor.personId : actor.kind === 'app' ? actor.clientId : actor.name;
  const extension = {
    rt: String(at.getTime()),
    externalId: id,
    suid: who,
    duid: subject.id,
    cs1Label: 'subjectKind',
    cs1: subject.kind,
    ...(organisationId ? { cs2Label: 'organisation', cs2: organisationId } : {}),
    ...(Object.keys(data).length > 0 ? { cs3Label: 'data', cs3: JSON.stringify(data) } : {}),
  };
  const fields = Object.entries(extension).map(([name, text]) => `${name}=${value(text)}`);
  const message = `CEF:0|EduTrust|EduTrust|1|${head(type)}|${head(type)}|${cef}|${fields.join(' ')}`;
  return `<${facility * 8 + syslog}>1 ${at.toISOString()} ${host} edutrust - ${type} - ${message}`;
}
