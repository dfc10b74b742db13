import { Unavailable } from '@edutrust/platform/errors';
import { connected, type Finding, good } from '../connector.ts';
import { ask, Refused } from './http.ts';

const urnOfUser = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** Whether a SCIM server answers, takes the token, has users at this address, and says what a user is. */
export async function* examineScim(place: { readonly base: string; readonly token: string }): AsyncGenerator<Finding> {
  const started = performance.now();
  try {
    await ask(place, 'GET', '/Users?count=1');
  } catch (error) {
    const refusal = error instanceof Refused ? error : (error as Error).cause;
    if (!(refusal instanceof Refused)) return yield noAnswer(place.base, error);
    yield connected(started);
    return yield refusal.status === 401 || refusal.status === 403 ? notAccepted(refusal) : noUsers(place.base, refusal);
  }
  yield connected(started);
  yield good('credentials', 'Máy chủ nhận mã truy cập.', 'The server accepts the token.');
  yield good('base', `Có ${place.base}/Users.`, `${place.base}/Users is there.`);
  yield await examineSchema(place);
}

function noAnswer(base: string, error: unknown): Finding {
  const reason = error instanceof Unavailable ? error.detail : { vi: String(error), en: String(error) };
  return {
    step: 'connection',
    state: 'bad',
    sentence: { vi: `${base}: ${reason.vi}`, en: `${base}: ${reason.en}` },
    next: {
      vi: 'Kiểm tra địa chỉ, tường lửa và chứng thư TLS của máy chủ SCIM.',
      en: 'Check the address, the firewall and the TLS certificate of the SCIM server.',
    },
  };
}

function notAccepted({ message }: Refused): Finding {
  return {
    step: 'credentials',
    state: 'bad',
    sentence: {
      vi: `Máy chủ không nhận mã truy cập: ${message}`,
      en: `The server does not accept the token: ${message}`,
    },
    next: {
      vi: 'Lấy mã mới ở phần mềm kia rồi nhập ở Đồng bộ → đích này → Sửa.',
      en: 'Get a new token from that software and enter it under Directory sync → this target → Edit.',
    },
  };
}

function noUsers(base: string, { message }: Refused): Finding {
  return {
    step: 'base',
    state: 'bad',
    sentence: { vi: `Không đọc được ${base}/Users: ${message}`, en: `${base}/Users cannot be read: ${message}` },
    next: {
      vi: 'Địa chỉ phải dừng ngay trước /Users, thường kết thúc bằng /v2.',
      en: 'The address ends right before /Users, usually with /v2.',
    },
  };
}

/** RFC 7644 §4 asks every server for it; some have none and work even so. */
async function examineSchema(place: Parameters<typeof examineScim>[0]): Promise<Finding> {
  const known = await ask(place, 'GET', '/Schemas').then(JSON.stringify, () => '');
  if (known.includes(urnOfUser))
    return good('schema', 'Máy chủ có lược đồ người dùng của SCIM.', 'The server has the user schema of SCIM.');
  return {
    step: 'schema',
    state: 'warning',
    sentence: {
      vi: 'Máy chủ không cho xem lược đồ (/Schemas).',
      en: 'The server does not show its schemas (/Schemas).',
    },
    next: {
      vi: 'Chạy xem trước rồi thử với một người: «Vì sao chưa tới?» cho thấy đích nhận gì.',
      en: 'Preview, then try one person: "Why not there yet?" shows what the target takes.',
    },
  };
}
