//! The four cases that are told whole: a railing over a door, a dark alley, a light that trips, a
//! flat that is not as it was promised.
use super::{
    affair::{Begins, Opening, Speaks},
    course::{After, By, Course, Soon, Work, line, text},
    mix::Plan,
    shots::Motif,
};
use crate::{
    case::commands::Child,
    domain::{
        calendar::{day_of, instant},
        case::{
            Basis, Channel, Code, Command, Kind, Outcome, Satisfied, Solved, Step as Phase,
            Urgency, Visibility,
        },
    },
};
use anyhow::{Result, anyhow};
use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};

pub const RAILING: &str = "门卫室门头护栏破损突出";
pub const ALLEY: &str = "南巷南头没有路灯";
pub const CANTEEN: &str = "食堂的灯一开就跳闸";
pub const HANDOVER: &str = "交房与三年前的合同不符";

const POLICE: &str = "派出所视频调阅登记第0417号";

impl Plan<'_> {
    pub fn tales(&mut self) -> Result<()> {
        self.railing()?;
        self.alley();
        self.canteen();
        self.handover();
        Ok(())
    }

    /// A weekday at a minute of the day, at least so many days ago and no holiday.
    fn morning(&self, days: u64, weekday: Option<u32>, minute: u16) -> DateTime<Utc> {
        let last = day_of(self.now) - Days::new(days);
        let fits = |day: &chrono::NaiveDate| {
            let known = day.weekday().num_days_from_monday();
            weekday.is_none_or(|wanted| wanted == known) && self.office.day(*day).works()
        };
        let day = (0..40).map(|back| last - Days::new(back)).find(fits);
        instant(day.unwrap_or(last), minute)
    }

    /// A patrol finding: seen at twenty past eight, taped within minutes, welded and painted
    /// before two, and every other railing looked at.
    fn railing(&mut self) -> Result<()> {
        let from = self.morning(8, None, 500);
        let opening = Opening {
            kind: Kind::PatrolFinding,
            category: "railing",
            title: RAILING,
            says: "早巡查时见门卫室门头的铁护栏被撞断，断头向外突出约四十厘米，老人孩子从下面过，有划伤危险。",
            channel: Channel::Patrol,
            area: "ML-1",
            at_desk: false,
            address: Some("民乐路小区门卫室门头"),
            speaks: Speaks::Nobody,
            by: Some("grid-ml"),
            against: Vec::new(),
            shots: vec![Motif::Rail.before(0), Motif::Rail.before(1)],
            order: None,
        };
        let course = Course::new("ML-1", "AJWY", Motif::Rail, 0).mute(true);
        let begun = railing_begins(course);
        let done = "断口焊接、打磨并补刷防锈漆，逐根摇晃检查，当日下午两点前恢复。";
        let course = railing_ends(begun, done);
        let parent = self.add(opening, course, from);
        let others = [
            (
                "ML-2",
                "排查民乐路小区北侧护栏",
                "全部护栏逐根检查，紧固松动螺栓六处。",
            ),
            ("ML-1", "排查儿童活动区护栏", "检查无破损，补刷防锈漆。"),
            (
                "FLL-1",
                "排查福利路花园护栏",
                "发现一处焊口开裂，当日补焊。",
            ),
        ];
        for (n, (area, title, found)) in others.into_iter().enumerate() {
            let child = Child {
                kind: Kind::PatrolFinding,
                category: Code::new("railing").map_err(|fault| anyhow!("{fault}"))?,
                title: line(title),
                text: text("门卫室护栏伤人隐患的举一反三：同类护栏全部查一遍。"),
                area: None,
            };
            let lead = if area == "FLL-1" { "HXWY" } else { "AJWY" };
            let course = Course::new(area, lead, Motif::Rail, n).mute(true);
            let course = course.accept(Urgency::Ordinary).dispatch().sign();
            let course = inspected(course, found);
            let at = from + TimeDelta::minutes(400 + 6 * i64::try_from(n).unwrap_or(0));
            self.begin(Begins::From(parent, child, area), course, at);
        }
        Ok(())
    }

    /// A mailbox case: said to a deputy in the street, answered with two lamps.
    fn alley(&mut self) {
        let from = self.morning(11, Some(4), 1110);
        let opening = Opening {
            kind: Kind::Mailbox,
            category: "lighting",
            title: ALLEY,
            says: "人大代表在街头接待时，居民说南巷南头一直没有路灯，晚上接孩子要打手电。代表当晚同居民走了一遍。",
            channel: Channel::Reception,
            area: "FLL",
            at_desk: false,
            address: Some("福利路南巷南头"),
            speaks: Speaks::Resident(900),
            by: Some("deputy"),
            against: Vec::new(),
            shots: vec![Motif::Lamp.before(0)],
            order: None,
        };
        let reply =
            "经现场勘查，南巷南头缺灯属实。现已在南头新装两盏LED路灯，当晚亮灯，并纳入路灯巡检。";
        let course = Course::new("FLL", "SZYH", Motif::Lamp, 0)
            .accept(Urgency::Ordinary)
            .hand_over(false)
            .sign()
            .contact()
            .update(By::Staff("handler-szyh"), "与代表、居民一同到现场量了灯位。", Visibility::Public)
            .draft(reply)
            .approve()
            .submit(reply, Outcome::Resolved)
            .pass()
            .opinion(By::Reporter, Satisfied::Yes, "灯亮了，孩子放学不怕黑了。")
            .rated(Solved::Yes, Satisfied::Yes, "代表跑了两趟，几天就装上了。")
            .close(Outcome::Resolved, "南巷南头装上了两盏路灯。")
            .publish(Some((
                "南巷亮灯了",
                "人大代表街头接待时听到的事：南巷南头没有路灯。市政部门几天内装好两盏LED路灯，社区回访，居民满意。",
            )));
        self.add(opening, course, from);
    }

    /// A request at the Wednesday desk: reported at noon, put right before the evening.
    fn canteen(&mut self) {
        let from = self.morning(3, Some(2), 740);
        let opening = Opening {
            kind: Kind::ResidentRequest,
            category: "property_service",
            title: CANTEEN,
            says: "社区食堂中午所有电器一起开，灯就跳闸，老人摸黑吃饭。",
            channel: Channel::Desk,
            area: "ML",
            at_desk: true,
            address: Some("民乐路社区食堂"),
            speaks: Speaks::Resident(901),
            by: Some("clerk-ml"),
            against: Vec::new(),
            shots: vec![Motif::Door.before(0)],
            order: None,
        };
        let done = "照明单独拉一路，与大功率电器分开，更换空气开关，试用一餐没有再跳闸。";
        let course = Course::new("ML", "AJWY", Motif::Door, 0)
            .accept(Urgency::Ordinary)
            .within(Soon(2))
            .dispatch()
            .within(Soon(1))
            .sign()
            .within(Soon(9))
            .contact()
            .within(Soon(14))
            .submit(done, Outcome::Resolved)
            .within(Soon(205))
            .pass()
            .within(Soon(70))
            .called(Solved::Yes, Satisfied::Yes)
            .within(After(1))
            .close(Outcome::Resolved, done)
            .publish(Some((
                "社区食堂的灯不跳闸了",
                "办公桌上反映的事：电器一起开，食堂灯就跳闸。物业当天把照明单独拉了一路，第二天回访，居民满意。",
            )));
        self.add(opening, course, from);
    }

    /// A mediation: an old couple, a builder, a bank clerk who comes to their home.
    fn handover(&mut self) {
        let from = self.morning(17, Some(4), 530);
        let opening = Opening {
            kind: Kind::Mediation,
            category: "handover",
            title: HANDOVER,
            says: "三年前签的合同写明带储藏间和双层窗，交房时都没有。两位老人腿脚不便，子女在外地。",
            channel: Channel::Desk,
            area: "FLL-2-1",
            at_desk: true,
            address: None,
            speaks: Speaks::Resident(902),
            by: Some("clerk-fll"),
            against: vec![903],
            shots: vec![Motif::Paper.before(0)],
            order: None,
        };
        let mediator = "mediator-sfs";
        let (desk, visit) = (
            By::Staff("clerk-fll"),
            "入户走访：银行工作人员一同上门，为老人核对按揭与退款账户，不用再跑网点。",
        );
        let course = Course::new("FLL", "SFS", Motif::Paper, 0)
            .accept(Urgency::Complex)
            .within(Soon(5))
            .appoint(mediator)
            .sign()
            .update(desk, visit, Visibility::Parties)
            .invite(mediator)
            .consent(mediator, 0)
            .consent(mediator, 1)
            .session(
                mediator,
                "老人家中",
                "逐条对照合同与现状。开发企业承认双层窗未装，储藏间因消防改造取消。",
            )
            .agree(mediator, 7)
            .within(Work(90))
            .performed(After(6))
            .close_mediation(mediator);
        self.add(opening, course, from);
    }
}

