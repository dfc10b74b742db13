import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RevocationReason, revocationReasons } from '@edutrust/certs/authority';
import { holdCeremony, installCeremony, readRequests, renewRootList, requestCeremony } from '@edutrust/certs/ceremony';
import { toPem } from '@edutrust/certs/certificate';
import { makeExperimentalChain } from '@edutrust/certs/experiment';
import { InvalidInput } from '@edutrust/platform/errors';
import type { Command } from 'commander';
import { addCertsVerify } from './certs-verify.ts';
import { operator, type Program, withContext } from './command.ts';

export function addCertsCommands(program: Program): void {
  const certs = program.command.command('certs').description('certificates and authorities');
  addCertsVerify(certs, program);
  addRequest(certs, program);
  addCeremony(certs, program);
  addInstall(certs, program);
  addRootList(certs, program);
  addExperiment(certs, program);
}

function addRequest(certs: Command, program: Program): void {
  certs
    .command('request')
    .description('make keys for the next issuing authorities and the requests that a ceremony answers')
    .requiredOption('--out <file>', 'where the requests are written')
    .addHelpText('after', '\nExample: edutrust certs request --out requests.json')
    .action(async ({ out }: { out: string }) => {
      await withContext(program, async (context) => writeNew(out, await requestCeremony(context), false));
      program.output().result(
        { requests: out },
        {
          vi: `Đã ghi ${out}. Mang tệp này tới máy làm lễ (không nối mạng) và chạy edutrust certs ceremony.`,
          en: `Wrote ${out}. Take it to the ceremony’s machine, which is connected to nothing, and run edutrust certs ceremony.`,
        },
      );
    });
}

function addCeremony(certs: Command, program: Program): void {
  certs
    .command('ceremony')
    .description('offline: make a root, certify the requests, split the root key, write down what was done')
    .requiredOption('--requests <file>', 'from edutrust certs request')
    .requiredOption('--out <folder>', 'a folder that does not exist yet')
    .requiredOption('--present <names...>', 'who is present')
    .option('--threshold <m>', 'how many shares open the root key', '3')
    .option('--shares <n>', 'how many shares there are', '5')
    .option('--list-days <days>', 'how long the root’s revocation list serves', '365')
    .option('--previous <folder>', 'of the root before, for a roll-over')
    .option('--share <files...>', 'shares of the root before')
    .addHelpText(
      'after',
      '\nExample: edutrust certs ceremony --requests requests.json --out root-1 --present "Trần Văn An" "Lê Thị Bình"',
    )
    .action(async (options: CeremonyFlags) => {
      const number = (text: string, name: string) => {
        const value = Number(text);
        if (Number.isInteger(value) && value > 0) return value;
        throw new InvalidInput('ceremony/bad-number', {
          vi: `--${name} phải là số nguyên dương.`,
          en: `--${name} must be a positive whole number.`,
        });
      };
      const [threshold, shares] = [number(options.threshold, 'threshold'), number(options.shares, 'shares')];
      if (threshold < 2 || threshold > shares || shares > 255) {
        throw new InvalidInput('ceremony/bad-threshold', {
          vi: 'Số phần cần để mở phải từ 2 đến số phần khoá, và tối đa 255 phần.',
          en: 'The threshold must be from 2 to the number of shares, and there are at most 255.',
        });
      }
      const files = await holdCeremony(readRequests(await readText(options.requests)), {
        present: options.present,
        threshold,
        shares,
        now: new Date(),
        rootListDays: number(options.listDays, 'list-days'),
        ...(options.previous ? { previous: await readRoot(options.previous, options.share ?? []) } : {}),
      });
      await mkdir(options.out, { mode: 0o700 }).catch(cannotWrite(options.out));
      for (const { name, content, isSecret } of files) await writeNew(join(options.out, name), content, isSecret);
      program.output().result(
        { folder: options.out, files: files.map(({ name }) => name) },
        {
          vi: `Xong. Giao mỗi người một tệp share-*.txt, in và ký script.md, rồi mang hierarchy.json về máy chủ: edutrust certs install ${join(options.out, 'hierarchy.json')}`,
          en: `Done. Give each holder one share-*.txt, print and sign script.md, and take hierarchy.json to the server: edutrust certs install ${join(options.out, 'hierarchy.json')}`,
        },
      );
    });
}

interface CeremonyFlags {
  readonly requests: string;
  readonly out: string;
  readonly present: readonly string[];
  readonly threshold: string;
  readonly shares: string;
  readonly listDays: string;
  readonly previous?: string;
  readonly share?: readonly string[];
}

