import { t } from '../design/language.ts';
import { type ContainerFile, filesOf, isContainer } from './container.ts';
import { hexOf, sha256 } from './keys.ts';
import { contentOfXml, isXml } from './xml.ts';

/** Characters of a text that are shown. */
const mostShown = 20_000;
/** Files that a phone shows as they are; of every other it says name, size and digest. */
const readable = /(?:^XML|\.(?:txt|csv|json|xml|md|log))$/i;

/** Whether bytes are files that are shown as such: what a PDF is not. */
export const isFiles = (bytes: Uint8Array): boolean => isContainer(bytes) || isXml(bytes);

/** The files of a container, or XML as it is signed; one that was signed and is kept for reading is shown as it is. */
async function partsOf(bytes: Uint8Array<ArrayBuffer>): Promise<ContainerFile[]> {
  if (!isXml(bytes)) return filesOf(bytes);
  const content = contentOfXml(bytes) ?? bytes;
  return [{ name: 'XML', bytes: content, digestHex: hexOf(await sha256(content)) }];
}

/** Shows each file below one another; gives how many. */
export async function showFiles(bytes: Uint8Array<ArrayBuffer>, host: HTMLElement): Promise<number> {
  const files = await partsOf(bytes);
  host.append(...files.map(cardOf));
  return files.length;
}

/** The text of every file that has one, in its lines. */
export async function readFileLines(bytes: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const files = await partsOf(bytes);
  return files.flatMap((file) => textOf(file)?.slice(0, mostShown).split(/\r?\n/) ?? []);
}

function cardOf(file: ContainerFile): HTMLElement {
  const card = document.createElement('article');
  card.className = 'card grid gap-2';
  const add = (element: string, className: string, text: string) => {
    const part = document.createElement(element);
    part.className = className;
    part.textContent = text; // of a stranger's file: never read as HTML
    card.append(part);
  };
  add('h2', 'font-semibold wrap-anywhere', file.name);
  add('p', 'text-quiet', sizeOf(file.bytes.length));
  const text = textOf(file);
  if (text === undefined)
    add(
      'p',
      '',
      t(
        'Loại tệp này không xem được ở đây. Chỉ ký khi đã biết rõ nội dung.',
        'This kind of file cannot be shown here. Sign only if you know what is in it.',
      ),
    );
  else {
    add('pre', 'text-base whitespace-pre-wrap wrap-anywhere', text.slice(0, mostShown));
    if (text.length > mostShown)
      add('p', 'text-quiet', t('Chỉ hiện phần đầu của tệp.', 'Only the beginning of the file is shown.'));
  }
  add('p', 'text-quiet text-sm font-mono wrap-anywhere', `SHA-256 ${file.digestHex}`);
  return card;
}

/** Plain text in UTF-8 without a character that hides or turns others round. */
function textOf({ name, bytes }: ContainerFile): string | undefined {
  if (!readable.test(name)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /\p{Cf}|[^\P{Cc}\t\r\n]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const sizeOf = (count: number) =>
  count < 1000 ? t(`${count} byte`, `${count} bytes`) : `${Math.ceil(count / 1000)} kB`;
