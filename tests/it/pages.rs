//! Every page renders with every sample in both languages, and every template belongs to a page.
use nightfair::{
    account, area, broadcast, case, desk, employer, fair, help, intake, matching, notice, office,
    oversight, person,
    platform::{
        page::{self, Page, View},
        sign::Sign,
        text::Lang,
    },
    posting, queue, rulebook, seeker, server, tally,
};
use std::{collections::BTreeSet, fs, path::Path};

/// A template with what becomes of its samples.
pub struct Rendered {
    pub template: &'static str,
    pub pages: Vec<(Lang, String)>,
}

fn render_samples<P: Page>() -> Rendered {
    let env = page::environment(&Sign::named("星光街道办事处"));
    let mut pages = Vec::new();
    for lang in Lang::ALL {
        for sample in P::samples() {
            let page = page::render(&env, &View::plain(lang), sample)
                .unwrap_or_else(|e| panic!("{}: {e:#}", P::TEMPLATE));
            pages.push((lang, page));
        }
    }
    Rendered {
        template: P::TEMPLATE,
        pages,
    }
}

/// Every page there is with every sample.
pub fn every_sample() -> Vec<Rendered> {
    vec![
        render_samples::<account::AccountPage>(),
        render_samples::<account::AccountsPage>(),
        render_samples::<account::NewAccountPage>(),
        render_samples::<account::PasswordPage>(),
        render_samples::<account::RecordsPage>(),
        render_samples::<account::SecretPage>(),
        render_samples::<account::SettingsPage>(),
        render_samples::<account::SetupPage>(),
        render_samples::<account::SignInPage>(),
        render_samples::<account::StaffPage>(),
        render_samples::<area::AreaPage>(),
        render_samples::<area::AreasPage>(),
        render_samples::<area::ImportPage>(),
        render_samples::<area::UnitPage>(),
        render_samples::<area::UnitsPage>(),
        render_samples::<fair::EditPage>(),
        render_samples::<fair::FairPage>(),
        render_samples::<fair::FairsPage>(),
        render_samples::<fair::HomePage>(),
        render_samples::<fair::MapPage>(),
        render_samples::<fair::PapersPage>(),
        render_samples::<fair::PickPage>(),
        render_samples::<fair::PortalPage>(),
        render_samples::<fair::SettingsPage>(),
        render_samples::<fair::SignsPage>(),
        render_samples::<fair::StallsPage>(),
        render_samples::<help::HelpIndexPage>(),
        render_samples::<help::HelpPage>(),
        render_samples::<case::BulkPage>(),
        render_samples::<case::CasePage>(),
        render_samples::<case::LedgerPage>(),
        render_samples::<case::LedgerPrintPage>(),
        render_samples::<case::ViewsPage>(),
        render_samples::<desk::DeskPage>(),
        render_samples::<desk::ExtraPage>(),
        render_samples::<desk::HoursPage>(),
        render_samples::<desk::MemberPage>(),
        render_samples::<desk::MembersPage>(),
        render_samples::<desk::MonthPage>(),
        render_samples::<desk::PatternFormPage>(),
        render_samples::<desk::PatternPage>(),
        render_samples::<desk::PrintPage>(),
        render_samples::<desk::SessionPage>(),
        render_samples::<desk::SitePage>(),
        render_samples::<desk::SitesPage>(),
        render_samples::<desk::WeekPage>(),
        render_samples::<intake::BannerPage>(),
        render_samples::<intake::BannersPage>(),
        render_samples::<intake::DonePage>(),
        render_samples::<intake::ImportPage>(),
        render_samples::<intake::JoinedPage>(),
        render_samples::<intake::NewPage>(),
        render_samples::<intake::ReportPage>(),
        render_samples::<intake::SlipPage>(),
        render_samples::<intake::TrackPage>(),
        render_samples::<notice::AnnouncementPage>(),
        render_samples::<notice::AnnouncementsPage>(),
        render_samples::<notice::BoardCasePage>(),
        render_samples::<notice::BoardPage>(),
        render_samples::<notice::BoardPrintPage>(),
        render_samples::<notice::IdeaPage>(),
        render_samples::<notice::IdeasPage>(),
        render_samples::<notice::NewAnnouncementPage>(),
        render_samples::<notice::UnmatchedPage>(),
        render_samples::<office::OfficePage>(),
        render_samples::<oversight::FiguresPage>(),
        render_samples::<oversight::FiguresPrintPage>(),
        render_samples::<oversight::PublicFiguresPage>(),
        render_samples::<oversight::RateRowsPage>(),
        render_samples::<oversight::SealedMonthPage>(),
        render_samples::<oversight::SealedPage>(),
        render_samples::<oversight::WeightsPage>(),
        render_samples::<person::PersonPage>(),
        render_samples::<queue::BoardPage>(),
        render_samples::<queue::GivePage>(),
        render_samples::<queue::LinesPage>(),
        render_samples::<queue::NumberPage>(),
        render_samples::<queue::SlipPage>(),
        render_samples::<rulebook::CalendarPage>(),
        render_samples::<rulebook::CategoriesPage>(),
        render_samples::<rulebook::CategoryPage>(),
        render_samples::<rulebook::DispatchPage>(),
        render_samples::<rulebook::DispatchRulePage>(),
        render_samples::<rulebook::GroupPage>(),
        render_samples::<rulebook::LimitPage>(),
        render_samples::<rulebook::LimitsPage>(),
        render_samples::<rulebook::NoticePage>(),
        render_samples::<rulebook::RulesPage>(),
        render_samples::<seeker::RegisterPage>(),
        render_samples::<seeker::ShutPage>(),
        render_samples::<seeker::desk::ArrivalsPage>(),
        render_samples::<seeker::holder::TicketPage>(),
        render_samples::<seeker::holder::QrPage>(),
        render_samples::<seeker::holder::MinePage>(),
        render_samples::<seeker::holder::WithdrawPage>(),
        render_samples::<seeker::holder::WithdrawnPage>(),
        render_samples::<seeker::paper::BlanksPage>(),
        render_samples::<seeker::paper::RosterPage>(),
        render_samples::<seeker::poster::PostersPage>(),
        render_samples::<seeker::poster::PosterPage>(),
        render_samples::<seeker::desk::NewPage>(),
        render_samples::<seeker::desk::RegistrationPage>(),
        render_samples::<seeker::desk::RegistrationsPage>(),
        render_samples::<seeker::desk::SlipPage>(),
        render_samples::<seeker::gate::GatesPage>(),
        render_samples::<seeker::gate::GatePage>(),
        render_samples::<seeker::gate::WalkInPage>(),
        render_samples::<seeker::gate::ReconcilePage>(),
        render_samples::<employer::CompanyPage>(),
        render_samples::<employer::DossierPage>(),
        render_samples::<employer::EmployersPage>(),
        render_samples::<employer::JoinPage>(),
        render_samples::<employer::NewEmployerPage>(),
        render_samples::<matching::AtBoothPage>(),
        render_samples::<matching::BoothPage>(),
        render_samples::<matching::BoothsPage>(),
        render_samples::<matching::IdentifyPage>(),
        render_samples::<matching::JobsPage>(),
        render_samples::<matching::InterestPage>(),
        render_samples::<matching::SeekerMatchPage>(),
        render_samples::<matching::QueuePage>(),
        render_samples::<matching::ScanPage>(),
        render_samples::<matching::EmployerMatchPage>(),
        render_samples::<matching::WorkPage>(),
        render_samples::<matching::OnBehalfPage>(),
        render_samples::<posting::OwnPostingsPage>(),
        render_samples::<posting::PostingFormPage>(),
        render_samples::<posting::OwnPostingPage>(),
        render_samples::<posting::PastePage>(),
        render_samples::<posting::PreviewPage>(),
        render_samples::<posting::QueuePage>(),
        render_samples::<posting::ReviewPage>(),
        render_samples::<posting::PublicPostingsPage>(),
        render_samples::<posting::PublicPostingPage>(),
        render_samples::<broadcast::StreamsPage>(),
        render_samples::<broadcast::StreamFormPage>(),
        render_samples::<broadcast::StreamPage>(),
        render_samples::<server::ErrorPage>(),
        render_samples::<tally::PaperPage>(),
        render_samples::<tally::PrintPage>(),
        render_samples::<tally::RowsPage>(),
        render_samples::<tally::ScreenPage>(),
        render_samples::<tally::TallyPage>(),
    ]
}

#[test]
fn every_page_renders_and_every_template_is_a_page() {
    let rendered = every_sample();
    let pages: BTreeSet<_> = rendered
        .iter()
        .map(|page| page.template.to_owned())
        .collect();
    let mut files = BTreeSet::new();
    collect(Path::new("templates"), &mut files);
    assert_eq!(pages, files);
}

/// Templates other templates are built from start with an underscore, or lie in a folder that does.
fn collect(dir: &Path, files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with('_') {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "html") {
            files.insert(
                path.strip_prefix("templates")
                    .unwrap()
                    .display()
                    .to_string(),
            );
        }
    }
}
