//! The organisation tree: grown on pages, imported from tables, asked by others.
use crate::harness::{Client, Reply, TestApp};
use axum::{body::Body, http::Method};
use nightfair::{
    area::{self, NewArea, NewUnit, store},
    domain::{
        area::{Level, UnitKind},
        id::AreaId,
        role::Role,
    },
};
use std::fmt::Write;

const TABLE: &str = "level,code,name,parent_code,lead_name
street,XG,星光街道,,
community,XG01,民乐社区,XG,李明
community,XG02,滨河社区,XG,
grid,XG0101,第一网格,XG01,王芳
building,XG010102,10号楼,XG0101,
building,XG010101,2号楼,XG0101,
";

/// Sends a file as a browser's form does.
async fn upload(client: &Client, path: &str, name: &str, file: bool, bytes: &[u8]) -> Reply {
    let mut body = b"--cut\r\n".to_vec();
    let file = if file { "; filename=\"t.csv\"" } else { "" };
    body.extend(
        format!("Content-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes(),
    );
    body.extend(bytes);
    body.extend(b"\r\n--cut--\r\n");
    let request = client
        .request(Method::POST, path)
        .header("content-type", "multipart/form-data; boundary=cut");
    client.send(request.body(Body::from(body)).unwrap()).await
}

async fn check(client: &Client, table: &[u8]) -> Reply {
    upload(client, "/office/areas/import", "table", true, table).await
}

async fn confirm(client: &Client, table: &str) -> Reply {
    let path = "/office/areas/import/confirm";
    upload(client, path, "csv", false, table.as_bytes()).await
}

#[tokio::test]
async fn a_table_is_checked_imported_and_then_has_nothing_new() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let preview = check(&admin, TABLE.as_bytes()).await.expect(200).text();
    assert!(preview.contains("民乐社区"));
    let db = app.app.db.read();
    let office = app.app.settings.office;
    assert!(store::all(db, office).await.unwrap().is_empty());
    confirm(&admin, TABLE).await.expect(303);
    assert_eq!(store::all(db, office).await.unwrap().len(), 6);
    confirm(&admin, TABLE).await.expect(303);
    assert_eq!(store::all(db, office).await.unwrap().len(), 6);
    let again = check(&admin, TABLE.as_bytes()).await.expect(200).text();
    assert!(!again.contains("area/import/confirm") && again.contains("完全一致"));

    let renamed = TABLE.replace("滨河社区", "滨河路社区");
    confirm(&admin, &renamed).await.expect(303);
    let communities = store::communities(db, office).await.unwrap();
    let names: Vec<_> = communities.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["民乐社区", "滨河路社区"]);
    let lead = communities[0].lead_name.as_deref();
    assert_eq!(lead, Some("李明"));
}

#[tokio::test]
async fn nothing_is_imported_from_a_table_with_one_wrong_row() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let wrong = format!("{TABLE}grid,XG0101,又一个,XG01,\ngrid,XG09,迷路,XG99,\nplanet,P,x,,\n");
    let page = check(&admin, wrong.as_bytes()).await.expect(422).text();
    assert!(page.contains("第 10 行"), "{page}");
    let two = format!("{TABLE}grid,XG0101,又一个,XG01,\ngrid,XG09,迷路,XG99,\n");
    let page = check(&admin, two.as_bytes()).await.expect(422).text();
    assert!(page.contains("与第 5 行重复") && page.contains("XG99"));
    confirm(&admin, &two).await.expect(409);
    let all = store::all(app.app.db.read(), app.app.settings.office).await;
    assert!(all.unwrap().is_empty());
}

#[tokio::test]
async fn files_that_are_no_tables_are_told_apart() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    for (bytes, words) in [
        (&b""[..], "没有内容"),
        (b"PK\x03\x04\xff\xfe\0\0", "另存为"),
        (b"a,b\n1,2\n", "列名"),
    ] {
        let page = check(&admin, bytes).await.expect(422).text();
        assert!(page.contains(words), "{words}: {page}");
    }
    let (gbk, _, _) = encoding_rs::GBK.encode(TABLE);
    let page = check(&admin, &gbk).await.expect(200).text();
    assert!(page.contains("GBK") && page.contains("民乐社区"));
    check(&admin, &vec![b'a'; 11 << 20]).await.expect(413);
}

#[tokio::test]
async fn five_thousand_rows_in_one_go() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let mut table =
        String::from("level,code,name,parent_code\nstreet,S,街道,\ncommunity,C,社区,S\n");
    for n in 0..4998 {
        writeln!(table, "building,B{n},{n}号楼,C").unwrap();
    }
    confirm(&admin, &table).await.expect(303);
    let changed = table.replace("号楼", "栋");
    confirm(&admin, &changed).await.expect(303);
    let all = store::all(app.app.db.read(), app.app.settings.office).await;
    let all = all.unwrap();
    assert_eq!(all.len(), 5000);
    assert!(all.iter().any(|area| area.name == "4997栋"));
    table.push_str("building,B9999,x,C\n");
    check(&admin, table.as_bytes()).await.expect(422);
}

