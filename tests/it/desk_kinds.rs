//! The other kinds of cases in a browser, each from the first word to its end: a dispute that is
//! settled, a railing that is mended, an idea that is carried out, a letter that is answered. Time
//! goes by on the program's clock as it does in an office.
use crate::{
    browser::{DESK, PHONE},
    desk_make::{Day, Member, Timed, Unit},
    wire::ADMIN,
};
use nightfair::platform::text::Lang;

/// Monday 23 November 2026, nine in the morning in Beijing.
const MORNING: &str = "2026-11-23T01:00:00Z";

const AREAS: &str = "level,code,name,parent_code,lead_name\n\
    street,XG,星光街道,,\ncommunity,XG01,民乐路社区,XG,\n\
    grid,XG0101,第一网格,XG01,\ngrid,XG0102,第二网格,XG01,\n";

const UNITS: &[Unit<'_>] = &[
    ("安居物业", "property", "WUYE", ""),
    ("市政所", "department", "SHIZHENG", ""),
    ("人民调解委员会", "community", "TIAOJIE", ""),
    ("第一网格组", "community", "WANGGE1", "第一网格"),
    ("第二网格组", "community", "WANGGE2", "第二网格"),
];

const MEMBERS: &[Member<'_>] = &[
    ("wangmin", "王敏", "community_clerk", "", false),
    ("liuyang", "刘洋", "verifier", "", false),
    ("chenwei", "陈伟", "secretary", "", false),
    ("hexin", "何欣", "deputy_liaison", "", false),
    ("zhaoqiang", "赵强", "department_handler", "WUYE", false),
    ("zhouzheng", "周正", "mediator", "TIAOJIE", true),
    ("mali", "马丽", "mediator", "TIAOJIE", false),
    ("gaofei", "高飞", "grid_worker", "WANGGE1", false),
    ("linna", "林娜", "grid_worker", "WANGGE2", false),
    ("sunhao", "孙浩", "department_handler", "SHIZHENG", false),
    ("qianjin", "钱进", "department_handler", "SHIZHENG", true),
    ("fanglei", "方磊", "department_handler", "SHIZHENG", true),
];

impl Day {
    /// The page of the case says `chip` and every record that the office looks for.
    async fn ended(&self, number: &str, chip: &str, records: &[&str]) {
        let browser = &self.browser;
        browser.go(&format!("/cases/{number}")).await;
        browser.sees(chip).await;
        for action in records {
            browser
                .sees(&self.word(&format!("case.did.{action}")))
                .await;
        }
    }

    /// What anybody may read says nothing of anybody.
    async fn tells_nobody(&self, paths: &[&str], told: &str, secrets: &[&str]) {
        let browser = &self.browser;
        self.leave().await;
        for path in paths {
            browser.go(path).await;
            let text = browser.text().await;
            assert!(text.contains(told), "{path} does not say {told}:\n{text}");
            for secret in secrets {
                assert!(!text.contains(secret), "{path} says {secret}:\n{text}");
            }
        }
    }

    /// The path of the tracking page that the code on the screen opens.
    async fn key_on_screen(&self) -> String {
        let shot = self.browser.shot().await;
        let mut read = crate::qr::read_bytes(self.browser.dir.path(), &shot);
        assert_eq!(read.len(), 1);
        let address = read.remove(0);
        address[address.find("/K/").unwrap()..].to_owned()
    }
}

