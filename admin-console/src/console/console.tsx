import type { ComponentType } from 'preact';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { keepFor } from '../design/keep.ts';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { FailedPage } from '../design/show.tsx';
import { type Address, addresses } from './addresses.ts';
import { ClassPage } from './classes/class.tsx';
import { OwnClass } from './classes/own.tsx';
import { Home } from './home/home.tsx';
import { MeContext } from './me.ts';
import { NotOpened, part } from './part.tsx';
import { Title } from './parts.tsx';
import { People } from './people/people.tsx';
import { PersonPage } from './people/person.tsx';
import { SchoolPage } from './schools/school.tsx';
import { Schools, Wards } from './schools/schools.tsx';
import { Shell } from './shell.tsx';

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
          'Anh/chị đang đăng nhập bằng mật khẩu. Trang quản trị và ký số chỉ mở với passkey (vân tay, khuôn mặt hoặc khoá bảo mật). Nếu chưa có, bước sau sẽ giúp anh/chị tạo.',
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

/** Pages that few open first come when they are opened. */
const Anchors = part(() => import('./anchors.tsx').then((file) => file.Anchors));
const NewAnchor = part(() => import('./anchors.tsx').then((file) => file.NewAnchor));
const ApprovalPage = part(() => import('./approvals/approval.tsx').then((file) => file.ApprovalPage));
const Approvals = part(() => import('./approvals/approvals.tsx').then((file) => file.Approvals));
const AppPage = part(() => import('./apps/app.tsx').then((file) => file.AppPage));
const Apps = part(() => import('./apps/apps.tsx').then((file) => file.Apps));
const NewApp = part(() => import('./apps/form.tsx').then((file) => file.NewApp));
const RegistrationTokens = part(() => import('./apps/registration.tsx').then((file) => file.RegistrationTokens));
const NewRegistrationToken = part(() =>
  import('./apps/registration-form.tsx').then((file) => file.NewRegistrationToken),
);
const EditApp = part(() => import('./apps/form.tsx').then((file) => file.EditApp));
const Accesses = part(() => import('./audit/accesses.tsx').then((file) => file.Accesses));
const Audit = part(() => import('./audit/audit.tsx').then((file) => file.Audit));
const ClassBadges = part(() => import('./badges/class-badges.tsx').then((file) => file.ClassBadges));
const RoomComputers = part(() => import('./badges/computers.tsx').then((file) => file.RoomComputers));
const AskForCertificate = part(() => import('./certificate-ask.tsx').then((file) => file.AskForCertificate));
const CertificateRequests = part(() => import('./certificate-requests.tsx').then((file) => file.CertificateRequests));
const CertificateRoute = part(() => import('./certificate.tsx').then((file) => file.CertificateRoute));
const Certificates = part(() => import('./certificates.tsx').then((file) => file.Certificates));
const EditClass = part(() => import('./classes/form.tsx').then((file) => file.EditClass));
const NewClass = part(() => import('./classes/form.tsx').then((file) => file.NewClass));
const MarksImportPage = part(() => import('./classes/marks-import.tsx').then((file) => file.MarksImportPage));
const MarksOfPage = part(() => import('./classes/marks-of.tsx').then((file) => file.MarksOfPage));
const MarksPage = part(() => import('./classes/marks.tsx').then((file) => file.MarksPage));
const SlipsPage = part(() => import('./classes/slips.tsx').then((file) => file.SlipsPage));
const RollOver = part(() => import('./import/roll-over.tsx').then((file) => file.RollOver));
const YearOfCity = part(() => import('./year/page.tsx').then((file) => file.YearOfCity));
const YearPlanPage = part(() => import('./year/page.tsx').then((file) => file.YearPlanPage));
const Matching = part(() => import('./matching/page.tsx').then((file) => file.Matching));
const EditSource = part(() => import('./sources/form.tsx').then((file) => file.EditSource));
const NewSource = part(() => import('./sources/form.tsx').then((file) => file.NewSource));
const RememberedColumns = part(() => import('./import/remembered.tsx').then((file) => file.RememberedColumns));
const SourcesPage = part(() => import('./sources/page.tsx').then((file) => file.SourcesPage));
const Import = part(() => import('./import/page.tsx').then((file) => file.Import));
const Security = part(() => import('./security/security.tsx').then((file) => file.Security));
const AccountReview = part(() => import('./security/review.tsx').then((file) => file.AccountReview));
const DataDesk = part(() => import('./data-desk/desk.tsx').then((file) => file.DataDesk));
const NewDataRequest = part(() => import('./data-desk/new.tsx').then((file) => file.NewDataRequest));
const DataRequestPage = part(() => import('./data-desk/request.tsx').then((file) => file.DataRequestPage));
const Breaches = part(() => import('./data-desk/breaches.tsx').then((file) => file.Breaches));
const Recipients = part(() => import('./data-desk/recipients.tsx').then((file) => file.Recipients));
const Transfers = part(() => import('./transfers/list.tsx').then((file) => file.Transfers));
const TransferPage = part(() => import('./transfers/transfer.tsx').then((file) => file.TransferPage));
const AskForLearner = part(() => import('./transfers/new.tsx').then((file) => file.AskForLearner));
const OfferLearner = part(() => import('./transfers/new.tsx').then((file) => file.OfferLearner));
const Mail = part(() => import('./mail.tsx').then((file) => file.Mail));
const GrantRole = part(() => import('./people/change.tsx').then((file) => file.GrantRole));
const MergePerson = part(() => import('./people/change.tsx').then((file) => file.MergePerson));
const TransferPerson = part(() => import('./people/change.tsx').then((file) => file.TransferPerson));
const EditPerson = part(() => import('./people/edit.tsx').then((file) => file.EditPerson));
const AddGuardian = part(() => import('./people/guardian.tsx').then((file) => file.AddGuardian));
const NewPerson = part(() => import('./people/new.tsx').then((file) => file.NewPerson));
const SchoolAppsPage = part(() => import('./schools/apps.tsx').then((file) => file.SchoolAppsPage));
const EditOrganisation = part(() => import('./schools/edit.tsx').then((file) => file.EditOrganisation));
const NetworksPage = part(() => import('./schools/networks.tsx').then((file) => file.NetworksPage));
const SealPicture = part(() => import('./schools/seal-picture.tsx').then((file) => file.SealPicture));
const SealingMachines = part(() => import('./schools/sealing.tsx').then((file) => file.SealingMachines));
const NewSchool = part(() => import('./schools/new.tsx').then((file) => file.NewSchool));
const NewWard = part(() => import('./schools/new.tsx').then((file) => file.NewWard));
const Signing = part(() => import('./signing.tsx').then((file) => file.Signing));
const OwnMarksPage = part(() => import('./classes/own-subjects.tsx').then((file) => file.OwnMarksPage));
const OwnSubjects = part(() => import('./classes/own-subjects.tsx').then((file) => file.OwnSubjects));
const SubjectTeachersPage = part(() => import('./classes/subjects.tsx').then((file) => file.SubjectTeachersPage));
const SoughtDocuments = part(() => import('./documents/sought.tsx').then((file) => file.SoughtDocuments));
const ParcelRegister = part(() => import('./documents/parcels.tsx').then((file) => file.ParcelRegister));
const Delegations = part(() => import('./documents/delegations.tsx').then((file) => file.Delegations));
const FormRegister = part(() => import('./documents/forms.tsx').then((file) => file.FormRegister));
const NewForm = part(() => import('./documents/forms.tsx').then((file) => file.NewForm));
const Copies = part(() => import('./documents/copies.tsx').then((file) => file.Copies));
const CopyRegister = part(() => import('./documents/copies.tsx').then((file) => file.CopyRegister));
const AskedDocuments = part(() => import('./documents/asked.tsx').then((file) => file.AskedDocuments));
const NewDocument = part(() => import('./documents/new.tsx').then((file) => file.NewDocument));
const ClientPage = part(() => import('./sync/client.tsx').then((file) => file.ClientPage));
const NewClient = part(() => import('./sync/client-form.tsx').then((file) => file.NewClient));
const EditTarget = part(() => import('./sync/form.tsx').then((file) => file.EditTarget));
const NewTarget = part(() => import('./sync/form.tsx').then((file) => file.NewTarget));
const TargetPage = part(() => import('./sync/target.tsx').then((file) => file.TargetPage));
const Targets = part(() => import('./sync/targets.tsx').then((file) => file.Targets));
const Webhooks = part(() => import('./sync/webhooks.tsx').then((file) => file.Webhooks));

