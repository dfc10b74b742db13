import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { trustMaterial } from '@edutrust/certs/authority';
import { boundedLines, verifyBatchLine } from '@edutrust/certs/batch';
import { type Certificate, readPem } from '@edutrust/certs/certificate';
import { type PathRequest, type PathVerdict, validatePath } from '@edutrust/certs/path';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import type { Command } from 'commander';
import { type Program, withContext } from './command.ts';
import { noFile } from './no-file.ts';

const certificateLabels = ['CERTIFICATE', 'X509 CERTIFICATE'] as const;
const largestFileBytes = 16 * 1024 * 1024;

interface Flags {
  readonly batch?: true;
  readonly trusted?: readonly string[];
  readonly untrusted?: readonly string[];
  readonly crl?: readonly string[];
  readonly ocsp?: readonly string[];
  readonly at?: string;
  readonly eku?: string;
  readonly name?: readonly string[];
  readonly requireRevocation?: true;
}

export function addCertsVerify(certs: Command, program: Program): void {
  certs
    .command('verify')
    .description('validate a certification path (RFC 5280 §6): one for a person to read, or a batch for a machine')
    .argument('[file]', 'a certificate, PEM or DER, and maybe its chain behind it; with --batch the requests')
    .option('--trusted <files...>', 'trust anchors; without, those of this installation')
    .option('--untrusted <files...>', 'authorities to build the path from')
    .option('--crl <files...>', 'revocation lists')
    .option('--ocsp <files...>', 'OCSP responses')
    .option('--at <time>', 'judge as of this time (ISO 8601)')
    .option('--eku <oid>', 'a purpose that the certificate must allow')
    .option('--name <names...>', 'who it must be for: dns:HOST, email:ADDRESS or ip:ADDRESS')
    .option(
      '--require-revocation',
      'not valid unless every certificate is known not to be revoked; so it is when lists or responses are given',
    )
    .option('--batch', 'read one JSON object a line from the file or standard input, write one verdict a line')
    .addHelpText(
      'after',
      '\nExamples: edutrust certs verify www.pem --trusted root.pem --untrusted chain.pem --name dns:www.example.edu.vn\n          edutrust certs verify --batch < paths.jsonl',
    )
    .action(async (file: string | undefined, flags: Flags) => {
      if (flags.batch) await verifyBatch(file);
      else if (file) await verifyOne(program, file, flags);
      else
        throw new InvalidInput('certs/no-leaf', {
          vi: 'Hãy nêu tệp chứng thư cần kiểm tra, trước các tuỳ chọn; hoặc dùng --batch.',
          en: 'Name the file of the certificate to verify, before the options; or use --batch.',
        });
    });
}

async function verifyBatch(file: string | undefined): Promise<void> {
  if (file && !(await stat(file).catch(() => undefined))?.isFile()) throw noFile(file);
  for await (const line of boundedLines(file ? createReadStream(file) : process.stdin)) {
    if (line.trim() === '') continue;
    if (!process.stdout.write(`${verifyBatchLine(line)}\n`)) await once(process.stdout, 'drain');
  }
}

async function verifyOne(program: Program, file: string, flags: Flags): Promise<void> {
  const output = program.output();
  const request = await readRequest(program, file, flags);
  const verdict = validatePath(request);
  output.result({ file, at: request.at.toISOString(), ...report(verdict) }, sentence(verdict, request.at));
  if (verdict.verdict !== 'valid') process.exitCode = 1;
}

async function readRequest(program: Program, file: string, flags: Flags): Promise<PathRequest> {
  const { at, eku, name, requireRevocation } = flags;
  const moment = at ? parseTime(at) : new Date();
  if (eku && !/^[0-2](?:\.(?:0|[1-9]\d{0,38}))+$/.test(eku))
    throw new InvalidInput('certs/bad-purpose', {
      vi: `«${eku}» không phải mã mục đích (OID), chẳng hạn 1.3.6.1.5.5.7.3.1.`,
      en: `"${eku}" is not an object identifier, such as 1.3.6.1.5.5.7.3.1.`,
    });
  const names = parseNames(name ?? []);
  const [leaf, ...chain] = await readDocuments(file, certificateLabels);
  const read = async (files: readonly string[] | undefined, labels: readonly string[]) =>
    (await Promise.all((files ?? []).map((one) => readDocuments(one, labels)))).flat();
  const trusted = await read(flags.trusted, certificateLabels);
  const given = [...chain, ...(await read(flags.untrusted, certificateLabels))];
  const crls = await read(flags.crl, ['X509 CRL', 'CRL']);
  const ocsp = await read(flags.ocsp, ['OCSP RESPONSE']);
  const own = flags.trusted ? undefined : await withContext(program, trustMaterial);
  return {
    leaf: leaf ?? Buffer.alloc(0),
    untrusted: [...given, ...(own?.untrusted ?? [])],
    anchors: own?.anchors ?? trusted,
    crls: [...crls, ...(own?.crls ?? [])],
    ocsp,
    at: moment,
    requireRevocation: requireRevocation ?? 'when-given',
    ...(eku ? { extendedKeyUsage: eku } : {}),
    ...(names ? { name: names } : {}),
  };
}