#[tokio::test]
async fn the_tree_grows_on_pages() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    admin.get("/office/areas").await.expect(200);
    let form = [
        ("level", "street"),
        ("code", "ｘｇ"),
        ("name", "星光街道"),
        ("once", "a"),
    ];
    let street = admin
        .post("/office/areas", &form)
        .await
        .expect(303)
        .location();
    let street = street.split('?').next().unwrap().to_owned();
    assert_eq!(
        admin
            .post("/office/areas", &form)
            .await
            .expect(303)
            .location(),
        format!("{street}?said=added")
    );
    let again = [("level", "street"), ("code", "XG"), ("name", "另一个")];
    let page = admin.post("/office/areas", &again).await.expect(422).text();
    assert!(
        page.contains("已被使用") && page.contains("另一个"),
        "{page}"
    );

    let children = format!("{street}/children");
    let grid = [("level", "grid"), ("code", "G"), ("name", "网格")];
    admin.post(&children, &grid).await.expect(422);
    let community = [("level", "community"), ("code", "C1"), ("name", "民乐社区")];
    admin.post(&children, &community).await.expect(303);
    let page = admin.get(&street).await.expect(200).text();
    assert!(page.contains("民乐社区"));
    admin
        .post(&street, &[("name", ""), ("sort", "x")])
        .await
        .expect(422);
    let change = [("name", "星光街道"), ("lead", "赵强"), ("sort", "")];
    admin.post(&street, &change).await.expect(303);

    let switch = format!("{street}/switch");
    admin.post(&switch, &[("active", "no")]).await.expect(409);
    let office = app.app.settings.office;
    let community = store::communities(app.app.db.read(), office).await.unwrap()[0].id;
    let inner = format!("/office/areas/{community}/switch");
    admin.post(&inner, &[("active", "no")]).await.expect(303);
    assert!(
        store::communities(app.app.db.read(), office)
            .await
            .unwrap()
            .is_empty()
    );
    admin.post(&switch, &[("active", "no")]).await.expect(303);
    admin.post(&inner, &[("active", "yes")]).await.expect(409);
    admin.get("/office/areas?said=%3Cb%3E").await.expect(200);
    admin.get("/office/areas/999").await.expect(404);
    admin.get("/office/areas/x").await.expect(400);
}

#[tokio::test]
async fn units_are_added_and_changed() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    admin.get("/office/units").await.expect(200);
    let form = [
        ("name", "区妇女联合会"),
        ("kind", "co_host"),
        ("code", "FL"),
    ];
    admin.post("/office/units", &form).await.expect(303);
    admin.post("/office/units", &form).await.expect(422);
    let wrong = [
        ("name", "x\u{202e}"),
        ("kind", "king"),
        ("code", "Ä"),
        ("area", "z"),
    ];
    let page = admin.post("/office/units", &wrong).await.expect(422).text();
    assert_eq!(page.matches("class=\"fault\"").count(), 4);
    let office = app.app.settings.office;
    let hosts = store::units(app.app.db.read(), office, Some(UnitKind::CoHost));
    let id = hosts.await.unwrap()[0].id;
    let path = format!("/office/units/{id}");
    admin.get(&path).await.expect(200);
    let off = [("name", "妇联"), ("kind", "co_host"), ("area", "")];
    admin.post(&path, &off).await.expect(303);
    let hosts = store::units(app.app.db.read(), office, None).await.unwrap();
    assert!(hosts.is_empty());
    admin.post("/office/units/77", &off).await.expect(404);
    let nowhere = [("name", "妇联"), ("kind", "co_host"), ("area", "77")];
    admin.post(&path, &nowhere).await.expect(404);
}

#[tokio::test]
async fn others_ask_where_an_area_lies() {
    let app = TestApp::start().await;
    let office = app.app.settings.office;
    let ids = app.app.db.write(move |tx| async move {
        let new = |level, parent, code: &str| NewArea {
            level,
            parent,
            code: code.into(),
            name: code.into(),
            lead: None,
            sort: 0,
        };
        let street = area::add_area(&tx, office, new(Level::Street, None, "S")).await?;
        let community = new(Level::Community, Some(street), "C");
        let community = area::add_area(&tx, office, community).await?;
        let other = new(Level::Community, Some(street), "D");
        let other = area::add_area(&tx, office, other).await?;
        let building = new(Level::Building, Some(community), "B");
        let building = area::add_area(&tx, office, building).await?;
        let unit = NewUnit {
            kind: UnitKind::Community,
            area: Some(community),
            code: "U".into(),
            name: "社区居委会".into(),
        };
        area::add_unit(&tx, office, unit).await?;
        Ok((street, community, other, building))
    });
    let (street, community, other, building) = ids.await.unwrap();
    let db = app.app.db.read();
    let path = store::ancestors(db, office, building).await.unwrap();
    let path: Vec<AreaId> = path.into_iter().map(|area| area.id).collect();
    assert_eq!(path, [street, community, building]);
    let inside = store::inside(db, office, street).await.unwrap();
    assert_eq!(inside.len(), 4);
    let inside = store::inside(db, office, community).await.unwrap();
    assert_eq!(inside, [community, building]);
    assert_eq!(store::inside(db, office, other).await.unwrap(), [other]);
}
