import '@fontsource/be-vietnam-pro/vietnamese-400.css';
import '@fontsource/be-vietnam-pro/vietnamese-600.css';
import '@fontsource/be-vietnam-pro/latin-400.css';
import '@fontsource/be-vietnam-pro/latin-600.css';
import './gallery.css';
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { ActionBar, Progress } from '../design/bar.tsx';
import { Columns, Figure, Legend, Meter, type Share, Shares } from '../design/chart.tsx';
import { Chips, Segments, Tabs, Tick } from '../design/choices.tsx';
import { ActButton } from '../design/dialog.tsx';
import { Diff } from '../design/diff.tsx';
import { Face, Hang } from '../design/face.tsx';
import { Banner, Choice, Field, Lines } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { iconNames } from '../design/icons.ts';
import { formatNumber, t } from '../design/language.ts';
import { Mark, State } from '../design/mark.tsx';
import { Row, Ruled } from '../design/ruled.tsx';
import { Seals } from '../design/seals.tsx';
import { Empty, Show, Skeleton } from '../design/show.tsx';
import { startLanguage } from '../design/start.ts';
import { Table, useDensity, useSelection } from '../design/table.tsx';
import { chooseTheme, startTheme, type Theme, theme } from '../design/theme.ts';
import { Toasts, toast } from '../design/toast.tsx';
import { Colours } from './colours.tsx';
import { Part } from './part.tsx';

/** Every part of the design in every state, to be looked at; the server shows it at `/design` in a demo. */
function Gallery() {
  const [chosen, setChosen] = useState<Theme>(theme);
  return (
    <main class="page page-bare" id="main">
      <header class="relative grid gap-2">
        <Hang icon="contrast" />
        <h1>{t('Lề vở: mọi phần của màn hình', 'Lề vở: every part of the screens')}</h1>
        <p class="text-quiet">
          {t(
            'Dấu trên lề nói việc thế nào, dòng nói việc gì, nút bên phải nói làm gì.',
            'The mark on the margin says how a thing stands, the row what it is, the button at its right what to do.',
          )}
        </p>
        <Segments
          label={t('Giao diện', 'Theme')}
          value={chosen}
          options={[
            { value: 'system', label: t('Theo máy', 'System'), icon: 'monitor' },
            { value: 'light', label: t('Sáng', 'Light'), icon: 'sun' },
            { value: 'dark', label: t('Tối', 'Dark'), icon: 'moon' },
          ]}
          onChoose={(next) => {
            chooseTheme(next);
            setChosen(next);
          }}
        />
      </header>
      <Colours />
      <Rows />
      <Controls />
      <People />
      <Looking />
      <Waiting />
      <Icons />
      <ActionBar said={t('244 thay đổi chạy ngay, 80 em chờ người thứ hai.', '244 changes run now, 80 pupils wait.')}>
        <button type="button" class="button">
          {t('Quay lại', 'Back')}
        </button>
        <button type="button" class="button button-primary" onClick={() => toast(t('Đã áp dụng.', 'Applied.'))}>
          {t('Áp dụng 244 thay đổi', 'Apply 244 changes')}
        </button>
      </ActionBar>
      <Toasts />
    </main>
  );
}

