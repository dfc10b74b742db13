import { deflateSync } from 'node:zlib';

/** Small PDFs for tests, written by hand so that every part of them can also be wrong. */

const content = 'BT /F1 24 Tf 72 720 Td (Bang diem: 8,5) Tj ET';

/** Objects by number, as text; the second page says something else. */
export function plainObjects(extra: Readonly<Record<number, string>> = {}): Map<number, string> {
  const stream = (text: string) => `<</Length ${text.length}>>\nstream\n${text}\nendstream`;
  const objects: Record<number, string> = {
    1: '<</Type /Catalog /Pages 2 0 R>>',
    2: '<</Type /Pages /Kids [3 0 R 7 0 R] /Count 2 /MediaBox [0 0 595 842]>>',
    3: '<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>',
    4: stream(content),
    5: '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>',
    6: '<</Title (Hoc ba) /Producer (test)>>',
    7: '<</Type /Page /Parent 2 0 R /Contents 8 0 R /Resources <</Font <</F1 5 0 R>>>>>>',
    8: stream(content.replace('8,5', '9,0')),
    ...extra,
  };
  return new Map(Object.entries(objects).map(([number, text]) => [Number(number), text]));
}

const header = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n';

/** A file with a cross-reference table. */
export function tablePdf(objects = plainObjects(), trailerExtra = ''): Buffer {
  const { body, offsets } = write(objects);
  const size = Math.max(...objects.keys()) + 1;
  let xref = `xref\n0 ${size}\n0000000000 65535 f \n`;
  for (let number = 1; number < size; number++) {
    const offset = offsets.get(number);
    xref += offset === undefined ? '0000000000 00000 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`;
  }
  const trailer = `trailer\n<</Size ${size} /Root 1 0 R /Info 6 0 R /ID [<01> <02>]${trailerExtra}>>\n`;
  return Buffer.from(`${body}${xref}${trailer}startxref\n${body.length}\n%%EOF\n`, 'latin1');
}

/** A file with a cross-reference stream whose dictionaries lie in an object stream, both Flate with a PNG predictor or none. */
export function streamPdf(objects = plainObjects()): Buffer {
  const packed = [...objects].filter(([, text]) => !text.includes('stream'));
  const direct = new Map([...objects].filter(([, text]) => text.includes('stream')));
  const last = Math.max(...objects.keys());
  const [container, own] = [last + 1, last + 2];
  let position = 0;
  const heads = packed.map(([number, text]) => {
    const head = `${number} ${position}`;
    position += text.length + 1;
    return head;
  });
  const inner = `${heads.join(' ')}\n`;
  const data = deflateSync(Buffer.from(inner + packed.map(([, text]) => `${text}\n`).join(''), 'latin1')).toString(
    'latin1',
  );
  direct.set(
    container,
    `<</Type /ObjStm /N ${packed.length} /First ${inner.length} /Filter /FlateDecode /Length ${data.length}>>\nstream\n${data}\nendstream`,
  );
  const { body, offsets } = write(direct);
  offsets.set(own, body.length);
  const rows: number[][] = [];
  for (let number = 0; number <= own; number++) {
    const offset = offsets.get(number);
    const index = packed.findIndex(([packedNumber]) => packedNumber === number);
    if (index >= 0) rows.push([2, container >> 8, container & 0xff, index]);
    else rows.push(offset === undefined ? [0, 0, 0, 0] : [1, offset >> 8, offset & 0xff, 0]);
  }
  // PNG "up" on every row, as most writers do.
  const predicted = rows.flatMap((row, at) => [
    2,
    ...row.map((byte, column) => (byte - (rows[at - 1]?.[column] ?? 0)) & 0xff),
  ]);
  const table = deflateSync(Buffer.from(predicted)).toString('latin1');
  const dictionary = `<</Type /XRef /Size ${own + 1} /W [1 2 1] /Root 1 0 R /Info 6 0 R /ID [<01> <02>] /Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 4>> /Length ${table.length}>>`;
  const xref = `${own} 0 obj\n${dictionary}\nstream\n${table}\nendstream\nendobj\n`;
  return Buffer.from(`${body}${xref}startxref\n${body.length}\n%%EOF\n`, 'latin1');
}

/** A table whose trailer points to a stream with one object that old readers do not see (ISO 32000-1 §7.5.8.4). */
export function hybridPdf(): Buffer {
  const objects = plainObjects();
  const hidden = write(new Map([[9, '<</Hidden true>>']]));
  const { body, offsets } = write(objects);
  const hiddenOffset = body.length;
  const hiddenObject = hidden.body.slice(header.length);
  const streamOffset = hiddenOffset + hiddenObject.length;
  const row = String.fromCharCode(1, hiddenOffset >> 8, hiddenOffset & 0xff, 0);
  const stream = `10 0 obj\n<</Type /XRef /Size 11 /Index [9 1] /W [1 2 1] /Length 4>>\nstream\n${row}\nendstream\nendobj\n`;
  let xref = 'xref\n0 9\n0000000000 65535 f \n';
  for (let number = 1; number < 9; number++) xref += `${String(offsets.get(number)).padStart(10, '0')} 00000 n \n`;
  const front = `${body}${hiddenObject}${stream}`;
  const trailer = `trailer\n<</Size 11 /Root 1 0 R /Info 6 0 R /XRefStm ${streamOffset}>>\n`;
  return Buffer.from(`${front}${xref}${trailer}startxref\n${front.length}\n%%EOF\n`, 'latin1');
}

/**
 * Another revision behind a file, as an attacker writes it: any objects, any trailer. `freed` are marked free.
 */
export function appendRevision(
  file: Buffer,
  objects: Readonly<Record<number, string>>,
  options: {
    readonly freed?: readonly number[];
    readonly root?: string;
    readonly junk?: string;
    readonly size?: number;
  } = {},
): Buffer {
  const previous = Number(/startxref\s+(\d+)\s+%%EOF\s*$/u.exec(file.toString('latin1', file.length - 80))?.[1]);
  let body = file.toString('latin1') + (options.junk ?? '');
  let xref = 'xref\n';
  for (const [number, text] of Object.entries(objects)) {
    xref += `${number} 1\n${String(body.length).padStart(10, '0')} 00000 n \n`;
    body += `${number} 0 obj\n${text}\nendobj\n`;
  }
  for (const number of options.freed ?? []) xref += `${number} 1\n0000000000 00001 f \n`;
  const root = options.root ?? /\/Root (\d+ 0 R)/u.exec(body)?.[1] ?? '1 0 R';
  const info = /\/Info (\d+ 0 R)/u.exec(body)?.[1] ?? '6 0 R';
  const size = options.size ?? 500;
  xref += `trailer\n<</Size ${size} /Root ${root} /Info ${info} /Prev ${previous}>>\n`;
  return Buffer.from(`${body}${xref}startxref\n${body.length}\n%%EOF\n`, 'latin1');
}

function write(objects: ReadonlyMap<number, string>) {
  let body = header;
  const offsets = new Map<number, number>();
  for (const [number, text] of objects) {
    offsets.set(number, body.length);
    body += `${number} 0 obj\n${text}\nendobj\n`;
  }
  return { body, offsets };
}