/** What the file holds: PEM of one of these labels, each at least once, or DER of one document. */
async function readDocuments(file: string, labels: readonly string[]): Promise<Buffer[]> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw noFile(file);
  if (found.size > largestFileBytes)
    throw new InvalidInput('certs/too-large', {
      vi: `Tệp ${file} lớn hơn ${largestFileBytes / 2 ** 20} MiB.`,
      en: `The file ${file} is larger than ${largestFileBytes / 2 ** 20} MiB.`,
    });
  const bytes = await readFile(file);
  if (bytes[0] === 0x30) return [bytes]; // DER: a SEQUENCE, which no PEM begins with
  let documents: Buffer[] = [];
  try {
    documents = readPem(bytes.toString('latin1'), ...labels);
  } catch {
    // said below: it is not what was expected
  }
  if (documents.length > 0) return documents;
  throw new InvalidInput('certs/no-document', {
    vi: `Trong tệp ${file} không có ${labels[0]} nào đọc được (PEM hoặc DER).`,
    en: `The file ${file} holds no ${labels[0]} that can be read (PEM or DER).`,
  });
}

function parseTime(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new InvalidInput('certs/bad-time', {
    vi: `Không đọc được thời điểm «${text}»; dùng dạng 2026-11-23T08:00:00Z.`,
    en: `"${text}" is not a time; use a form such as 2026-11-23T08:00:00Z.`,
  });
}

function parseNames(names: readonly string[]): PathRequest['name'] {
  if (names.length === 0) return undefined;
  const wanted: { dns?: string; email?: string; ip?: string } = {};
  for (const name of names) {
    const [kind = '', value] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
    if ((kind !== 'dns' && kind !== 'email' && kind !== 'ip') || !value || wanted[kind] !== undefined)
      throw new InvalidInput('certs/bad-name', {
        vi: `«${name}» phải có dạng dns:…, email:… hoặc ip:…, mỗi loại một lần.`,
        en: `"${name}" must be dns:…, email:… or ip:…, each kind once.`,
      });
    wanted[kind] = value;
  }
  return wanted;
}

function report(verdict: PathVerdict): object {
  if (verdict.verdict === 'valid')
    return { verdict: 'valid', chain: verdict.chain.map(describe), policies: verdict.policies };
  const { code, section, sentence: reason, text, subject } = verdict.refused;
  return { verdict: verdict.verdict, code, section, reason, text, subject, revokedAt: verdict.revokedAt };
}

const describe = ({ subject, issuer, serialHex, notBefore, notAfter, fingerprint }: Certificate) => ({
  subject: subject.toString(),
  issuer: issuer.toString(),
  serial: serialHex,
  notBefore,
  notAfter,
  fingerprint,
});

function sentence(verdict: PathVerdict, at: Date): Text {
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (verdict.verdict === 'valid') {
    const time = at.toISOString();
    const chain = (until: string) =>
      verdict.chain.map(({ subject, notAfter }) => `\n  ${subject} (${until} ${day(notAfter)})`).join('');
    return {
      vi: `Hợp lệ lúc ${time}. Chuỗi chứng thư, từ chứng thư này tới gốc:${chain('đến')}`,
      en: `Valid at ${time}. The chain, from this certificate to the root:${chain('until')}`,
    };
  }
  const { text, section, subject, code } = verdict.refused;
  const about = subject ? `\n  ${subject}` : '';
  const since = verdict.revokedAt ? ` ${day(verdict.revokedAt)}.` : '';
  return verdict.verdict === 'indeterminate'
    ? {
        vi: `Chưa thể kết luận. ${text.vi} (${section}; ${code})${about}`,
        en: `Not known. ${text.en} (${section}; ${code})${about}`,
      }
    : {
        vi: `Không hợp lệ. ${text.vi}${since && ` Từ ngày${since}`} (${section}; ${code})${about}`,
        en: `Not valid. ${text.en}${since && ` Since${since}`} (${section}; ${code})${about}`,
      };
}
