import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { useKept } from '../../design/keep.ts';
import { t } from '../../design/language.ts';
import { fieldName } from '../../design/released.tsx';
import { useMe } from '../me.ts';
import { departmentOf, OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { roleName } from '../words.ts';
import { Token } from './token.tsx';
import type { Client } from './words.ts';

type Contract = Client['contract'];
type ContractField = Contract['learners'][number];

const fields = ['name', 'birthDate', 'gender', 'roles', 'organisations', 'classes', 'titles'] as const;
const roles = ['learner', 'teacher', 'staff', 'guardian'] as const;
/** Without these it cannot work at all. */
const needed: Readonly<Record<Client['kind'], readonly ContractField[]>> = {
  scim: ['name'],
  oneroster: ['name', 'roles', 'organisations', 'classes'],
  events: [],
};
const usual: Contract = {
  learners: ['name', 'roles', 'organisations', 'classes'],
  others: ['name', 'roles', 'organisations', 'classes', 'titles'],
  roles: [...roles],
};

/** `/admin/sync/clients/new`: what a system may learn of whom, in words; its token is shown once. */
export function NewClient() {
  const department = departmentOf(useMe());
  const entry = useEntry('new client', { name: '', kind: 'oneroster', organisationId: '' });
  const [contract, setContract] = useKept('contract of new client', usual);
  const [mayWrite, setMayWrite] = useKept('new client writes', false);
  const [made, setMade] = useState<{ readonly id: string; readonly token: string; readonly name: string }>();
  const kind = (Object.keys(needed) as Client['kind'][]).find((one) => one === entry.values.kind) ?? 'oneroster';
  const back = { href: '/admin/sync', label: t('Đồng bộ', 'Directory sync') };
  if (made) {
    return (
      <>
        <Title title={t(`${made.name} vào được rồi`, `${made.name} may come in`)} back={back} />
        <Token id={made.id} kind={kind} token={made.token} />
      </>
    );
  }
  return (
    <>
      <Title
        title={t('Cho một hệ thống vào lấy', 'Let a system in')}
        note={t(
          'Chọn ít nhất có thể: không thông tin nào ngoài đây rời khỏi EduTrust.',
          'Choose the least that works: no other field leaves EduTrust.',
        )}
        back={back}
      />
      <EntryForm
        entry={entry}
        submit={t('Cho vào và lấy mã', 'Let it in and get the token')}
        cancel="/admin/sync"
        onSubmit={async ({ name, organisationId }) => {
          const body = {
            name,
            kind,
            organisationId: organisationId || (department?.id ?? ''),
            mayWrite: kind === 'scim' && mayWrite,
            contract,
          } as const;
          setMade({ name, ...(await must(api.POST('/api/v1/sync/clients', { body }))) });
        }}
      >
        <Field
          label={t('Tên hệ thống', 'Name of the system')}
          hint={t(
            'Người khác đọc tên này trong trang tài khoản của họ.',
            'People read this name on their account page.',
          )}
          required
          maxlength={60}
          {...entry.field('name')}
        />
        <Choice
          label={t('Hệ thống nói kiểu nào', 'What it speaks')}
          hint={t('Hỏi nhà cung cấp phần mềm.', 'Ask the maker of the software.')}
          {...entry.choice('kind')}
          options={[
            { value: 'oneroster', label: 'OneRoster 1.2' },
            { value: 'events', label: t('Chỉ nghe tin và nhận tệp', 'Events and files only') },
            { value: 'scim', label: 'SCIM 2.0' },
          ]}
        />
        <OrganisationChoice
          label={t('Được biết người của', 'It sees the people of')}
          name="organisationId"
          kind="school"
          value={entry.values.organisationId}
          {...(department ? { none: department.name } : {})}
          onChoose={(id) => entry.set('organisationId', id)}
        />
        <fieldset class="ticks">
          <legend>{t('Người ở vai trò', 'People in the roles')}</legend>
          {roles.map((role) => (
            <Tick
              key={role}
              checked={contract.roles.includes(role)}
              disabled={contract.roles.length === 1 && contract.roles.includes(role)}
              onChange={(on) =>
                setContract({
                  ...contract,
                  roles: roles.filter((one) => (one === role ? on : contract.roles.includes(one))),
                })
              }
            >
              {roleName(role)}
            </Tick>
          ))}
        </fieldset>
        <FieldTicks
          legend={t('Của học sinh, được biết', 'Of learners it learns')}
          chosen={contract.learners}
          needed={needed[kind]}
          onChange={(learners) => setContract({ ...contract, learners })}
        />
        <FieldTicks
          legend={t('Của người lớn, được biết', 'Of adults it learns')}
          chosen={contract.others}
          needed={needed[kind]}
          onChange={(others) => setContract({ ...contract, others })}
        />
        {kind === 'scim' && (
          <Tick
            checked={mayWrite}
            onChange={setMayWrite}
            note={t(
              'Chỉ thêm nhân viên mới và sửa người do chính nó thêm; không đụng tới ai có sẵn, không giao vai trò.',
              'It adds new staff and changes those whom it added; nobody who is there already, and no roles.',
            )}
          >
            {t('Được đưa nhân viên vào EduTrust', 'It may add staff to EduTrust')}
          </Tick>
        )}
      </EntryForm>
    </>
  );
}

function FieldTicks({
  legend,
  chosen,
  needed: always,
  onChange,
}: {
  readonly legend: string;
  readonly chosen: readonly ContractField[];
  readonly needed: readonly ContractField[];
  readonly onChange: (chosen: ContractField[]) => void;
}) {
  return (
    <fieldset class="ticks">
      <legend>{legend}</legend>
      {fields.map((field) => {
        const isAlways = always.includes(field) && chosen.includes(field);
        return (
          <Tick
            key={field}
            checked={chosen.includes(field)}
            disabled={isAlways}
            onChange={(on) => onChange(fields.filter((one) => (one === field ? on : chosen.includes(one))))}
          >
            {fieldName(field)}
            {isAlways && <span class="text-sm text-quiet"> · {t('phải có', 'needed')}</span>}
          </Tick>
        );
      })}
    </fieldset>
  );
}
