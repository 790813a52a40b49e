//! 核验差异: what gates without a network let through and what does not fit together afterwards; the
//! office looks at each and says what it was.
mod gather;
mod pages;
mod routes;

pub use pages::ReconcilePage;
pub use routes::routes;