fn file(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_neighbours_come_to_an_agreement() {
    let program = Timed::open(MORNING).await;
    let day = program.day().await;
    let browser = &day.browser;
    day.prepare(AREAS, UNITS, MEMBERS).await;

    day.comes("wangmin").await;
    browser.go("/office/intake?kind=mediation").await;
    browser.look("mediation-intake", DESK).await;
    browser
        .fill("text", "楼上半夜拖桌椅，楼下老人睡不着，两家吵了一个月。")
        .await;
    browser.choose("category", "neighbour_noise").await;
    browser.pick("area", "第一网格").await;
    browser.fill("name", "陈秀英").await;
    browser.fill("phone", "13900001111").await;
    browser.fill("party_1_name", "李建国").await;
    browser.fill("party_1_phone", "139000").await;
    browser.press(&day.word("intake.save")).await;
    browser.sees(&day.word("common.faults")).await;
    browser.look("mediation-fault", DESK).await;
    let kept = "return document.querySelector('main [name=party_1_name]').value";
    assert_eq!(browser.ask(kept).await, "李建国");
    browser.fill("party_1_phone", "13900002222").await;
    browser.press(&day.word("intake.save")).await;
    browser.sees(&day.word("intake.done.scan")).await;
    browser.look("mediation-done", DESK).await;
    let key = day.key_on_screen().await;
    let number = day.number().await;

    browser.go(&format!("/cases/{number}")).await;
    browser.step("accept", &[]).await;
    browser.look("mediation-accepted", DESK).await;
    // Who mediates belongs to the committee that is given the case.
    let committee = browser.option("lead", "人民调解委员会").await;
    let mediator = browser.option("mediator", "马丽").await;
    let appoint = [
        ("lead", committee.as_str()),
        ("mediator", &mediator),
        ("chosen_by_parties", "yes"),
    ];
    browser.step("dispatch", &appoint).await;

    day.open_case("zhouzheng", &number).await;
    browser.step("sign", &[]).await;
    day.open_case("mali", &number).await;
    browser.look("mediation-signed", PHONE).await;
    browser.step("invite", &[("how", "phone")]).await;
    browser.look("mediation-invited", DESK).await;
    // A party that does not want this mediator has not agreed.
    let first = browser.option("party", "陈").await;
    browser.step("consent", &[("party", &first)]).await;
    browser
        .sees(&day.word("field_fault.mediator_accepted"))
        .await;
    browser
        .step("consent", &[("mediator_accepted", "yes")])
        .await;
    browser.look("mediation-consent", DESK).await;
    // The other one is the only one left to say so.
    browser
        .step("consent", &[("mediator_accepted", "yes")])
        .await;
    let session = [
        ("place", "社区调解室"),
        ("notes", "楼上愿意装脚垫，夜里十点后不搬动家具。"),
    ];
    browser.step("session", &session).await;
    browser.look("mediation-session", PHONE).await;

    // An agreement that one of them has not signed is none, and the page says so.
    let paper = day.picture("agreement");
    let signed = "main form:has(> [name=action][value=agree_written]) [name=signed_by]";
    browser.push(signed).await;
    let complete = [
        ("mediator_signed", "yes"),
        ("sealed", "yes"),
        ("file", file(&paper)),
        ("effective_on", "2026-11-23"),
        ("perform_by", "2026-12-07"),
    ];
    browser.step("agree_written", &complete).await;
    browser.sees(&day.word("field_fault.all_signed")).await;
    browser.look("mediation-unsigned", DESK).await;
    browser.push(&format!("{signed}:not(:checked)")).await;
    browser
        .step("agree_written", &[("file", file(&paper))])
        .await;
    browser.look("mediation-agreed", DESK).await;
    day.look_around("mediation-mali", &number).await;

    // Nobody may say that it is done before both do, or the day has passed.
    day.open_case("wangmin", &number).await;
    browser
        .push("main form:has(> [name=action][value=verify_pass]) [name=confirmed_by]")
        .await;
    browser
        .step("verify_pass", &[("note", "楼上说脚垫装好了。")])
        .await;
    browser.sees("还没有都确认履行").await;
    browser.look("mediation-unperformed", DESK).await;
    // What was promised before is over, what they agreed on is not: nobody is chased.
    program.pass(10).await;
    day.open_case("mali", &number).await;
    assert!(
        !browser
            .text()
            .await
            .contains(&day.word("case.did.supervise"))
    );
    program.pass(5).await;
    day.open_case("wangmin", &number).await;
    browser.look("mediation-due", DESK).await;
    browser
        .step("verify_pass", &[("note", "两家都说夜里安静了。")])
        .await;
    day.open_case("mali", &number).await;
    browser.step("close", &[]).await;
    let records = [
        "mediation.dispatch",
        "sign",
        "invite",
        "consent",
        "session",
        "agree_written",
        "mediation.verify_pass",
        "close",
    ];
    let done = day.word("case.code.outcome.agreed_performed");
    day.ended(&number, &done, &records).await;
    browser.look("mediation-closed", DESK).await;

    // What was settled between them stays between them.
    day.tells_nobody(&[&key], &done, &["13900002222", "李建国"])
        .await;
    browser.look("mediation-track", PHONE).await;
    browser.go("/board").await;
    browser.sees(&day.word("notice.none")).await;
    day.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_railing_is_found_taped_off_and_mended() {
    let program = Timed::open(MORNING).await;
    let day = program.day().await;
    let browser = &day.browser;
    day.prepare(AREAS, UNITS, MEMBERS).await;
    let (broken, taped) = (day.picture("broken"), day.picture("taped"));
    let mended = day.picture("mended");

    day.comes("linna").await;
    browser.go("/office/intake").await;
    browser.look("patrol-intake", PHONE).await;
    browser
        .fill(
            "text",
            "门卫室门口护栏断了一根，断口朝外，老人孩子天天经过。",
        )
        .await;
    browser.choose("category", "railing").await;
    browser.pick("area", "第二网格").await;
    browser.fill("address", "南门 3 号楼门卫室门口").await;
    browser.choose("urgency", "emergency").await;
    browser.attach("files", &broken).await;
    browser.press(&day.word("intake.save")).await;
    browser.sees(&day.word("intake.done")).await;
    browser.look("patrol-done", PHONE).await;
    let number = day.number().await;
    browser.press(&day.word("intake.open_case")).await;
    let update = [
        ("text", "已拉警戒线，提醒大家绕行。"),
        ("visibility", "public"),
        ("files", file(&taped)),
    ];
    browser.step("update", &update).await;
    day.look_around("patrol-linna", &number).await;

    day.open_case("wangmin", &number).await;
    // As urgent as who stood before it said.
    browser.step("accept", &[]).await;
    browser.sees(&day.word("case.code.urgency.emergency")).await;
    let property = browser.option("lead", "安居物业").await;
    browser
        .step("dispatch", &[("lead", &property), ("basis", "manual")])
        .await;
    day.open_case("zhaoqiang", &number).await;
    browser.step("sign", &[]).await;
    browser.look("patrol-signed", PHONE).await;
    day.open_case("linna", &number).await;
    let taped_off = [("text", "警戒线还在。"), ("progress", "hazard_taped")];
    browser.step("update", &taped_off).await;
    day.open_case("zhaoqiang", &number).await;
    browser.sees(&day.word("case.code.step.hazard_taped")).await;
    let result = [
        ("result", "焊好并刷漆，逐根检查过。"),
        ("outcome", "resolved"),
    ];
    browser.step("submit_result", &result).await;
    browser
        .sees(&day.word("field_fault.before_and_after"))
        .await;
    browser.look("patrol-unproved", PHONE).await;
    // How it was is in the case already; only how it is now has to be shown.
    browser
        .step("submit_result", &[("after", file(&mended))])
        .await;
    browser.look("patrol-submitted", DESK).await;

    // Who found it does not verify it; somebody of another grid does.
    day.open_case("linna", &number).await;
    browser.look("patrol-finder", PHONE).await;
    browser
        .sees(&day.word("case.guard.verifier_of_other_grid"))
        .await;
    day.open_case("gaofei", &number).await;
    browser
        .step("verify_pass", &[("note", "摇过，不晃了。")])
        .await;
    day.open_case("liuyang", &number).await;
    let close = [("outcome", "resolved"), ("public_answer", "护栏已焊好。")];
    browser.step("close", &close).await;
    let records = [
        "update",
        "accept",
        "dispatch",
        "sign",
        "submit_result",
        "verify_pass",
        "close",
    ];
    day.ended(&number, &day.word("case.code.outcome.resolved"), &records)
        .await;
    browser.look("patrol-closed", DESK).await;

    // What is published is looked at first; who would be recognised is not published at all.
    day.open_case("wangmin", &number).await;
    let title = "门卫室门口的护栏";
    let published = [
        ("title", title),
        ("public_text", "3 号楼门口护栏已焊好，问林娜 13800001111。"),
    ];
    browser.step("publish", &published).await;
    browser.look("patrol-traces", DESK).await;
    browser.sees("13800001111").await;
    browser.sees("3 号楼").await;
    browser
        .step(
            "publish",
            &[("public_text", "断裂的护栏已焊好，并逐根检查。")],
        )
        .await;
    browser.sees(&day.word("case.check.publish")).await;
    browser.look("patrol-check", DESK).await;
    browser.step("publish", &[]).await;
    browser.sees(&day.word("case.said.done")).await;
    day.look_around("patrol-clerk", &number).await;
    day.tells_nobody(
        &["/board"],
        title,
        &["林娜", "高飞", "3 号楼", "13800001111"],
    )
    .await;
    browser.look("patrol-board", DESK).await;
    browser.press(title).await;
    browser.sees("逐根检查").await;
    browser.look("patrol-board-case", PHONE).await;
    day.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idea_is_seconded_deliberated_and_carried_out() {
    let program = Timed::open(MORNING).await;
    let day = program.day().await;
    let browser = &day.browser;
    day.prepare(AREAS, UNITS, MEMBERS).await;

    day.leave().await;
    let sends = async |kind: &str, category: &str, text: &str, name: &str, phone: &str| {
        browser.go(&format!("/report?kind={kind}")).await;
        browser.look(&format!("idea-report-{kind}"), PHONE).await;
        browser.choose("category", category).await;
        browser.fill("text", text).await;
        browser.pick("area", "民乐路社区").await;
        browser.fill("name", name).await;
        browser.fill("phone", phone).await;
        browser.press(&day.word("intake.report.send")).await;
        (browser.path().await, day.number().await)
    };
    let wish = "在小区北门装一排充电桩，省得往楼道里推电动车。";
    let (author, number) = sends("suggestion", "deliberation", wish, "王小云", "13900003333").await;
    browser.look("idea-track", PHONE).await;
    let other = "咨询养老保险认证怎么办。";
    let (neighbour, _) = sends(
        "resident_request",
        "pension",
        other,
        "赵大爷",
        "13900004444",
    )
    .await;

    day.open_case("wangmin", &number).await;
    browser.step("accept", &[]).await;
    let title = "北门装充电桩";
    let published = [
        ("title", title),
        ("public_text", "在小区北门装一排充电桩，电动车不再进楼道。"),
    ];
    browser.step("publish", &published).await;
    browser.step("publish", &[]).await;
    browser.look("idea-published", DESK).await;

    day.leave().await;
    browser.go(&author).await;
    browser.press(&day.word("intake.track.ideas_go")).await;
    browser.press_start(title).await;
    browser.sees(&day.word("notice.second.own")).await;
    day.leave().await;
    browser.go(&neighbour).await;
    browser.press(&day.word("intake.track.ideas_go")).await;
    browser.look("idea-list", PHONE).await;
    browser.press_start(title).await;
    browser.look("idea-open", PHONE).await;
    browser.press(&day.word("notice.second.do")).await;
    browser.sees(&day.word("notice.said.seconded")).await;
    browser.look("idea-seconded", PHONE).await;
    let idea = browser.path().await;

    day.open_case("wangmin", &number).await;
    let municipal = browser.option("lead", "市政所").await;
    browser
        .step("dispatch", &[("lead", &municipal), ("basis", "manual")])
        .await;
    day.open_case("sunhao", &number).await;
    browser.step("sign", &[]).await;
    browser
        .step("contact", &[("method", "phone"), ("reached", "yes")])
        .await;
    day.open_case("chenwei", &number).await;
    browser.look("idea-signed", DESK).await;
    let soon = [
        ("meeting_at", "2026-11-24T19:00"),
        ("place", "社区议事厅"),
        ("agenda", "装不装、装几个、谁出钱。"),
    ];
    browser.step("schedule", &soon).await;
    browser
        .sees(&day.word("field_fault.three_days_notice"))
        .await;
    browser
        .step("schedule", &[("meeting_at", "2026-11-27T19:00")])
        .await;
    browser.look("idea-scheduled", DESK).await;
    day.leave().await;
    browser.go(&idea).await;
    browser.sees("社区议事厅").await;
    browser.look("idea-meeting", PHONE).await;

    program.pass(5).await;
    day.open_case("chenwei", &number).await;
    let minutes = [
        ("attendance", "5"),
        ("minutes", "大家赞成先装六个，费用由维修资金出。"),
        ("options", "装六个\n先不装"),
        ("votes", "4\n1"),
    ];
    browser.step("deliberate", &minutes).await;
    browser.sees(&day.word("case.guard.quorum")).await;
    browser.look("idea-quorum", DESK).await;
    browser
        .step("deliberate", &[("attendance", "9"), ("votes", "8\n1")])
        .await;
    browser.look("idea-deliberated", DESK).await;
    let adopt = [
        ("decision", "adopted"),
        ("reasons", "多数赞成，也有地方。"),
        ("due_on", "2026-12-20"),
    ];
    browser.step("adopt", &adopt).await;
    day.look_around("idea-chenwei", &number).await;
    day.open_case("sunhao", &number).await;
    let built = day.picture("chargers");
    let result = [
        ("result", "六个充电桩已通电。"),
        ("outcome", "adopted_done"),
        ("after", file(&built)),
    ];
    browser.step("submit_result", &result).await;
    day.open_case("liuyang", &number).await;
    browser
        .step("verify_pass", &[("note", "试充过，能用。")])
        .await;
    day.leave().await;
    browser.go(&author).await;
    browser.look("idea-rate", PHONE).await;
    browser.press(&day.word("intake.rate.yes")).await;
    day.open_case("liuyang", &number).await;
    let close = [
        ("outcome", "adopted_done"),
        ("public_answer", "六个充电桩已投入使用。"),
    ];
    browser.step("close", &close).await;
    let records = [
        "publish",
        "second",
        "schedule",
        "deliberate",
        "adopt",
        "submit_result",
        "verify_pass",
        "callback",
        "close",
    ];
    let done = day.word("case.code.outcome.adopted_done");
    day.ended(&number, &done, &records).await;
    browser.look("idea-closed", DESK).await;
    let secrets = ["王小云", "赵大爷", "13900003333", "13900004444"];
    day.tells_nobody(&[&idea, "/ideas", "/board"], title, &secrets)
        .await;
    browser.go(&idea).await;
    browser.sees(&done).await;
    browser.look("idea-public", PHONE).await;
    browser.go(&author).await;
    browser.sees("已投入使用").await;
    browser.look("idea-track-closed", PHONE).await;
    day.comes(ADMIN).await;
    browser.go("/office").await;
    browser.look("start", DESK).await;
    browser.look_by_night("start", DESK).await;
    day.browser.close().await;
}

/// The same letter in Chinese and in English: every word of a page is in its reader's language.
async fn a_letter(lang: Lang) {
    let said = |zh: &'static str, en: &'static str| if lang == Lang::En { en } else { zh };
    let shot = |name: &str| format!("letter-{}-{name}", lang.tag());
    let program = Timed::open(MORNING).await;
    let mut day = program.day().await;
    day.lang = lang;
    let day = day;
    let browser = &day.browser;
    let areas = "level,code,name,parent_code,lead_name\n\
        street,XG,Starlight Street,,\ncommunity,XG01,Minle Road,XG,\n";
    let areas = said(AREAS, areas);
    let unit = said("市政所", "Municipal Works");
    let units = [(unit, "department", "SHIZHENG", "")];
    let members = [
        (
            "wangmin",
            said("王敏", "Min Wang"),
            "community_clerk",
            "",
            false,
        ),
        ("liuyang", said("刘洋", "Yang Liu"), "verifier", "", false),
        ("hexin", said("何欣", "Xin He"), "deputy_liaison", "", false),
        (
            "qianjin",
            said("钱进", "Jin Qian"),
            "department_handler",
            "SHIZHENG",
            true,
        ),
        (
            "fanglei",
            said("方磊", "Lei Fang"),
            "department_handler",
            "SHIZHENG",
            true,
        ),
    ];
    day.prepare(areas, &units, &members).await;
    day.speaks().await;

    day.leave().await;
    browser.go("/report?kind=mailbox").await;
    day.speaks().await;
    browser.look(&shot("report"), PHONE).await;
    browser.choose("category", "letter").await;
    let wish = said(
        "巷子南头一直没有路灯，请书记过问。",
        "No lights at the south end of the alley.",
    );
    browser.fill("text", wish).await;
    browser.pick("area", said("民乐路社区", "Minle Road")).await;
    browser.fill("name", said("张桂兰", "Guilan Zhang")).await;
    browser.fill("phone", "13900005555").await;
    browser.press(&day.word("intake.report.send")).await;
    let (key, number) = (browser.path().await, day.number().await);
    day.speaks().await;
    browser.look(&shot("track"), PHONE).await;

    day.open_case("wangmin", &number).await;
    day.speaks().await;
    browser.step("accept", &[]).await;
    day.open_case("hexin", &number).await;
    browser.look(&shot("accepted"), DESK).await;
    day.speaks().await;
    // He hands it over; that is what stands first for him.
    browser.sees(&day.word("case.act.hand_over")).await;
    let to = browser.option("to", unit).await;
    browser.step("hand_over", &[("to", &to)]).await;
    day.open_case("qianjin", &number).await;
    browser.step("sign", &[]).await;
    browser
        .step("contact", &[("method", "phone"), ("reached", "yes")])
        .await;
    browser.look(&shot("signed"), DESK).await;
    let reply = said(
        "本周内装两盏 LED 灯。",
        "Two LED lamps will hang there this week.",
    );
    browser.step("draft_reply", &[("reply", reply)]).await;
    // Who drafted it does not approve it, though he heads the unit; the page says why.
    browser.look(&shot("drafted"), DESK).await;
    browser
        .sees(&day.word("case.guard.approver_not_drafter"))
        .await;
    day.speaks().await;
    day.open_case("fanglei", &number).await;
    browser.step("approve_reply", &[]).await;
    browser.look(&shot("approved"), PHONE).await;
    day.look_around(&shot("fanglei"), &number).await;
    day.open_case("qianjin", &number).await;
    // What was approved is what the resident reads.
    browser
        .step("submit_result", &[("outcome", "resolved")])
        .await;
    day.open_case("liuyang", &number).await;
    browser
        .step(
            "verify_pass",
            &[("note", said("夜里看过。", "Seen at night."))],
        )
        .await;
    browser.look(&shot("verified"), DESK).await;
    day.speaks().await;

    day.leave().await;
    browser.go(&key).await;
    browser.look(&shot("opinion"), PHONE).await;
    day.speaks().await;
    browser.sees(reply).await;
    browser.step("opinion", &[("satisfied", "yes")]).await;
    browser.look(&shot("said"), PHONE).await;
    day.open_case("liuyang", &number).await;
    browser.look(&shot("to-close"), DESK).await;
    let close = [
        ("outcome", "resolved"),
        (
            "public_answer",
            said(
                "路灯已装好，感谢来信。",
                "The lamps are up, thank you for writing.",
            ),
        ),
    ];
    browser.step("close", &close).await;
    let records = [
        "mailbox.report",
        "accept",
        "hand_over",
        "sign",
        "contact",
        "draft_reply",
        "approve_reply",
        "submit_result",
        "verify_pass",
        "opinion",
        "close",
    ];
    let done = day.word("case.code.outcome.resolved");
    day.ended(&number, &done, &records).await;
    browser.look(&shot("closed"), DESK).await;
    day.speaks().await;
    day.look_around(&shot("liuyang"), &number).await;
    browser.go("/cases").await;
    day.speaks().await;
    let secrets = [
        said("张桂兰", "Guilan"),
        "13900005555",
        said("钱进", "Jin Qian"),
    ];
    day.tells_nobody(&[&key], &done, &secrets).await;
    browser.look(&shot("track-closed"), PHONE).await;
    day.speaks().await;
    day.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_answered_after_somebody_else_approved_the_answer() {
    a_letter(Lang::Zh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_of_a_letter_can_be_read_in_english() {
    a_letter(Lang::En).await;
}
