import { timeZone } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import type { Connection, Finding } from '../connectors/connector.ts';
import { isConverged } from '../engine/digest.ts';
import { findDrift } from '../engine/drift.ts';
import { lastProof } from '../engine/proof.ts';
import type { ContractField } from '../model/contract.ts';
import { promisedSeconds } from './lag.ts';
import { examineServer, findTarget, openTarget, type TargetRow } from './store.ts';
import { listTargets, type TargetView } from './views.ts';

/**
 * Walks through everything that a target needs, one step after another, and says of each what to do next. Nothing is
 * written there.
 *
 * @throws NotFound
 */
export async function* examineTarget(context: ServiceContext, targetId: string): AsyncGenerator<Finding> {
  const row = await findTarget(context.db, targetId);
  const target = (await listTargets(context)).find(({ id }) => id === row.id);
  if (!target) throw new TypeError('a target that is found is listed');
  let isReachable = true;
  for await (const finding of examineServer(context, row)) {
    isReachable &&= finding.state !== 'bad';
    yield finding;
  }
  yield await queueOf(context, target);
  yield* quarantineOf(target);
  if (!isReachable) return;
  try {
    await using connection = await openTarget(context, row);
    yield contractOf(target, connection);
    yield await digestOf(context, connection, row);
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    yield { step: 'digest', state: 'bad', sentence: error.detail, next: error.remedy ?? null };
  }
}

/** The neutral field by which a field of the contract is kept. */
const keptAs = (field: ContractField) => (field === 'name' ? 'fullName' : field);
/** Some targets keep these as groups alone. */
const groupFields: ReadonlySet<ContractField> = new Set(['roles', 'organisations', 'classes']);

/** As people call them. */
const fieldNames: Readonly<Record<ContractField, Text>> = {
  name: { vi: 'họ tên', en: 'name' },
  birthDate: { vi: 'ngày sinh', en: 'birth date' },
  gender: { vi: 'giới tính', en: 'gender' },
  roles: { vi: 'vai trò', en: 'roles' },
  organisations: { vi: 'trường', en: 'schools' },
  classes: { vi: 'lớp', en: 'classes' },
  titles: { vi: 'chức danh', en: 'titles' },
};
const namesOf = (fields: readonly ContractField[]): Text => ({
  vi: fields.map((field) => fieldNames[field].vi).join(', '),
  en: fields.map((field) => fieldNames[field].en).join(', '),
});

const vietnamTime = new Intl.DateTimeFormat('vi', { timeZone, dateStyle: 'short', timeStyle: 'short' });

function contractOf({ contract }: TargetView, { carries }: Connection): Finding {
  const agreed = [...new Set([...contract.learners, ...contract.others])];
  const isKept = (field: ContractField) =>
    carries.has(keptAs(field)) || (groupFields.has(field) && carries.has('groups'));
  const without = namesOf(agreed.filter((field) => !isKept(field)));
  const kept = namesOf(agreed.filter(isKept));
  if (without.vi === '')
    return {
      step: 'contract',
      state: 'good',
      sentence: { vi: `Gửi đi: ${kept.vi}.`, en: `Sent: ${kept.en}.` },
      next: null,
    };
  return {
    step: 'contract',
    state: 'warning',
    sentence: {
      vi: `Gửi đi: ${kept.vi}. Đích không có chỗ cho ${without.vi} nên không gửi.`,
      en: `Sent: ${kept.en}. The target has no place for ${without.en}: not sent.`,
    },
    next: {
      vi: 'Nếu không cần, thêm lại đích với thoả thuận nhỏ hơn.',
      en: 'If it is not needed, add the target again with a smaller contract.',
    },
  };
}

async function queueOf({ db, clock }: ServiceContext, { id, name }: TargetView): Promise<Finding> {
  const { rows } = await sql<{ count: number; since: Date | null }>`
    SELECT count(*), min(added_at) AS since FROM sync.pending WHERE target_id = ${id}`.execute(db);
  const { count = 0, since = null } = rows[0] ?? {};
  const minutes = since ? Math.floor((clock.now().getTime() - since.getTime()) / 60_000) : 0;
  const isLate = minutes * 60 > promisedSeconds;
  return {
    step: 'queue',
    state: isLate ? 'warning' : 'good',
    sentence: {
      vi: count === 0 ? 'Không ai đang chờ sang.' : `${count} người đang chờ sang, lâu nhất ${minutes} phút.`,
      en:
        count === 0 ? 'Nobody waits to be brought.' : `${count} people wait to be brought, the longest ${minutes} min.`,
    },
    next: isLate ? runNow(name) : null,
  };
}

