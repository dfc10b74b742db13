import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { schoolYearAt } from '../calendar.ts';
import { createClass } from '../classes/classes.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { createOrganisation } from '../organisations/organisations.ts';
import { merge } from '../people/merge.ts';
import {
  affiliate,
  createIdentifierVault,
  createPerson,
  type NewPerson,
  type PeopleTools,
  transfer,
} from '../people/people.ts';
import { grantRole, type Role } from '../permissions/permissions.ts';
import { isUnfounded } from '../setup/setup.ts';
import { registryOf, type SchoolLevel } from '../tables.ts';
import { type Chooser, createChooser, makeName } from './names.ts';

export interface DemoSchool {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly principalId: string;
  readonly administratorId: string;
  /** Văn thư: keeps the school's seal. Absent in a demo city of before November 2026. */
  readonly clerkId?: string;
  readonly teacherIds: readonly string[];
  readonly classIds: readonly string[];
}

/** The demo city, with the people that stories are told about. */
export interface DemoCity {
  readonly departmentId: string;
  readonly wardIds: readonly string[];
  readonly schools: readonly DemoSchool[];
  readonly people: {
    readonly administrator: string;
    readonly securityOfficer: string;
    readonly auditor: string;
    readonly pupil: string;
    readonly teacher: string;
    readonly principal: string;
    readonly schoolAdministrator: string;
    readonly movedPupil: string;
    readonly twins: readonly [string, string];
    readonly guardian: string;
  };
}

const actor = { kind: 'system', name: 'setup' } as const;

const plans: readonly {
  code: string;
  name: string;
  level: SchoolLevel;
  ward: 0 | 1;
  grades: readonly number[];
  sections: readonly string[];
  perClass: number;
}[] = [
  {
    code: 'TH001',
    name: 'Trường Tiểu học Lê Lợi',
    level: 'primary',
    ward: 0,
    grades: [1, 2, 3, 4, 5],
    sections: ['A'],
    perClass: 28,
  },
  {
    code: 'THCS001',
    name: 'Trường THCS Trần Văn Ơn',
    level: 'lower-secondary',
    ward: 0,
    grades: [6, 7, 8, 9],
    sections: ['A'],
    perClass: 30,
  },
  {
    code: 'THPT001',
    name: 'Trường THPT Nguyễn Thị Minh Khai',
    level: 'upper-secondary',
    ward: 1,
    grades: [10, 11, 12],
    sections: ['A1'],
    perClass: 34,
  },
];

/** Whether the demo city is here or may be made: nobody wants it beside a real one. */
export async function mayHoldDemo(db: Database): Promise<boolean> {
  const { rows } = await sql`SELECT FROM registry.demo_city`.execute(db);
  return rows.length > 0 || (await isUnfounded(db));
}

/**
 * Makes the demo city once; a second call, also after a killed first one, finds what is there.
 *
 * @throws Conflict `demo/not-empty` beside a real city.
 */
export async function seedDemo(context: ServiceContext): Promise<DemoCity> {
  return context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.demo', 0))`.execute(transaction);
    const { rows } = await sql<{ city: DemoCity }>`SELECT city FROM registry.demo_city`.execute(transaction);
    if (rows[0]) return rows[0].city;
    if (!(await isUnfounded(transaction))) throw notEmpty();
    const city = await new CityBuilder(context, transaction).build();
    await sql`INSERT INTO registry.demo_city (city) VALUES (${JSON.stringify(city)})`.execute(transaction);
    return city;
  });
}

function notEmpty(): Conflict {
  return new Conflict(
    'demo/not-empty',
    {
      vi: 'Ở đây đã có dữ liệu thật nên không nạp thành phố mẫu.',
      en: 'There is a real city here: the demo is not added.',
    },
    {
      remedy: {
        vi: 'Đặt EDUTRUST_DATA (hoặc DATABASE_URL) tới một nơi trống.',
        en: 'Set EDUTRUST_DATA (or DATABASE_URL) to an empty place.',
      },
    },
  );
}

/** Those who keep the seals. */
const clerks: Readonly<Partial<Record<SchoolLevel, string>>> = {
  primary: 'Trịnh Thị Thu Hằng',
  'lower-secondary': 'Lâm Ngọc Diệp',
};

/** Holds what every step of building needs. */
class CityBuilder {
  readonly #context: ServiceContext;
  readonly #transaction: Transaction;
  readonly #tools: PeopleTools;
  readonly #choose: Chooser = createChooser(1273);
  readonly #today: string;
  readonly #schoolYear: number;

