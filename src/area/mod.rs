//! 区域与单位: the organisation tree from street to building, and the units that work in it.
//!
//! A code names an area for good; what is no longer in use is switched off, never removed, because
//! cases and registrations point at it.
mod commands;
mod form;
mod pages;
mod routes;
mod shown;
pub mod store;
mod table;

pub use commands::{NewArea, NewUnit, add_area, add_unit};
pub use pages::{AreaPage, AreasPage, ImportPage, UnitPage, UnitsPage};
pub use routes::routes;
pub use store::paths;