const pages: Readonly<Record<Address, ComponentType>> = {
  '/admin': Home,
  '/admin/people': People,
  '/admin/people/new': NewPerson,
  '/admin/people/:id': PersonPage,
  '/admin/people/:id/edit': EditPerson,
  '/admin/people/:id/transfer': TransferPerson,
  '/admin/people/:id/offer': OfferLearner,
  '/admin/people/:id/merge': MergePerson,
  '/admin/people/:id/guardian': AddGuardian,
  '/admin/people/:id/role': GrantRole,
  '/admin/transfers': Transfers,
  '/admin/transfers/new': AskForLearner,
  '/admin/transfers/:id': TransferPage,
  '/admin/schools': Schools,
  '/admin/schools/new': NewSchool,
  '/admin/schools/:id': SchoolPage,
  '/admin/schools/:id/computers': RoomComputers,
  '/admin/schools/:id/edit': EditOrganisation,
  '/admin/schools/:id/networks': NetworksPage,
  '/admin/schools/:id/apps': SchoolAppsPage,
  '/admin/schools/:id/seal-picture': SealPicture,
  '/admin/schools/:id/sealing': SealingMachines,
  '/admin/schools/:id/review': AccountReview,
  '/admin/sealing': SealingMachines,
  '/admin/schools/:id/classes/new': NewClass,
  '/admin/wards': Wards,
  '/admin/wards/new': NewWard,
  '/admin/classes/:id': ClassPage,
  '/admin/classes/:id/edit': EditClass,
  '/admin/classes/:id/badges': ClassBadges,
  '/admin/classes/:id/slips': SlipsPage,
  '/admin/classes/:id/marks': MarksPage,
  '/admin/classes/:id/marks/import': MarksImportPage,
  '/admin/classes/:id/marks/:person': MarksOfPage,
  '/teach': OwnClass,
  '/teach/classes/:id': ClassPage,
  '/teach/classes/:id/badges': ClassBadges,
  '/teach/classes/:id/slips': SlipsPage,
  '/admin/subjects': OwnSubjects,
  '/admin/subjects/:id': OwnMarksPage,
  '/teach/classes/:id/subjects': SubjectTeachersPage,
  '/admin/classes/:id/subjects': SubjectTeachersPage,
  '/teach/classes/:id/marks': MarksPage,
  '/teach/classes/:id/marks/import': MarksImportPage,
  '/teach/classes/:id/marks/:person': MarksOfPage,
  '/admin/import/roll-over': RollOver,
  '/admin/import/year': YearOfCity,
  '/admin/import/year/:id': YearPlanPage,
  '/admin/import/matching': Matching,
  '/admin/import/sources': SourcesPage,
  '/admin/import/sources/new': NewSource,
  '/admin/import/sources/:id': EditSource,
  '/admin/import/columns': RememberedColumns,
  '/admin/import': Import,
  '/admin/approvals': Approvals,
  '/admin/approvals/:id': ApprovalPage,
  '/admin/apps': Apps,
  '/admin/apps/new': NewApp,
  '/admin/apps/registration-tokens': RegistrationTokens,
  '/admin/apps/registration-tokens/new': NewRegistrationToken,
  '/admin/apps/:clientId': AppPage,
  '/admin/apps/:clientId/edit': EditApp,
  '/admin/sync': Targets,
  '/admin/sync/new': NewTarget,
  '/admin/sync/clients/new': NewClient,
  '/admin/sync/clients/:id': ClientPage,
  '/admin/sync/webhooks': Webhooks,
  '/admin/sync/:id': TargetPage,
  '/admin/sync/:id/edit': EditTarget,
  '/admin/certificates': Certificates,
  '/admin/certificates/requests': CertificateRequests,
  '/admin/certificates/requests/new': AskForCertificate,
  '/admin/certificates/:serial': CertificateRoute,
  '/admin/anchors': Anchors,
  '/admin/anchors/new': NewAnchor,
  '/admin/signing': Signing,
  '/admin/signing/asked': AskedDocuments,
  '/admin/signing/new': NewDocument,
  '/admin/signing/copies': CopyRegister,
  '/admin/signing/parcels': ParcelRegister,
  '/admin/signing/sought': SoughtDocuments,
  '/admin/signing/delegations': Delegations,
  '/admin/signing/forms': FormRegister,
  '/admin/signing/forms/new': NewForm,
  '/admin/signing/:id/copies': Copies,
  '/admin/audit': Audit,
  '/admin/audit/accesses': Accesses,
  '/admin/security': Security,
  '/admin/data-desk': DataDesk,
  '/admin/data-desk/new': NewDataRequest,
  '/admin/data-desk/breaches': Breaches,
  '/admin/data-desk/recipients': Recipients,
  '/admin/data-desk/:id': DataRequestPage,
  '/admin/mail': Mail,
};

/** Each address has a page of its own: nothing of the page before stays in the next one. */
function Pages() {
  const { path } = useLocation();
  return (
    <div key={path} class="grid gap-8 sm:gap-10 content-start grid-cols-[minmax(0,1fr)]">
      <FailedPage.Provider value={NotOpened}>
        <Router>
          {addresses.map((path) => (
            <Route key={path} path={path} component={pages[path]} />
          ))}
          <Route default component={Nothing} />
        </Router>
      </FailedPage.Provider>
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
          'There is no page at this address, or your roles do not allow it.',
        )}{' '}
        <a href="/admin">{t('Về trang Hôm nay', 'To the page Today')}</a>
      </p>
    </>
  );
}