fn railing_begins(course: Course) -> Course {
    let (grid, here) = (By::Staff("grid-ml"), By::Staff("secretary-ml"));
    course
        .accept(Urgency::Ordinary)
        .within(Soon(6))
        .then(Soon(2), By::Staff("clerk-ml"), |scene| {
            Ok(Command::Dispatch {
                lead: scene.cast.unit("AJWY")?,
                co_units: vec![scene.cast.unit("SQ-ML")?],
                basis: Basis::Manual,
                due_at: None,
            })
        })
        .sign()
        .within(Soon(7))
        .progress(
            grid,
            Some(Phase::HazardTaped),
            "已拉警戒带、立提示牌，网格员现场值守到修好。",
            Visibility::Public,
        )
        .within(Soon(5))
        .showing(&[Motif::Rail.before(2)])
        .progress(
            here,
            None,
            "到现场看过，请派出所调取门口监控，看是谁撞的。",
            Visibility::Internal,
        )
        .within(Soon(30))
        .progress(
            grid,
            Some(Phase::LiabilityChecked),
            "监控看清是一辆三轮车倒车时碰断，车主已找到并认可。",
            Visibility::Internal,
        )
        .within(Soon(55))
        .then(Soon(10), By::Staff("secretary"), |scene| {
            Ok(Command::Attribute {
                asked_by: scene.cast.account("grid-ml")?.account,
                party: line("送货三轮车驾驶人，愿承担焊接材料费"),
                record_no: line(POLICE),
            })
        })
        .progress(
            By::Staff("handler-ajwy"),
            Some(Phase::Repairing),
            "焊工到场，切除断头，重新焊接。",
            Visibility::Public,
        )
        .within(Soon(40))
}

