//! The line at a booth: one for a participation, numbers on telephones and on paper in it.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, text, timestamp_with_time_zone,
        timestamp_with_time_zone_null,
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
        m.create_table(queues()).await?;
        m.create_table(places()).await?;
        for index in indexes() {
            m.create_index(index).await?;
        }
        Ok(())
    }
}

/// 摊位队列
fn queues() -> TableCreateStatement {
    Table::create()
        .table("booth_queues")
        .col(id())
        .col(big_integer("fair_id"))
        .col(big_integer("participation_id"))
        .col(big_integer("last_number"))
        .col(timestamp_with_time_zone_null("paused_at"))
        .col(text("pause_word"))
        .foreign_key(&mut link("booth_queues", "fair_id", "fairs"))
        .foreign_key(&mut link(
            "booth_queues",
            "participation_id",
            "participations",
        ))
        .take()
}

/// 号
fn places() -> TableCreateStatement {
    Table::create()
        .table("queue_places")
        .col(id())
        .col(big_integer("queue_id"))
        .col(big_integer("number"))
        .col(big_integer("turn"))
        .col(big_integer_null("registration_id"))
        .col(text("taken"))
        .col(text("state"))
        .col(boolean("open"))
        .col(integer("calls_in_vain"))
        .col(timestamp_with_time_zone("taken_at"))
        .col(timestamp_with_time_zone("waiting_since"))
        .col(timestamp_with_time_zone_null("called_at"))
        .col(big_integer_null("called_by"))
        .col(timestamp_with_time_zone_null("came_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(big_integer_null("given_by"))
        .foreign_key(&mut link("queue_places", "queue_id", "booth_queues"))
        .foreign_key(&mut link(
            "queue_places",
            "registration_id",
            "registrations",
        ))
        .foreign_key(&mut link("queue_places", "called_by", "accounts"))
        .foreign_key(&mut link("queue_places", "given_by", "accounts"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("booth_queues", &["participation_id"]),
        index("booth_queues", &["fair_id"]),
        unique("queue_places", &["queue_id", "number"]),
        unique("queue_places", &["queue_id", "registration_id"])
            .and_where(Expr::cust("open and registration_id is not null"))
            .take(),
        index("queue_places", &["queue_id", "open", "turn"]),
        index("queue_places", &["queue_id", "called_at"]),
        index("queue_places", &["registration_id", "open"]),
    ]
}
