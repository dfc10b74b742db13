import decodeQR from 'qr/decode.js';

/** A frame is looked at this often: a slow PC of a school reads one in some 60 ms. */
const lookEveryMs = 150;
/** Wide enough for a badge at arm's length, small enough for that PC. */
const frameWidth = 640;

/** The camera before which a child holds the badge. */
export interface BadgeCamera {
  /** False where there is no camera, or nobody allowed it. */
  open(): Promise<boolean>;
  /** Shows the picture and reads badges in it, until one opens or the camera is closed. */
  look(opens: (scanned: string) => Promise<boolean>): Promise<void>;
  close(): void;
}

export function badgeCamera(video: HTMLVideoElement): BadgeCamera {
  let stream: MediaStream | undefined;

  function close(): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
  }

  return {
    close,
    open: async () => {
      try {
        const opened = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'user', width: { ideal: 1280 } },
        });
        close(); // where two were asked for at once, the second is looked at
        stream = opened;
        return true;
      } catch {
        return false;
      }
    },
    look: async (opens) => {
      const own = stream;
      if (!own) return;
      video.srcObject = own;
      await video.play();
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d', { willReadFrequently: true });
      let refused = '';
      while (context && stream === own) {
        const text = readFrame(video, canvas, context);
        if (text && text !== refused) {
          if (await opens(text)) return;
          refused = text; // the same badge is not sent again and again
        }
        await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
      }
    },
  };
}

/** What a badge's QR code says in the camera's picture of now; undefined when there is none to be read. */
function readFrame(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
): string | undefined {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
  canvas.width = frameWidth;
  canvas.height = Math.round((video.videoHeight / video.videoWidth) * frameWidth);
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    return undefined; // no code in this picture
  }
}