const runNow = (name: string) => ({
  vi: `Chạy ngay: «Xem trước» ở trang của đích, hoặc edutrust sync run ${name} --apply`,
  en: `Run it now: “Preview” on the target’s page, or edutrust sync run ${name} --apply`,
});

/** What stands still: the whole target, what two people have to look at, what the target refused. */
function* quarantineOf({ state, heldRunId, failure, failureCode, name }: TargetView): Generator<Finding> {
  const found: Finding[] = [];
  const add = (finding: Omit<Finding, 'step'>) => found.push({ step: 'quarantine', ...finding });
  if (state === 'paused')
    add({
      state: 'warning',
      sentence: { vi: 'Đích đang tạm dừng.', en: 'The target is paused.' },
      next: { vi: 'Cho chạy tiếp ở Đồng bộ → đích này.', en: 'Resume it under Directory sync → this target.' },
    });
  if (heldRunId)
    add({
      state: 'warning',
      sentence: { vi: 'Một lượt vô hiệu hoá đang bị giữ.', en: 'Disabling is held.' },
      next: {
        vi: 'Hai người xem và cho phép ở Đồng bộ → đích này.',
        en: 'Two people look at it and release it under Directory sync → this target.',
      },
    });
  if (failure)
    add({
      state: 'bad',
      sentence: failure,
      next:
        failureCode === 'sync/changes-refused'
          ? {
              vi: 'Xem từng dòng bị từ chối ở Đồng bộ → đích này, sửa ở đích hoặc trong sổ, rồi chạy lại.',
              en: 'See each refused row under Directory sync → this target, correct it there or here, and run again.',
            }
          : runNow(name),
    });
  if (found.length > 0) yield* found;
  else
    yield {
      step: 'quarantine',
      state: 'good',
      sentence: { vi: 'Không có gì bị giữ hay bị từ chối.', en: 'Nothing is held or refused.' },
      next: null,
    };
}

/** Whether the target was proved to hold what it should, and what somebody else did there since. */
async function digestOf(context: ServiceContext, connection: Connection, target: TargetRow): Promise<Finding> {
  const last = await lastProof(context, target.id);
  const step = 'digest';
  if (!last)
    return {
      step,
      state: 'warning',
      sentence: { vi: 'Chưa lần nào được đối chiếu.', en: 'It was never proved to be in step.' },
      next: runNow(target.name),
    };
  const { proof } = last;
  const at = vietnamTime.format(last.at);
  if (!isConverged(proof))
    return {
      step,
      state: 'bad',
      sentence: {
        vi: `Lần đối chiếu ${at}: ${proof.differing} trong ${proof.people} người ở đích khác với sổ.`,
        en: `Proved at ${at}: ${proof.differing} of ${proof.people} people differ at the target.`,
      },
      next: runNow(target.name),
    };
  const drift = await findDrift(context, connection, target);
  if (drift && drift.personIds.length > 0)
    return {
      step,
      state: 'bad',
      sentence: {
        vi: `Từ ${at}, ai đó đã sửa ${drift.personIds.length} người ngay ở đích.`,
        en: `Since ${at} somebody changed ${drift.personIds.length} people at the target itself.`,
      },
      next: runNow(target.name),
    };
  const digest = proof.held.slice(0, 12);
  return {
    step,
    state: 'good',
    sentence: drift
      ? {
          vi: `${proof.people} người khớp với sổ (${digest}); từ ${at} không ai sửa ở đích: đọc ${drift.touched} trong ${drift.buckets} phần.`,
          en: `${proof.people} people are as they should be (${digest}); nobody changed them there since ${at}: ${drift.touched} of ${drift.buckets} parts read.`,
        }
      : {
          vi: `${proof.people} người khớp với sổ lúc ${at} (${digest}); lượt đêm sẽ đối chiếu lại.`,
          en: `${proof.people} people were as they should be at ${at} (${digest}); the nightly run proves it again.`,
        },
    next: null,
  };
}
