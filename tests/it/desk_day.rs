//! A day of the desk in a browser: a resident scans the sign at the door and sends a picture, the
//! clerk accepts and dispatches, the property company signs, calls, repairs, somebody else looks,
//! the resident rates by the link; and a clerk writes down what somebody without a telephone says.
use crate::{
    browser::{DESK, PHONE, word},
    desk_make::{Day, Member, Unit},
    qr::read_bytes,
    wire::{Office, PASSWORD},
};

const AREAS: &str = "level,code,name,parent_code,lead_name\n\
    street,XG,星光街道,,\ncommunity,XG01,民乐路社区,XG,\nbuilding,XG0103,3号楼,XG01,\n";

const UNITS: &[Unit<'_>] = &[("安居物业", "property", "WUYE", "")];
const MEMBERS: &[Member<'_>] = &[
    ("wangmin", "王敏", "community_clerk", "", false),
    ("liuyang", "刘洋", "verifier", "", false),
    ("chenwei", "陈伟", "secretary", "", false),
    ("zhaoqiang", "赵强", "department_handler", "WUYE", false),
];

impl Day {
    /// The sign for the door; answers the address in its code.
    async fn sign(&self) -> String {
        let browser = &self.browser;
        browser.sign_in("wangmin", PASSWORD).await;
        browser.go("/office/intake/banners").await;
        browser.look("signs", DESK).await;
        browser.go("/office/intake/banners/XG0103").await;
        let mut read = read_bytes(browser.dir.path(), &browser.shot().await);
        assert_eq!(read.len(), 1);
        read.remove(0)
    }

    /// On a telephone, without an account; answers the path of the key.
    async fn resident_reports(&self, sign: &str) -> String {
        let browser = &self.browser;
        browser.go(sign).await;
        browser.sees("3号楼").await;
        browser.look("report", PHONE).await;
        browser.press(&word("intake.report.send")).await;
        browser.sees(&word("common.faults")).await;
        browser.choose("category", "lighting").await;
        browser.fill("text", "2 单元门口的灯一直不亮。").await;
        browser.fill("phone", "138 0000 8000").await;
        browser.attach("files", &self.picture("lamp")).await;
        browser.press(&word("intake.report.send")).await;
        browser.sees("已收到").await;
        browser.look("track-new", PHONE).await;
        browser.path().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_sign_at_the_door_to_the_rating() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    let day = Day::open(office.told.clone(), &office.serving.host).await;
    let browser = &day.browser;
    day.prepare(AREAS, UNITS, MEMBERS).await;
    browser.undress().await;
    let sign = day.sign().await;
    browser.undress().await;
    let key = day.resident_reports(&sign).await;
    let number = day.number().await;

    day.open_case("wangmin", &number).await;
    browser.look("case-new", DESK).await;
    browser.step("accept", &[("urgency", "ordinary")]).await;
    let property = browser.option("lead", "安居物业").await;
    browser
        .step("dispatch", &[("lead", &property), ("basis", "manual")])
        .await;
    day.open_case("zhaoqiang", &number).await;
    browser.step("sign", &[]).await;
    browser.look("case-signed", PHONE).await;
    browser
        .push("main form:has(> [name=action][value=contact]) [name=reached]")
        .await;
    browser.step("contact", &[("method", "phone")]).await;
    // Without a picture of the repaired lamp the result is refused, and nothing typed is lost.
    let result = [("result", "换了新灯，试过两次。"), ("outcome", "resolved")];
    browser.step("submit_result", &result).await;
    let kept = "return document.querySelector('main [name=result]').value";
    assert_eq!(browser.ask(kept).await, "换了新灯，试过两次。");
    browser.attach("after", &day.picture("lamp")).await;
    browser.step("submit_result", &[]).await;
    browser.look("case-submitted", DESK).await;

    day.open_case("liuyang", &number).await;
    browser
        .step("verify_pass", &[("note", "夜里看过，亮了。")])
        .await;
    browser.undress().await;
    browser.go(&key).await;
    browser.sees(&word("intake.rate.ask")).await;
    browser.look("track-rate", PHONE).await;
    browser.press(&word("intake.rate.yes")).await;
    browser.sees(&word("intake.said.done")).await;
    day.open_case("liuyang", &number).await;
    let close = [
        ("outcome", "resolved"),
        ("public_answer", "灯已修好，感谢提醒。"),
    ];
    browser.step("close", &close).await;
    browser.look("case-closed", DESK).await;
    browser.undress().await;
    browser.go(&key).await;
    browser.sees("灯已修好").await;
    browser.look("track-closed", PHONE).await;

    // Somebody without a telephone, at the desk: one form, one press, a slip.
    browser.sign_in("wangmin", PASSWORD).await;
    browser.go("/office/intake").await;
    browser.look("intake", DESK).await;
    browser.fill("text", "菜市场门口的井盖松了。").await;
    browser.choose("category", "manhole").await;
    browser.fill("name", "李奶奶").await;
    browser.tick("on_behalf", "yes").await;
    browser.pick("area", "3号楼").await;
    browser.press(&word("intake.save")).await;
    browser.sees(&word("intake.done.scan")).await;
    browser.look("intake-done", DESK).await;
    browser.press(&word("intake.slip.print")).await;
    let mut read = read_bytes(browser.dir.path(), &browser.shot().await);
    assert_eq!(read.len(), 1);
    assert!(read.remove(0).contains("/K/"));
    day.browser.close().await;
}
