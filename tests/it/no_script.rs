//! Every way through the program is open where no script runs: on a phone whose browser is too old
//! for them, or where a filter of the network took them away. The market's own evening is walked so
//! in `evening.rs`; here are the ways beside it, and what happens to whoever sends a form with faults.
use crate::{
    browser::{Browser, word},
    demo::Demo,
};
use nightfair::{
    demo::{at_the_desk, within},
    domain::role::Role,
    fair,
};

/// What has the focus: its element, and where it leads or what it is called.
const FOCUS: &str = "
const e = document.activeElement;
return e.localName + ' ' + (e.className === 'summary' ? '.summary' : e.getAttribute('href') || e.name || '');";

async fn focus(browser: &Browser) -> String {
    let on = browser.ask(FOCUS).await;
    on.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_survives_a_fault_and_the_way_back_to_it_is_short() {
    let demo = Demo::open().await;
    let browser = Browser::open(&demo.host).await;
    browser.without_scripts().await;
    browser
        .go(&format!("/R/{}", demo.prepared.told.poster))
        .await;
    browser.fill("name", "赵小兰").await;
    browser.fill("phone", "138 0000").await;
    browser.fill("wanted", "分拣").await;
    browser.tick("groups", "graduate").await;
    browser.press(&word("seeker.register.submit")).await;
    browser.sees(&word("common.faults")).await;
    for (field, typed) in [
        ("name", "赵小兰"),
        ("phone", "138 0000"),
        ("wanted", "分拣"),
    ] {
        assert_eq!(browser.value(field).await, typed, "{field}");
    }
    let ticked = "return document.querySelector('[name=groups][value=graduate]').checked";
    assert_eq!(browser.ask(ticked).await, true);
    // The summary has the focus; from it the keyboard goes to each fault, and on to the form.
    assert_eq!(focus(&browser).await, "div .summary");
    let faults = browser
        .ask("return [...document.querySelectorAll('.summary a')].map(a => a.getAttribute('href'))")
        .await;
    let faults = faults.as_array().unwrap();
    assert_eq!(faults.len(), 2, "phone and agreement: {faults:?}");
    for fault in faults {
        browser.tab().await;
        assert_eq!(
            focus(&browser).await,
            format!("a {}", fault.as_str().unwrap())
        );
        let leads = format!(
            "const e = document.querySelector('{}'); return e.getAttribute('aria-invalid') === 'true'",
            fault.as_str().unwrap()
        );
        assert_eq!(browser.ask(&leads).await, true, "{fault}");
    }
    browser.tab().await;
    assert_eq!(focus(&browser).await, "input name");
    browser.fill("phone", "199 0000 0001").await;
    browser.tick("consent", "yes").await;
    browser.press(&word("seeker.register.submit")).await;
    browser.sees(&word("seeker.ticket.fresh")).await;

    // The whole way back: everything is withdrawn, and the ticket is gone.
    let ticket = browser.path().await;
    browser.go(&format!("{ticket}/mine")).await;
    browser.follow("/withdraw").await;
    browser.press(&word("seeker.withdraw.yes")).await;
    browser.sees(&word("seeker.withdrawn")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn residents_report_and_follow_and_rate() {
    let demo = Demo::open().await;
    let desk = at_the_desk(&demo.app).await.unwrap();
    let browser = Browser::open(&demo.host).await;
    browser.without_scripts().await;
    browser.go(&desk.banner.unwrap()).await;
    browser
        .fill("text", "三号楼二单元的门禁坏了，整夜开着。")
        .await;
    browser.press(&word("intake.report.send")).await;
    // Nothing was chosen: told, and the words are still there.
    browser.sees(&word("common.faults")).await;
    assert!(browser.value("text").await.starts_with("三号楼"));
    browser.choose("category", "lighting").await;
    browser.fill("phone", "199 0000 0002").await;
    browser.press(&word("intake.report.send")).await;
    // Others are like it: this one is another.
    browser.sees(&word("intake.similar.resident")).await;
    browser.press(&word("intake.anew")).await;
    assert!(
        browser.path().await.starts_with("/K/"),
        "{}",
        browser.text().await
    );
    browser.sees(&word("intake.track.timeline")).await;
    // Behind the key of an older case somebody is asked for an opinion.
    browser.go(&desk.key.unwrap()).await;
    browser.press(&word("intake.rate.yes")).await;
    assert!(!browser.text().await.contains(&word("intake.rate.ask")));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_take_in_check_in_and_narrow_the_tally() {
    let demo = Demo::open().await;
    let fair = &demo.prepared.told.fair;
    let tonight = fair::store::find(demo.app.db.read(), demo.app.settings.office, fair);
    let within = within(&demo.app, tonight.await.unwrap().id).await.unwrap();
    let ticket = within.ticket.unwrap();
    let browser = Browser::open(&demo.host).await;
    browser.without_scripts().await;

    // A wrong password: told, and the login is still there.
    let (login, password) = demo.login(Role::GateSteward);
    browser.go("/sign-in").await;
    browser.fill("login", login).await;
    browser.fill("password", "not this one").await;
    browser.push("main form[action='/sign-in'] button").await;
    assert_eq!(browser.value("login").await, login);
    assert_eq!(browser.value("password").await, "");
    browser.forgive().await;
    browser.sign_in(login, password).await;
    browser.go(&format!("/gate/{fair}?gate=东门")).await;
    browser
        .fill("entry", ticket.trim_start_matches("/T/"))
        .await;
    browser.push("main button[name=direction][value=in]").await;
    let verdict = browser
        .ask("return document.getElementById('verdict').className")
        .await;
    assert!(
        ["verdict go", "verdict again"].contains(&verdict.as_str().unwrap()),
        "{verdict}"
    );

    browser.undress().await;
    let (login, password) = demo.login(Role::CommunityClerk);
    browser.sign_in(login, password).await;
    browser.go("/office/intake").await;
    browser.fill("text", "老人来说三楼的扶手松了。").await;
    browser.pick("category", "标识标牌").await;
    browser
        .push("main form[action='/office/intake'] .btns button")
        .await;
    // Where it is was forgotten: told, and the words are still there.
    browser.sees(&word("common.faults")).await;
    assert!(browser.value("text").await.starts_with("老人"));
    browser.fill("address", "民乐路 3 号院").await;
    browser
        .push("main form[action='/office/intake'] .btns button")
        .await;
    assert!(
        browser.path().await.starts_with("/office/intake/done/"),
        "{}",
        browser.text().await
    );

    browser.undress().await;
    let (login, password) = demo.login(Role::PlacementOfficer);
    browser.sign_in(login, password).await;
    browser.go(&format!("/office/fairs/{fair}/tally")).await;
    browser.push("dl.stats a[href*='rows']").await;
    assert!(browser.path().await.ends_with("/tally/rows"));
    browser.close().await;
}