function Rows() {
  return (
    <Part title={t('Dòng và dấu', 'Rows and marks')}>
      <Ruled onMargin>
        <Row
          mark="warn"
          said={t('Cần xem', 'Look')}
          title={t('80 em rời Trường THCS Trần Văn Ơn trong một lần nhập', '80 pupils leave a school in one import')}
          note={t(
            'Quá ngưỡng 25 em, nên giữ lại chờ người thứ hai.',
            'Over the limit of 25: held for a second person.',
          )}
          act={
            <button type="button" class="button button-primary">
              {t('Xem 80 em', 'See the 80')}
            </button>
          }
        />
        <Row mark="later" title={t('Còn chờ', 'Still to come')} note={t('Từ hôm qua.', 'Since yesterday.')} />
        <Row mark="now" title={t('Đang làm', 'Happening')} isCurrent />
        <Row mark="good" title={t('Đã kích hoạt', 'Activated')} note="08/09/2026" />
        <Row mark="bad" title={t('LDAP thư viện bị cách ly', 'The library’s LDAP is in quarantine')} />
        <Row mark={2} title={t('Bước thứ hai', 'The second step')} />
        <Row title={t('Một điểm trên lề', 'A point on the margin')} />
      </Ruled>
      <div class="max-w-md">
        <Ruled isTight label={t('Đã xảy ra', 'What happened')}>
          <Row mark="good" title={t('Quét thẻ', 'Badge scanned')} note="10:37" />
          <Row title={t('Vào Thư viện số', 'Opened the library')} note={t('hôm qua, 14:02', 'yesterday, 14:02')} />
        </Ruled>
      </div>
    </Part>
  );
}

function Controls() {
  const [role, setRole] = useState<'all' | 'learner'>('all');
  const [isOn, setOn] = useState(true);
  return (
    <Part title={t('Nút, ô, chọn', 'Buttons, fields, choices')}>
      <div class="flex flex-wrap gap-3 items-center">
        <button type="button" class="button button-primary">
          <Icon name="check" />
          {t('Duyệt', 'Approve')}
        </button>
        <button type="button" class="button">
          {t('Xem đơn', 'Look')}
        </button>
        <button type="button" class="button button-bad">
          {t('Từ chối…', 'Refuse…')}
        </button>
        <button type="button" class="button button-quiet">
          {t('Bỏ chọn', 'Clear')}
        </button>
        <button type="button" class="button" disabled>
          {t('Chưa được', 'Not yet')}
        </button>
        <button type="button" class="button button-primary" disabled>
          <span class="busy" aria-hidden="true" />
          {t('Đang chạy…', 'Running…')}
        </button>
        <button type="button" class="button button-small">
          <Icon name="download" />
          {t('Tải', 'Download')}
        </button>
        <button type="button" class="button button-big button-primary">
          {t('Ký 31 học bạ', 'Sign 31 transcripts')}
        </button>
        <button type="button" class="icon-button" aria-label={t('Đóng', 'Close')}>
          <Icon name="x" />
        </button>
        <ActButton
          bad
          label={t('Tạm khoá…', 'Suspend…')}
          question={t('Khoá tài khoản của Trần Bảo Nam?', 'Suspend the account?')}
          confirm={t('Khoá tài khoản', 'Suspend')}
          onConfirm={async () => undefined}
        >
          <p>{t('Nam bị đăng xuất khỏi mọi nơi ngay.', 'Nam is signed out everywhere at once.')}</p>
        </ActButton>
      </div>
      <div class="grid gap-5 sm:grid-cols-2 max-w-3xl">
        <Field label={t('Họ và tên', 'Full name')} name="g-name" value="Trần Bảo Nam" />
        <Field
          label={t('Mã giáo dục', 'Education ID')}
          name="g-id"
          value="620 118 035"
          error={t('Mã có 10 chữ số.', 'An ID has ten digits.')}
        />
        <Choice
          label={t('Trường', 'School')}
          name="g-school"
          value="a"
          options={[{ value: 'a', label: 'Trường Tiểu học Lê Lợi' }]}
          hint={t('Chỉ trường thuộc phạm vi của anh/chị.', 'Only schools within your reach.')}
          onChoose={() => undefined}
        />
        <Field label={t('Ngày sinh', 'Born')} name="g-born" type="date" value="2016-04-03" />
        <Lines label={t('Lý do', 'Reason')} name="g-reason" value="" onInput={() => undefined} />
      </div>
      <Tabs
        label={t('Của lớp', 'Of the class')}
        pages={[
          { href: '#marks', label: t('Điểm', 'Marks'), icon: 'list' },
          { href: '#badges', label: t('Thẻ', 'Badges'), icon: 'id-card' },
        ]}
      />
      <Chips
        label={t('Vai trò', 'Role')}
        value={role}
        format={formatNumber}
        options={[
          { value: 'all', label: t('Mọi vai trò', 'Every role') },
          { value: 'learner', label: t('Học sinh', 'Learners'), count: 2_614_882 },
        ]}
        onChoose={setRole}
      />
      <div>
        <Tick checked={isOn} onChange={setOn} note={t('Dùng lại cho tệp sau.', 'Used for the next file.')}>
          {t('Nhớ cách ghép này', 'Remember this matching')}
        </Tick>
        <Tick type="radio" checked onChange={() => undefined}>
          {t('Tệp chỉ có một phần', 'The file is a part')}
        </Tick>
        <input type="checkbox" class="switch" checked={isOn} aria-label={t('Máy dùng chung', 'Shared computer')} />
      </div>
      {(['good', 'warn', 'bad', 'now'] as const).map((state) => (
        <Banner key={state} state={state}>
          {t('Gọi anh Quân theo số mà anh/chị biết.', 'Call Quân on a number that you know.')}
        </Banner>
      ))}
    </Part>
  );
}

