//! An evening: planned, filed, published; booths taken; postings written and looked at; posters
//! hung; streams on air.
use super::{
    Story, Town,
    company::{Firm, Job},
    stage::Stage,
    store,
};
use crate::{
    broadcast,
    domain::{
        fair::{FairTask, HostPart, LARGE, ProgrammeKind},
        id::{PosterId, StreamId},
        moment,
        posting::ContractType,
        text::{Line, Prose, choice},
    },
    entity::{fair as rows, participation, posting},
    error::AppResult,
    fair::{
        self,
        booth_commands::{self, Booking, Note, Wish},
        form::{CALL, Typed},
        store::Item,
    },
    platform::once::Once,
    posting::{
        commands::{self as postings, Act, Decision, Seen, Target},
        form as texts,
    },
    seeker::poster,
};
use anyhow::{Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use sea_orm::ActiveEnum;

/// What of an evening its visitors meet.
pub struct Evening {
    pub stage: Stage,
    pub fair: rows::Model,
    pub posters: Vec<(PosterId, String)>,
    pub streams: Vec<StreamId>,
    pub postings: Vec<posting::Model>,
    pub stands: Vec<participation::Model>,
}

pub const GATES: [&str; 2] = ["东门", "南门"];

/// The preparation of an evening, up to the day when registration opens.
pub async fn prepare(
    story: &mut Story,
    town: &Town,
    firms: &[Firm],
    stage: Stage,
) -> Result<Evening> {
    let firms = &firms[..stage.firms.min(firms.len())];
    plan(story, town, &stage).await?;
    stand(story, firms, &stage).await?;
    offer(story, town, firms, &stage).await?;
    story.clock.set(stage.at(520));
    let (app, office) = (story.app.clone(), story.office());
    let fair = fair::store::find(app.db.read(), office, &stage.slug).await?;
    let places = places(stage.tonight)?;
    poster::make(&app, fair.id, Once::unkeyed(), places).await?;
    let streams = if stage.tonight {
        streams(story, town, &stage).await?
    } else {
        Vec::new()
    };
    let db = app.db.read();
    Ok(Evening {
        posters: store::posters(db, fair.id).await?,
        postings: store::published(db, fair.id).await?,
        stands: store::stands(db, fair.id).await?,
        streams,
        fair,
        stage,
    })
}

fn places(tonight: bool) -> Result<Vec<Line>> {
    const PLACES: [&str; 8] = [
        "星光社区公告栏",
        "河滩公园东门",
        "柳荫社区菜市场",
        "公交站·槐树巷口",
        "零工市场大厅",
        "街道便民服务中心",
        "驿站社区老年食堂",
        "职业技术学院宣传栏",
    ];
    let count = if tonight { PLACES.len() } else { 3 };
    let line = |place: &&str| Line::required(place, 60).map_err(|fault| anyhow!("{fault}"));
    PLACES[..count].iter().map(line).collect()
}

/// Plans the evening, files it, publishes it.
async fn plan(story: &Story, town: &Town, stage: &Stage) -> Result<()> {
    let (app, office) = (&story.app, story.office());
    story.clock.set(stage.at(0));
    let details = fair::form::details(&typed(story, town, stage), &CALL)?;
    fair::commands::create(app, office, details, Once::unkeyed()).await?;
    for item in programme(stage) {
        fair::commands::add_item(app, office, stage.slug.clone(), item, Once::unkeyed()).await?;
    }
    story.clock.set(stage.at(280));
    for (task, note) in [
        (FairTask::Filing, "备案回执已归档"),
        (FairTask::WorkPlan, "分工表已发各组"),
        (FairTask::EmergencyPlan, "疏散路线、医疗点和志愿者到位"),
        (FairTask::FloorPlan, "四排三十二个摊位"),
        (FairTask::PolicePermit, "许可决定书已归档"),
    ] {
        if FairTask::of(visitors(stage)).contains(&task) {
            let (admin, slug) = (town.staff.admin.clone(), stage.slug.clone());
            fair::commands::tick(app, admin, slug, task, true, note.into()).await?;
        }
    }
    story.clock.set(stage.at(300));
    fair::commands::publish(app, office, stage.slug.clone(), Once::unkeyed()).await?;
    Ok(())
}

/// How many people the office expects.
fn visitors(stage: &Stage) -> i64 {
    i64::try_from(stage.seekers * 2)
        .unwrap_or(i64::MAX)
        .clamp(200, 900_000)
}

fn typed(story: &Story, town: &Town, stage: &Stage) -> Typed {
    let hosts = town
        .hosts
        .iter()
        .map(|unit| (unit.to_string(), HostPart::CoHost.to_value()));
    let expected = visitors(stage);
    Typed {
        slug: stage.slug.clone(),
        title: stage.title.clone(),
        kind: "on_site".into(),
        venue: "河滩公园".into(),
        address: "星汉市河滩南街1号".into(),
        starts_at: stage.starts.to_rfc3339(),
        ends_at: stage.ends.to_rfc3339(),
        opens_at: stage.opens().to_rfc3339(),
        closes_at: stage.ends.to_rfc3339(),
        capacity: (expected + 400).to_string(),
        expected: expected.to_string(),
        hold_minutes: "30".into(),
        target_groups: vec!["hard_to_place".into(), "graduate".into()],
        gates: GATES.join("\n"),
        booths: if stage.tonight {
            "A 1-8 北侧\nB 1-8 中排\nC 1-8 中排\nD 1-8 南侧".into()
        } else {
            "A 1-6 北侧\nB 1-6 南侧".into()
        },
        notice: stage.notice.clone(),
        intro: stage.intro.into(),
        filing_no: format!("演备〔{}〕", moment::today(story.now).format("%Y")),
        permit_no: if expected >= LARGE {
            "演公安许可".into()
        } else {
            String::new()
        },
        hosts: hosts.collect(),
    }
}

/// 同期活动: job promotion, policy talk, training.
fn programme(stage: &Stage) -> Vec<Item> {
    [
        (
            10,
            40,
            ProgrammeKind::Promotion,
            "重点岗位推介",
            "零工市场直播台",
            "区零工市场",
        ),
        (
            50,
            80,
            ProgrammeKind::Policy,
            "就业困难人员补贴与社保政策宣讲",
            "中心舞台",
            "区就业创业促进中心",
        ),
        (
            90,
            140,
            ProgrammeKind::Training,
            "养老护理与电工技能体验课",
            "南门帐篷",
            "区妇联",
        ),
    ]
    .into_iter()
    .map(|(from, to, kind, title, place, host)| Item {
        starts_at: stage.starts + TimeDelta::minutes(from),
        ends_at: stage.starts + TimeDelta::minutes(to),
        kind,
        title: title.into(),
        place: place.into(),
        host: host.into(),
    })
    .collect()
}

/// Each employer holds its booth and books it; the last booth stays free.
async fn stand(story: &Story, firms: &[Firm], stage: &Stage) -> Result<()> {
    let per_row = if stage.tonight { 8 } else { 6 };
    let label = |n: usize| {
        let row = ["A", "B", "C", "D"][(n / per_row).min(3)];
        format!("{row}{:02}", n % per_row + 1)
    };
    let minutes = (stage.at(380) - stage.at(330)) / 64;
    let when = |n: usize| stage.at(330) + minutes * i32::try_from(n).unwrap_or(0);
    let holds = firms.iter().enumerate().map(|(n, firm)| {
        let (app, wish) = (
            story.app.clone(),
            Wish {
                office: story.office(),
                slug: stage.slug.clone(),
                label: label(n),
                employer: firm.id,
            },
        );
        let hold = async move { booth_commands::hold(&app, wish, Once::unkeyed()).await };
        (stage.at(330), hold.boxed())
    });
    let holds = story.together(holds.collect()).await?;
    let books = firms
        .iter()
        .zip(holds)
        .enumerate()
        .map(|(n, (firm, hold))| {
            let booking = Booking {
                slug: stage.slug.clone(),
                label: label(n),
                hold: hold.value.participation,
            };
            let (app, actor) = (story.app.clone(), firm.actor.clone());
            let book =
                async move { booth_commands::book(&app, actor, booking, Once::unkeyed()).await };
            // Within the half hour that a hold lasts.
            (
                when(n).min(stage.at(330) + TimeDelta::minutes(20)),
                book.boxed(),
            )
        });
    story.together(books.collect()).await?;
    Ok(())
}

/// Employers at their booths before the opening; the office notes it.
pub async fn arrive(story: &Story, town: &Town, evening: &Evening) -> Result<()> {
    let from = evening.stage.starts - TimeDelta::minutes(45);
    let notes = evening.stands.iter().zip(0_i32..).map(|(stand, n)| {
        let (app, actor) = (story.app.clone(), town.staff.admin.clone());
        let (slug, id) = (evening.stage.slug.clone(), stand.id);
        let note = async move { booth_commands::note(&app, actor, slug, id, Note::Arrived).await };
        (from + TimeDelta::seconds(1) * n, note.boxed())
    });
    story.together(notes.collect()).await?;
    Ok(())
}

const BENEFITS: [&str; 5] = [
    "免费工作餐",
    "提供住宿",
    "带薪年假、节日慰问",
    "岗前培训、师傅带教",
    "",
];

fn text(story: &mut Story, firm: &Firm, job: &Job, stage: &Stage) -> texts::Typed {
    let contract = choice::<ContractType>(job.contract).ok();
    let owed = contract.map(|contract| texts::codes(contract.owed_insurance()));
    let wide = job.education == "any" && job.experience == "any";
    let groups: &[&str] = match (wide, job.experience) {
        (true, _) => &["hard_to_place", "woman"],
        (false, "graduate") => &["graduate"],
        _ => &[],
    };
    texts::Typed {
        title: job.title.into(),
        occupation: job.occupation.into(),
        kind: match job.contract {
            "trainee" => "traineeship",
            "service" => "gig",
            _ => "regular",
        }
        .into(),
        headcount: job.headcount.into(),
        pay_min: job.pay.0.into(),
        pay_max: job.pay.1.into(),
        pay_unit: job.unit.into(),
        education: job.education.into(),
        experience: job.experience.into(),
        hours: match job.contract {
            "part_time" => "周末，每天4小时",
            "service" => "按班次，每天不超过8小时",
            _ => "每周40小时，做五休二或轮休",
        }
        .into(),
        place: firm.address.clone(),
        duties: job.duties.into(),
        contract_type: job.contract.into(),
        insurance: owed.unwrap_or_default(),
        benefits: story.chance.pick(&BENEFITS).into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        expires_on: (moment::today(stage.starts) + TimeDelta::days(30)).to_string(),
        auto_refer: story.chance.percent(15) || firm.trusting,
        ..texts::Typed::default()
    }
}

/// Employers write their postings, the office looks at them.
async fn offer(story: &mut Story, town: &Town, firms: &[Firm], stage: &Stage) -> Result<()> {
    story.clock.set(stage.at(390));
    let mut jobs: Vec<super::Job<Vec<crate::domain::id::PostingId>>> = Vec::new();
    for firm in firms {
        let setting = texts::Setting {
            today: moment::today(stage.at(390)),
            employer: firm.kind,
        };
        let mut written = Vec::new();
        for job in firm.jobs.iter().take(stage.jobs) {
            let typed = text(story, firm, job, stage);
            written.push(texts::details(&typed, &texts::CALL, &setting)?);
        }
        let (app, actor) = (story.app.clone(), firm.actor.clone());
        let target = Target {
            fair: stage.slug.clone(),
            employer: firm.id,
        };
        let write = async move {
            let once = Once::unkeyed();
            let done = postings::write(&app, actor, target, written, Act::Submit, once).await?;
            Ok(done.value)
        };
        jobs.push((stage.at(400), write.boxed()));
    }
    let written: Vec<_> = story.together(jobs).await?.into_iter().flatten().collect();
    // A few are still on the office's table, and two went back.
    let decided = written.iter().enumerate();
    let decided = decided.filter(|(n, _)| !stage.tonight || n % 20 != 7);
    let reviews = decided.map(|(n, id)| {
        let (app, actor) = (story.app.clone(), town.staff.officer.clone());
        let at = Seen {
            id: *id,
            version: None,
        };
        let back = stage.tonight && n % 50 == 17;
        let review = async move { postings::review(&app, actor, at, verdict(back)?).await };
        (stage.at(460), review.boxed())
    });
    let reviews = reviews.collect();
    story.together(reviews).await?;
    if stage.tonight {
        doubtful(story, &firms[3], stage).await?;
    }
    Ok(())
}

fn verdict(back: bool) -> AppResult<Decision> {
    let ground = None;
    if !back {
        return Ok(Decision::Approve {
            ground,
            reason: None,
        });
    }
    let reason = Prose::required("工作时间和休息日请写清楚后重新提交。", 500);
    Ok(Decision::Return(
        reason.map_err(|fault| anyhow!("{fault}"))?,
    ))
}

/// A posting whose wording the check holds back; it waits for the office.
async fn doubtful(story: &mut Story, firm: &Firm, stage: &Stage) -> Result<()> {
    story.clock.set(stage.at(500));
    let job = Job {
        title: "小区门岗",
        occupation: "service",
        headcount: "2",
        pay: ("3600", "4200"),
        unit: "month",
        education: "any",
        experience: "any",
        contract: "fixed_term",
        duties: "负责门岗登记。限男性，35岁以下，入职须交服装押金300元。",
    };
    let setting = texts::Setting {
        today: moment::today(stage.at(500)),
        employer: firm.kind,
    };
    let typed = text(story, firm, &job, stage);
    let details = vec![texts::details(&typed, &texts::CALL, &setting)?];
    let target = Target {
        fair: stage.slug.clone(),
        employer: firm.id,
    };
    let (actor, once) = (firm.actor.clone(), Once::unkeyed());
    postings::write(&story.app, actor, target, details, Act::Submit, once).await?;
    Ok(())
}

const PLATFORMS: [(&str, [i64; 3]); 3] = [
    ("douyin", [620, 1480, 2180]),
    ("kuaishou", [310, 850, 1240]),
    ("channels", [240, 610, 890]),
];

/// Two streams: one on the day before, one from the square.
async fn streams(story: &Story, town: &Town, stage: &Stage) -> Result<Vec<StreamId>> {
    let on_air = stage.starts + TimeDelta::minutes(15);
    let before = (stage.starts - TimeDelta::days(1)).max(stage.at(700));
    let mut opened = Vec::new();
    for (title, host, at, minutes, path) in [
        (
            "夜市预热：明晚有哪些岗位",
            "零工市场主播小林",
            before,
            60,
            "preview",
        ),
        (
            "星光夜市直播带岗",
            "零工市场主播小林",
            on_air,
            120,
            "square",
        ),
    ] {
        let typed = broadcast::form::Typed {
            title: title.into(),
            host: host.into(),
            platforms: PLATFORMS
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            url: format!("https://live.example.test/{}/{path}", stage.slug),
            starts_at: at.to_rfc3339(),
            ends_at: (at + TimeDelta::minutes(minutes)).to_rfc3339(),
        };
        let plan = broadcast::form::plan(&typed)?;
        let (actor, slug) = (town.staff.officer.clone(), stage.slug.clone());
        let once = Once::unkeyed();
        let done = broadcast::commands::open(&story.app, actor, slug, plan, once).await?;
        opened.push(done.value);
    }
    Ok(opened)
}

/// What was presented on air, and what the platforms showed by now.
pub async fn on_air(story: &Story, town: &Town, evening: &Evening) -> Result<()> {
    let (app, officer) = (&story.app, &town.staff.officer);
    for (n, posting) in evening.postings.iter().step_by(9).take(12).enumerate() {
        for (stream, apart) in evening.streams.iter().zip([4, 5]) {
            let minute = (3 + n * apart).to_string();
            let (actor, posting) = (officer.clone(), posting.id.to_string());
            broadcast::commands::present(app, actor, *stream, posting, minute).await?;
        }
    }
    let stage = &evening.stage;
    let on_air = stage.starts + TimeDelta::minutes(15);
    let before = (stage.starts - TimeDelta::days(1)).max(stage.at(700));
    for (stream, from, share) in [(0, before, 25), (1, on_air, 100)] {
        if from >= story.now {
            continue;
        }
        let span = (story.now - from).min(TimeDelta::minutes(60));
        for (platform, views) in PLATFORMS {
            for (at, views) in (1..).zip(views) {
                let at = from + span * at / 3;
                let count = count(platform, views * share / 100, at, stage);
                let once = Once::unkeyed();
                let (actor, id) = (officer.clone(), evening.streams[stream]);
                broadcast::commands::record(app, actor, id, count, None, once).await?;
            }
        }
    }
    Ok(())
}

fn count(
    platform: &str,
    views: i64,
    at: DateTime<Utc>,
    stage: &Stage,
) -> broadcast::form::TypedCount {
    broadcast::form::TypedCount {
        platform: platform.into(),
        views: views.to_string(),
        at: at.to_rfc3339(),
        evidence_url: format!("https://live.example.test/{}/{platform}", stage.slug),
        correction: String::new(),
    }
}
