//! The few shapes every table is made of.
use sea_orm_migration::{prelude::*, schema::big_integer};

/// A number that the database gives out, never reused.
pub fn id() -> ColumnDef {
    big_integer("id").primary_key().auto_increment().take()
}

/// A foreign key to the id of another table.
pub fn link(
    from: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(from, column).to(to, "id").take()
}

pub fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    named("uq", table, columns).unique().take()
}

pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    named("ix", table, columns)
}

fn named(kind: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("{kind}_{table}_{}", columns.join("_")))
        .table(table);
    for column in columns {
        index.col(*column);
    }
    index
}