const shown = [
  ['Đặng Thị Ánh Nguyệt', '434 752 388 6', 'good'],
  ['Nguyễn Minh Khôi', '512 907 441 2', 'warn'],
  ['Phạm Thái Sơn', '377 540 912 8', 'plain'],
  ['Quách Hoàng Trọng Nghĩa', '446 062 431 1', 'bad'],
] as const;

function People() {
  const [density, choice] = useDensity();
  const { ids, tick, tickAll, clear } = useSelection();
  const word = {
    good: t('Vào sáng nay', 'In this morning'),
    warn: t('Kẹt từ 10:21', 'Stuck since 10:21'),
    plain: t('Chưa kích hoạt', 'Not activated'),
    bad: t('Tạm khoá', 'Suspended'),
  };
  return (
    <Part title={t('Bảng', 'Table')}>
      {choice}
      <Table
        label={t('Người', 'People')}
        density={density}
        heads={[
          { name: 'tick', node: tickAll(shown.map(([, id]) => id)) },
          t('Họ và tên', 'Name'),
          t('Mã giáo dục', 'Education ID'),
          t('Đăng nhập', 'Sign-in'),
        ]}
      >
        {shown.map(([name, id, state]) => (
          <tr key={id} aria-selected={ids.has(id)}>
            <td class="row-tick">{tick(id, name)}</td>
            <td>
              <span class="flex items-center gap-3">
                <Face name={name} />
                <a href="#main">{name}</a>
              </span>
            </td>
            <td class="code">{id}</td>
            <td>
              <State state={state}>{word[state]}</State>
            </td>
          </tr>
        ))}
      </Table>
      {ids.size > 0 && (
        <ActionBar said={t(`${ids.size} người đã chọn`, `${ids.size} selected`)}>
          <button type="button" class="button button-quiet" onClick={clear}>
            {t('Bỏ chọn', 'Clear')}
          </button>
        </ActionBar>
      )}
      <div class="card grid gap-5 sm:grid-cols-[auto_minmax(0,1fr)] sm:items-center">
        <Seals first="closed" second="open" label={t('Một người đã đồng ý, còn một', 'One of two has agreed')} />
        <dl class="facts">
          <dt>{t('Cho', 'For')}</dt>
          <dd>{t('máy chủ dấu thời gian', 'the time stamp server')}</dd>
          <dt>{t('Dấu vân tay', 'Fingerprint')}</dt>
          <dd class="code">… d8 3e</dd>
        </dl>
      </div>
      <div class="flex flex-wrap gap-6 items-center">
        <Seals isSmall first="closed" second="closed" label={t('Hai người đã đồng ý', 'Two people have agreed')} />
        <Seals isSmall first="open" second="open" label={t('Chưa ai xác nhận', 'Nobody has confirmed')} />
        <Seals isSmall first="closed" second="refused" label={t('Bị từ chối', 'Refused')} />
        <Face name="Sổ Việt" of="app" />
        <Face name="Trần Bảo Nam" isLarge />
        <span class="text-accent">
          <Mark size={48} />
        </span>
        <span class="count">31</span>
        <kbd>Ctrl K</kbd>
      </div>
    </Part>
  );
}

