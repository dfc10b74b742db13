import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { keepFor } from '../design/keep.ts';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Anchors } from './anchors.tsx';
import { ApprovalPage } from './approvals/approval.tsx';
import { Approvals } from './approvals/approvals.tsx';
import { AppPage } from './apps/app.tsx';
import { Apps } from './apps/apps.tsx';
import { EditApp, NewApp } from './apps/form.tsx';
import { Audit } from './audit/audit.tsx';
import { ClassBadges } from './badges/class-badges.tsx';
import { RoomComputers } from './badges/computers.tsx';
import { CertificateRoute } from './certificate.tsx';
import { CertificateRequests } from './certificate-requests.tsx';
import { Certificates } from './certificates.tsx';
import { ClassPage } from './classes/class.tsx';
import { EditClass, NewClass } from './classes/form.tsx';
import { MarksPage } from './classes/marks.tsx';
import { MarksImportPage } from './classes/marks-import.tsx';
import { MarksOfPage } from './classes/marks-of.tsx';
import { OwnClass } from './classes/own.tsx';
import { SlipsPage } from './classes/slips.tsx';
import { Home } from './home/home.tsx';
import { Import } from './import/page.tsx';
import { RollOver } from './import/roll-over.tsx';
import { Mail } from './mail.tsx';
import { MeContext } from './me.ts';
import { Title } from './parts.tsx';
import { EditPerson, GrantRole, MergePerson, TransferPerson } from './people/change.tsx';
import { AddGuardian } from './people/guardian.tsx';
import { NewPerson } from './people/new.tsx';
import { People } from './people/people.tsx';
import { PersonPage } from './people/person.tsx';
import { SchoolAppsPage } from './schools/apps.tsx';
import { EditOrganisation } from './schools/edit.tsx';
import { NetworksPage } from './schools/networks.tsx';
import { NewSchool, NewWard } from './schools/new.tsx';
import { SchoolPage } from './schools/school.tsx';
import { Schools, Wards } from './schools/schools.tsx';
import { Shell } from './shell.tsx';
import { Signing } from './signing.tsx';
import { NewTarget } from './sync/new.tsx';
import { TargetPage } from './sync/target.tsx';
import { Targets } from './sync/targets.tsx';

