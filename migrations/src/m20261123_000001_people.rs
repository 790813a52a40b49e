//! Offices, areas, units, accounts, sessions; the person registry, consents, the access record; idempotency and outbox.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob_null, boolean, integer, json_binary, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null,
    },
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            m.create_table(table).await?;
        }
        for index in indexes() {
            m.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        offices(),
        areas(),
        units(),
        accounts(),
        old_passwords(),
        web_sessions(),
        api_tokens(),
        sign_in_attempts(),
        setup_links(),
        persons(),
        consents(),
        access_records(),
        files(),
        idempotency_keys(),
        outbox(),
    ]
}

/// 街道办
fn offices() -> TableCreateStatement {
    Table::create()
        .table("offices")
        .col(id())
        .col(text("code").unique_key())
        .col(text("name"))
        .col(text("prefix"))
        .col(json_binary("site"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

/// 区域
fn areas() -> TableCreateStatement {
    Table::create()
        .table("areas")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("parent_id"))
        .col(text("level"))
        .col(text("code"))
        .col(text("name"))
        .col(text_null("lead_name"))
        .col(boolean("active"))
        .col(integer("sort"))
        .foreign_key(&mut link("areas", "office_id", "offices"))
        .foreign_key(&mut link("areas", "parent_id", "areas"))
        .take()
}

/// 单位
fn units() -> TableCreateStatement {
    Table::create()
        .table("units")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("area_id"))
        .col(text("code"))
        .col(text("name"))
        .col(text("kind"))
        .col(boolean("active"))
        .foreign_key(&mut link("units", "office_id", "offices"))
        .foreign_key(&mut link("units", "area_id", "areas"))
        .take()
}

/// 账号
fn accounts() -> TableCreateStatement {
    Table::create()
        .table("accounts")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("unit_id"))
        .col(big_integer_null("employer_id"))
        .col(text("login"))
        .col(text("name"))
        .col(text("role"))
        .col(boolean("leader"))
        .col(text("password_hash"))
        .col(timestamp_with_time_zone("password_changed_at"))
        .col(boolean("must_change"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("accounts", "office_id", "offices"))
        .foreign_key(&mut link("accounts", "unit_id", "units"))
        .take()
}

/// 用过的密码
fn old_passwords() -> TableCreateStatement {
    Table::create()
        .table("old_passwords")
        .col(id())
        .col(big_integer("account_id"))
        .col(text("password_hash"))
        .col(timestamp_with_time_zone("replaced_at"))
        .foreign_key(&mut link("old_passwords", "account_id", "accounts"))
        .take()
}

/// 登录会话
fn web_sessions() -> TableCreateStatement {
    Table::create()
        .table("web_sessions")
        .col(id())
        .col(big_integer("account_id"))
        .col(text("token_hash").unique_key())
        .col(text("device"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("seen_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut link("web_sessions", "account_id", "accounts"))
        .take()
}

/// 接口令牌
fn api_tokens() -> TableCreateStatement {
    Table::create()
        .table("api_tokens")
        .col(id())
        .col(big_integer("account_id"))
        .col(text("token_hash").unique_key())
        .col(text("label"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut link("api_tokens", "account_id", "accounts"))
        .take()
}

/// 登录尝试
fn sign_in_attempts() -> TableCreateStatement {
    Table::create()
        .table("sign_in_attempts")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("login"))
        .col(text("ip"))
        .col(boolean("ok"))
        .col(timestamp_with_time_zone("at"))
        .take()
}

/// 首次设置链接
fn setup_links() -> TableCreateStatement {
    Table::create()
        .table("setup_links")
        .col(id())
        .col(text("token_hash").unique_key())
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .take()
}

/// 人员
fn persons() -> TableCreateStatement {
    Table::create()
        .table("persons")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("uid").unique_key())
        .col(blob_null("name_sealed"))
        .col(blob_null("phone_sealed"))
        .col(blob_null("id_number_sealed"))
        .col(text_null("phone_hash"))
        .col(text_null("tail_hash"))
        .col(text_null("id_number_hash"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("erased_at"))
        .foreign_key(&mut link("persons", "office_id", "offices"))
        .take()
}

/// 知情同意
fn consents() -> TableCreateStatement {
    Table::create()
        .table("consents")
        .col(id())
        .col(big_integer("person_id"))
        .col(text("purpose"))
        .col(text("version"))
        .col(text("text_hash"))
        .col(text("channel"))
        .col(big_integer_null("employer_id"))
        .col(json_binary("fields"))
        .col(timestamp_with_time_zone("given_at"))
        .col(timestamp_with_time_zone_null("withdrawn_at"))
        .col(big_integer_null("recorded_by"))
        .foreign_key(&mut link("consents", "person_id", "persons"))
        .take()
}

/// 查看与导出记录
fn access_records() -> TableCreateStatement {
    Table::create()
        .table("access_records")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("account_id"))
        .col(text("action"))
        .col(text("subject"))
        .col(big_integer_null("subject_id"))
        .col(text("reason"))
        .col(text("ip"))
        .col(timestamp_with_time_zone("at"))
        .foreign_key(&mut link("access_records", "office_id", "offices"))
        .take()
}

/// 附件
fn files() -> TableCreateStatement {
    Table::create()
        .table("files")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("uid").unique_key())
        .col(text("purpose"))
        .col(text("mime"))
        .col(big_integer("bytes"))
        .col(text("sha256"))
        .col(big_integer_null("uploaded_by"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("files", "office_id", "offices"))
        .take()
}

/// 幂等记录
fn idempotency_keys() -> TableCreateStatement {
    Table::create()
        .table("idempotency_keys")
        .col(id())
        .col(text("scope"))
        .col(text("key"))
        .col(text("fingerprint"))
        .col(integer("status"))
        .col(text("body"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

/// 待办事件
fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(id())
        .col(text("topic"))
        .col(json_binary("payload"))
        .col(timestamp_with_time_zone("due_at"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("done_at"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("areas", &["office_id", "code"]),
        index("areas", &["office_id", "parent_id"]),
        unique("units", &["office_id", "code"]),
        unique("accounts", &["office_id", "login"]),
        index("accounts", &["employer_id"]),
        index("old_passwords", &["account_id"]),
        index("web_sessions", &["account_id"]),
        index("api_tokens", &["account_id"]),
        index("sign_in_attempts", &["office_id", "login", "at"]),
        unique("persons", &["office_id", "phone_hash"]),
        index("persons", &["office_id", "tail_hash"]),
        index("persons", &["office_id", "id_number_hash"]),
        index("consents", &["person_id"]),
        index("access_records", &["office_id", "at"]),
        index("access_records", &["subject", "subject_id"]),
        unique("idempotency_keys", &["scope", "key"]),
        index("idempotency_keys", &["created_at"]),
        index("outbox", &["done_at", "due_at"]),
    ]
}