function addInstall(certs: Command, program: Program): void {
  certs
    .command('install')
    .description('take over what a ceremony made: hierarchy.json, or a new root.crl')
    .argument('<file>')
    .addHelpText('after', '\nExample: edutrust certs install hierarchy.json')
    .action(async (file: string) => {
      const text = await readText(file);
      const installed = await withContext(program, (context) => installCeremony(context, text, operator()));
      program.output().result({ installed }, { vi: `Đã cài: ${installed}`, en: `Installed: ${installed}` });
    });
}

function addRootList(certs: Command, program: Program): void {
  certs
    .command('root-list')
    .description('offline: open the root key with its shares and sign a new revocation list of the root')
    .requiredOption('--root <folder>', 'that the ceremony left')
    .requiredOption('--share <files...>', 'enough shares')
    .requiredOption('--out <file>', 'where the list is written')
    .option('--list-days <days>', 'how long it serves', '365')
    .option('--revoke <serials...>', 'serial:reason of an authority to revoke, such as 4a…:keyCompromise')
    .addHelpText('after', '\nExample: edutrust certs root-list --root root-1 --share a.txt b.txt c.txt --out root.crl')
    .action(async (options: { root: string; share: string[]; out: string; listDays: string; revoke?: string[] }) => {
      const { certificatePem, sealedKey, shares } = await readRoot(options.root, options.share);
      const list = await renewRootList({
        certificatePem,
        sealedKey,
        shares,
        previousListPem: await readText(join(options.root, 'root.crl')),
        revoke: (options.revoke ?? []).map(readRevocation),
        now: new Date(),
        days: Number(options.listDays),
      });
      await writeNew(options.out, list, false);
      program.output().result(
        { list: options.out },
        {
          vi: `Đã ghi ${options.out}; cài bằng edutrust certs install.`,
          en: `Wrote ${options.out}; install it with edutrust certs install.`,
        },
      );
    });
}

function addExperiment(certs: Command, program: Program): void {
  certs
    .command('experiment')
    .description(
      'a root and a signer under ML-DSA-65 (RFC 9881), to try with other programs; no authority of ours issues such',
    )
    .requiredOption('--out <folder>', 'a folder that does not exist yet')
    .addHelpText(
      'after',
      '\nExample: edutrust certs experiment --out ml-dsa && edutrust certs verify ml-dsa/signer.crt --trusted ml-dsa/root.crt',
    )
    .action(async ({ out }: { out: string }) => {
      const { root, signer, signerKey } = makeExperimentalChain(new Date());
      await mkdir(out, { mode: 0o700 }).catch(cannotWrite(out));
      await writeNew(join(out, 'root.crt'), toPem(root), false);
      await writeNew(join(out, 'signer.crt'), toPem(signer), false);
      await writeNew(join(out, 'signer.key'), signerKey.export({ type: 'pkcs8', format: 'pem' }), true);
      program.output().result(
        { folder: out, signerOctets: signer.length },
        {
          vi: `Đã ghi ${out}: chứng thư người ký dài ${signer.length} byte. Chỉ để thử nghiệm.`,
          en: `Wrote ${out}: the signer’s certificate has ${signer.length} octets. For trying out only.`,
        },
      );
    });
}

function readRevocation(text: string): { serial: string; reason: RevocationReason } {
  const [serial = '', reason = ''] = text.toLowerCase().split(':');
  const known = Object.keys(revocationReasons).find((name) => name.toLowerCase() === reason);
  if (/^[0-9a-f]{16,40}$/.test(serial) && known) return { serial, reason: known as RevocationReason };
  throw new InvalidInput('ceremony/bad-revocation', {
    vi: `“${text}” phải có dạng số-sê-ri:lý-do, lý do là một trong ${Object.keys(revocationReasons).join(', ')}.`,
    en: `“${text}” must be serial:reason, with a reason of ${Object.keys(revocationReasons).join(', ')}.`,
  });
}

async function readRoot(folder: string, shareFiles: readonly string[]) {
  return {
    certificatePem: await readText(join(folder, 'root.crt')),
    sealedKey: await readText(join(folder, 'root.key')),
    shares: await Promise.all(shareFiles.map(readText)),
  };
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInput('ceremony/no-file', {
      vi: `Không đọc được ${file}: ${error.code}.`,
      en: `${file} cannot be read: ${error.code}.`,
    });
  });
}

/** Never over something that is there: a ceremony's files are made once. */
async function writeNew(file: string, content: string | Buffer, isSecret: boolean): Promise<void> {
  await writeFile(file, content, { flag: 'wx', mode: isSecret ? 0o600 : 0o644 }).catch(cannotWrite(file));
}

const cannotWrite = (file: string) => (error: NodeJS.ErrnoException) => {
  const isThere = error.code === 'EEXIST';
  throw new InvalidInput('ceremony/cannot-write', {
    vi: `Không ghi được ${file}: ${isThere ? 'đã có rồi' : error.code}.`,
    en: `${file} cannot be written: ${isThere ? 'it exists' : error.code}.`,
  });
};