/** Addresses that this application draws; a link to any other leaves it. */
const ours = /^\/(admin|teach)(?=[/?#]|$)/;

export function Console() {
  const [me] = useLoad('me', async () => {
    const data = await must(api.GET('/api/v1/me'));
    keepFor(data.person.id);
    return data;
  });
  if (me.state === 'loading') return null;
  if (me.state === 'failed') {
    return (
      <main class="p-6">
        <Banner state="bad">{me.message}</Banner>
      </main>
    );
  }
  const isTeaching = location.pathname.startsWith('/teach');
  if (!isTeaching && me.data.permissionsWithPasskey.length > me.data.permissions.length) return <PasskeyFirst />;
  return (
    <MeContext.Provider value={me.data}>
      <LocationProvider scope={ours}>
        <Shell me={me.data}>
          <Pages />
        </Shell>
      </LocationProvider>
    </MeContext.Provider>
  );
}

/** Roles above a teacher's open with a passkey: how to get there. */
function PasskeyFirst() {
  const back = encodeURIComponent(location.pathname + location.search);
  return (
    <main class="p-6 max-w-xl mx-auto grid gap-4">
      <h1>{t('Vai trò này cần passkey', 'Your role needs a passkey')}</h1>
      <p>
        {t(
          'Anh/chị đang đăng nhập bằng mật khẩu. Trang quản trị và ký số chỉ mở với passkey (vân tay, khuôn mặt hoặc khoá bảo mật). Nếu chưa có, bước sau sẽ giúp bạn tạo.',
          'You are signed in with a password. Administration and signing open only with a passkey (fingerprint, face or security key). If you have none, the next step makes one.',
        )}
      </p>
      <a class="button button-primary" href={`/signin?return_to=${back}&acr=passkey`}>
        {t('Tiếp tục bằng passkey', 'Continue with a passkey')}
      </a>
      <a href="/account">{t('Tới trang tài khoản', 'To your account')}</a>
    </main>
  );
}

/** Each address has a page of its own: nothing of the page before stays in the next one. */
function Pages() {
  const { path } = useLocation();
  return (
    <div key={path} class="grid gap-8 sm:gap-10 content-start grid-cols-[minmax(0,1fr)]">
      <Router>
        <Route path="/admin" component={Home} />
        <Route path="/admin/people" component={People} />
        <Route path="/admin/people/new" component={NewPerson} />
        <Route path="/admin/people/:id" component={PersonPage} />
        <Route path="/admin/people/:id/edit" component={EditPerson} />
        <Route path="/admin/people/:id/transfer" component={TransferPerson} />
        <Route path="/admin/people/:id/merge" component={MergePerson} />
        <Route path="/admin/people/:id/guardian" component={AddGuardian} />
        <Route path="/admin/people/:id/role" component={GrantRole} />
        <Route path="/admin/schools" component={Schools} />
        <Route path="/admin/schools/new" component={NewSchool} />
        <Route path="/admin/schools/:id" component={SchoolPage} />
        <Route path="/admin/schools/:id/computers" component={RoomComputers} />
        <Route path="/admin/schools/:id/edit" component={EditOrganisation} />
        <Route path="/admin/schools/:id/networks" component={NetworksPage} />
        <Route path="/admin/schools/:id/apps" component={SchoolAppsPage} />
        <Route path="/admin/schools/:id/classes/new" component={NewClass} />
        <Route path="/admin/wards" component={Wards} />
        <Route path="/admin/wards/new" component={NewWard} />
        <Route path="/admin/classes/:id" component={ClassPage} />
        <Route path="/admin/classes/:id/edit" component={EditClass} />
        <Route path="/admin/classes/:id/badges" component={ClassBadges} />
        <Route path="/admin/classes/:id/slips" component={SlipsPage} />
        <Route path="/admin/classes/:id/marks" component={MarksPage} />
        <Route path="/admin/classes/:id/marks/import" component={MarksImportPage} />
        <Route path="/admin/classes/:id/marks/:person" component={MarksOfPage} />
        <Route path="/teach" component={OwnClass} />
        <Route path="/teach/classes/:id" component={ClassPage} />
        <Route path="/teach/classes/:id/badges" component={ClassBadges} />
        <Route path="/teach/classes/:id/slips" component={SlipsPage} />
        <Route path="/teach/classes/:id/marks" component={MarksPage} />
        <Route path="/teach/classes/:id/marks/import" component={MarksImportPage} />
        <Route path="/teach/classes/:id/marks/:person" component={MarksOfPage} />
        <Route path="/admin/import" component={Import} />
        <Route path="/admin/import/roll-over" component={RollOver} />
        <Route path="/admin/approvals" component={Approvals} />
        <Route path="/admin/approvals/:id" component={ApprovalPage} />
        <Route path="/admin/apps" component={Apps} />
        <Route path="/admin/apps/new" component={NewApp} />
        <Route path="/admin/apps/:clientId" component={AppPage} />
        <Route path="/admin/apps/:clientId/edit" component={EditApp} />
        <Route path="/admin/sync" component={Targets} />
        <Route path="/admin/sync/new" component={NewTarget} />
        <Route path="/admin/sync/:id" component={TargetPage} />
        <Route path="/admin/certificates" component={Certificates} />
        <Route path="/admin/certificates/requests" component={CertificateRequests} />
        <Route path="/admin/certificates/:serial" component={CertificateRoute} />
        <Route path="/admin/anchors" component={Anchors} />
        <Route path="/admin/signing" component={Signing} />
        <Route path="/admin/audit" component={Audit} />
        <Route path="/admin/mail" component={Mail} />
        <Route default component={Nothing} />
      </Router>
    </div>
  );
}

function Nothing() {
  return (
    <>
      <Title title={t('Không có gì ở đây', 'There is nothing here')} />
      <p>
        {t(
          'Địa chỉ này không có trang nào, hoặc vai trò của anh/chị chưa mở trang đó.',
          'There is no page at this address, or your roles do not open it.',
        )}{' '}
        <a href="/admin">{t('Về trang Hôm nay', 'To the page Today')}</a>
      </p>
    </>
  );
}