  constructor(context: ServiceContext, transaction: Transaction) {
    this.#context = context;
    this.#transaction = transaction;
    this.#tools = { issuer: createEducationIdIssuer(context), vault: createIdentifierVault(context.secrets) };
    this.#today = dateInVietnam(context.clock.now());
    this.#schoolYear = schoolYearAt(context.clock.now());
  }

  async build(): Promise<DemoCity> {
    const departmentId = await this.#organisation({
      kind: 'department',
      code: 'SGDDT',
      name: 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh',
      parentId: null,
    });
    const wardIds = [
      await this.#organisation({ kind: 'ward', code: '26740', name: 'Phường Sài Gòn', parentId: departmentId }),
      await this.#organisation({ kind: 'ward', code: '27139', name: 'Phường Xuân Hoà', parentId: departmentId }),
    ];
    const official = async (fullName: string, title: string, role: Role) => {
      const id = await this.#person({
        fullName,
        birthDate: '1980-03-14',
        gender: 'female',
        affiliations: [{ organisationId: departmentId, role: 'staff', title }],
      });
      await this.#role(id, role, departmentId);
      return id;
    };
    const administrator = await official('Lê Thị Bích Hạnh', 'Chuyên viên Phòng CNTT', 'department-administrator');
    const securityOfficer = await official('Phạm Quốc Bảo', 'Cán bộ an toàn thông tin', 'security-officer');
    const auditor = await official('Vũ Thanh Tâm', 'Thanh tra viên', 'auditor');

    const schools: DemoSchool[] = [];
    const learners: string[][] = [];
    for (const plan of plans) {
      const built = await this.#school(plan, wardIds[plan.ward] ?? departmentId);
      schools.push(built.school);
      learners.push(built.learnerIds);
    }
    const [primary, lower, upper] = schools;
    if (!primary || !lower || !upper) throw new Error('the demo city has three schools');
    const edge = await this.#edgeCases(primary, lower, upper, learners[0]?.[3] ?? '');
    return {
      departmentId,
      wardIds,
      schools,
      people: {
        administrator,
        securityOfficer,
        auditor,
        ...edge,
        teacher: primary.teacherIds[4] ?? primary.principalId,
        principal: primary.principalId,
        schoolAdministrator: primary.administratorId,
      },
    };
  }

  async #school(plan: (typeof plans)[number], wardId: string): Promise<{ school: DemoSchool; learnerIds: string[] }> {
    const { code, name, level, grades, sections, perClass } = plan;
    const id = await this.#organisation({ kind: 'school', level, code, name, parentId: wardId });
    const staff = async (title: string, role: Role) => {
      const gender = this.#choose.whole(3) === 0 ? 'male' : 'female';
      const personId = await this.#person({
        fullName: makeName(this.#choose, gender),
        birthDate: this.#day(1968 + this.#choose.whole(28)),
        gender,
        affiliations: [{ organisationId: id, role: role === 'teacher' ? 'teacher' : 'staff', title }],
      });
      await this.#role(personId, role, id);
      return personId;
    };
    const principalId = await staff('Hiệu trưởng', 'signer');
    const administratorId = await staff('Giáo vụ, quản trị trường', 'school-administrator');
    const teacherIds: string[] = [];
    const classIds: string[] = [];
    const learnerIds: string[] = [];
    for (const grade of grades) {
      for (const section of sections) {
        const homeroomTeacherId = await staff('Giáo viên chủ nhiệm', 'teacher');
        teacherIds.push(homeroomTeacherId);
        await this.#role(homeroomTeacherId, 'signer', id); // class teachers sign the transcripts of their class
        const input = {
          organisationId: id,
          schoolYear: this.#schoolYear,
          code: `${grade}${section}`,
          grade,
          homeroomTeacherId,
        };
        const classId = await createClass(this.#transaction, input, actor);
        classIds.push(classId);
        for (let index = 0; index < perClass; index += 1) {
          const gender = index % 2 === 0 ? 'female' : 'male';
          learnerIds.push(
            await this.#learner(
              id,
              classId,
              makeName(this.#choose, gender),
              gender,
              this.#day(this.#schoolYear - 5 - grade),
              `7900${String(code.length)}${grade}${String(1000 + learnerIds.length)}`,
            ),
          );
        }
      }
    }
    for (let index = 0; index < 3; index += 1) teacherIds.push(await staff('Giáo viên bộ môn', 'teacher'));
    const clerkId = await this.#person({
      fullName: clerks[level] ?? 'Tô Kim Xuyến',
      birthDate: '1986-05-12',
      gender: 'female',
      affiliations: [{ organisationId: id, role: 'staff', title: 'Văn thư' }],
    });
    await this.#role(clerkId, 'clerk', id);
    return { school: { id, code, name, principalId, administratorId, clerkId, teacherIds, classIds }, learnerIds };
  }

  /** The people whom software gets wrong. */
  async #edgeCases(primary: DemoSchool, lower: DemoSchool, upper: DemoSchool, namedPupil: string) {
    const fifth = primary.classIds[4] ?? '';
    const year = this.#schoolYear;
    const pupil = await this.#learner(
      primary.id,
      fifth,
      'Đặng Thị Ánh Nguyệt',
      'female',
      `${year - 10}-09-20`,
      '7900000001',
    );
    const twins = [
      await this.#learner(primary.id, fifth, 'Nguyễn Minh Khôi', 'male', `${year - 10}-02-28`, '7900000002'),
      await this.#learner(primary.id, fifth, 'Nguyễn Minh Khôi', 'male', `${year - 10}-02-28`, '7900000003'),
    ] as const;
    await this.#learner(
      primary.id,
      fifth,
      'Huỳnh Ngọc Thuý Vy Ưng Ễnh Ửu Đỗ Ỹ',
      'female',
      `${year - 10}-12-31`,
      '7900000004',
    );
    await this.#learner(upper.id, upper.classIds[0] ?? '', "Y'Nhuăn", 'male', `${year - 15}-05-05`, '7900000005');
    const moved = await this.#learner(primary.id, fifth, 'Trần Gia Hân', 'female', `${year - 11}-07-07`, '7900000006');
    const options = { actor, today: this.#today };
    await transfer(this.#transaction, moved, { organisationId: lower.id, classId: lower.classIds[0] ?? '' }, options);
    const [shared] = lower.teacherIds;
    if (shared)
      await affiliate(
        this.#transaction,
        shared,
        { organisationId: upper.id, role: 'teacher', title: 'Giáo viên thỉnh giảng' },
        options,
      );
    const duplicate = await this.#learner(primary.id, fifth, 'Đặng Ánh Nguyệt', 'female', `${year - 10}-09-20`);
    await merge(this.#transaction, duplicate, pupil, options);
    const guardian = await this.#person({
      fullName: 'Đặng Văn Hùng',
      birthDate: '1985-01-15',
      gender: 'male',
      affiliations: [{ organisationId: primary.id, role: 'guardian' }],
    });
    const mother = await this.#person({
      fullName: 'Nguyễn Thị Lụa',
      birthDate: '1988-11-02',
      gender: 'female',
      affiliations: [{ organisationId: primary.id, role: 'guardian' }],
    });
    const links = [
      { guardian_id: guardian, child_id: pupil, relation: 'father' },
      { guardian_id: mother, child_id: twins[0], relation: 'mother' },
      { guardian_id: mother, child_id: twins[1], relation: 'mother' },
      { guardian_id: mother, child_id: namedPupil, relation: 'guardian' },
    ] as const;
    const rows = links.map((link) => ({ ...link, id: uuidv7(), valid_from: this.#today, valid_until: null }));
    await registryOf(this.#transaction).insertInto('registry.guardianship').values(rows).execute();
    return { pupil, twins, movedPupil: moved, guardian };
  }

  #organisation(input: Parameters<typeof createOrganisation>[1]): Promise<string> {
    return createOrganisation(this.#transaction, input, actor);
  }

  async #person(input: NewPerson): Promise<string> {
    return (await createPerson(this.#transaction, this.#tools, input, { actor, today: this.#today })).id;
  }

  #learner(
    organisationId: string,
    classId: string,
    fullName: string,
    gender: 'female' | 'male',
    birthDate: string,
    moetId?: string,
  ): Promise<string> {
    const affiliations = [{ organisationId, role: 'learner', classId }] as const;
    return this.#person({ fullName, gender, birthDate, affiliations, ...(moetId ? { moetId } : {}) });
  }

  #role(personId: string, role: Role, organisationId: string): Promise<string> {
    return grantRole(this.#transaction, this.#context, { personId, role, organisationId }, actor);
  }

  #day(year: number): string {
    const two = (value: number) => String(value).padStart(2, '0');
    return `${year}-${two(1 + this.#choose.whole(12))}-${two(1 + this.#choose.whole(28))}`;
  }
}
