import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'uqr';

const width = 640;
const height = 480;

/**
 * Chromium's flags for a camera that looks at a paper with the QR code: a film of one picture (YUV4MPEG2), black on a
 * grey wall.
 */
export async function cameraOn(text: string): Promise<string[]> {
  const file = join(await mkdtemp(join(tmpdir(), 'edutrust-camera-')), 'badge.y4m');
  await writeFile(file, film(text));
  return [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ];
}

function film(text: string): Buffer {
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  const module = Math.floor(300 / size);
  const left = Math.floor((width - size * module) / 2);
  const top = Math.floor((height - size * module) / 2);
  const light = Buffer.alloc(width * height, 120);
  for (const [y, row] of data.entries()) {
    for (const [x, isDark] of row.entries()) {
      for (let line = 0; line < module; line += 1) {
        const start = (top + y * module + line) * width + left + x * module;
        light.fill(isDark ? 20 : 235, start, start + module);
      }
    }
  }
  const colour = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, colour]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`), frame, frame]);
}