function Looking() {
  const shares: readonly Share[] = [
    { fill: 'added', label: t('thêm mới', 'added'), count: 114 },
    { fill: 'changed', label: t('đổi', 'changed'), count: 126 },
    { fill: 'left', label: t('rời trường', 'left'), count: 84 },
    { fill: 'same', label: t('giữ nguyên', 'unchanged'), count: 300 },
    { fill: 'refused', label: t('bị từ chối', 'refused'), count: 6 },
  ];
  return (
    <Part title={t('Nhìn trước khi đọc', 'Looked at before it is read')}>
      <div class="flex flex-wrap gap-x-12 gap-y-4">
        <Figure value="412.836" label={t('lượt vào', 'sign-ins')} href="#main" />
        <Figure value="98,7 %" label={t('vào được ngay lần đầu', 'in at the first try')} />
      </div>
      <Columns
        label={t('Đông nhất lúc 7 giờ: 52.400 lượt vào.', 'Busiest at seven: 52,400 sign-ins.')}
        heads={[t('Giờ', 'Hour'), t('Lượt vào', 'Sign-ins'), t('Không vào được', 'Refused')]}
        columns={[400, 1_200, 9_000, 31_000, 52_400, 37_000, 16_000, 12_000].map((count, at) => ({
          key: String(at),
          axis: at % 2 === 0 ? `${at + 3}:00` : '',
          name: `${at + 3}:00`,
          count,
          wrong: count / 30,
          before: count * 0.9,
          isNow: at === 6,
        }))}
      />
      <Shares shares={shares} of={700} />
      <Legend shares={shares} />
      <p class="flex items-center gap-3">
        TH Nguyễn Thái Bình <span class="number">71 %</span> <Meter part={0.71} label="71 %" />
      </p>
      <p>
        {t('Lớp', 'Class')} <Diff before="4A" after="5A" />
      </p>
      <div class="seats max-w-md">
        <button type="button" class="seat seat-good">
          <Icon name="check" />
          An
        </button>
        <button type="button" class="seat seat-warn">
          <Icon name="triangle-alert" />
          Nam
        </button>
        <button type="button" class="seat seat-later">
          <Icon name="circle-dashed" />
          Sơn
        </button>
      </div>
      <pre class="listing">ISSUER=https://id.example.edu.vn</pre>
    </Part>
  );
}

function Waiting() {
  return (
    <Part title={t('Chờ, trống, hỏng', 'Waiting, empty, failed')}>
      <Progress part={0.62}>
        {t('1.240 trên 2.000 dòng, còn khoảng 20 giây', '1,240 of 2,000 rows, 20 s left')}
      </Progress>
      <Skeleton rows={3} />
      <Show loaded={{ state: 'failed', message: t('Không nối được tới máy chủ.', 'The server cannot be reached.') }}>
        {() => null}
      </Show>
      <Empty icon="school">{t('Chưa có trường nào.', 'There is no school yet.')}</Empty>
    </Part>
  );
}

function Icons() {
  return (
    <Part title={t('Biểu tượng', 'Icons')}>
      <ul class="grid gap-3 grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] text-sm text-quiet">
        {iconNames.map((name) => (
          <li key={name} class="flex items-center gap-2 min-w-0">
            <Icon name={name} />
            <span class="truncate">{name}</span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

startLanguage();
startTheme();
const root = document.getElementById('app');
if (root) render(<Gallery />, root);
