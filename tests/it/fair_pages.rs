//! The pages of evenings and booths: seen, planned, picked.