fn railing_ends(course: Course, done: &'static str) -> Course {
    let checked = By::Staff("grid-fll");
    course
        .submit(done, Outcome::Resolved)
        .within(Soon(95))
        .then(Soon(60), checked, |scene| {
            Ok(Command::VerifyPass {
                note: Some(text("另一网格的网格员到场，同一角度拍照，摇晃无松动。")),
                photos: scene.shots.clone(),
            })
        })
        .showing(&[Motif::Rail.after(1)])
        .close(Outcome::Resolved, "护栏当天修好，同类护栏全部排查。")
        .within(Soon(30))
        .publish(Some((
            "门头护栏半天修好，同类护栏全部排查",
            "早巡查发现门卫室门头护栏被撞断，立即围挡，半天内焊好刷漆，并把其他护栏全部检查了一遍。",
        )))
}

/// One of the inspections that followed.
fn inspected(course: Course, found: &'static str) -> Course {
    let handler = course.by_handler();
    let shots = [Motif::Rail.before(3), Motif::Rail.after(3)];
    course
        .then(Work(200), handler, move |scene| {
            let (before, after) = scene.shots.split_at(scene.shots.len().min(1));
            Ok(Command::SubmitResult {
                result: text(found),
                outcome: Outcome::Resolved,
                before: before.to_vec(),
                after: after.to_vec(),
            })
        })
        .showing(&shots)
        .pass()
        .close(Outcome::Resolved, found)
}
